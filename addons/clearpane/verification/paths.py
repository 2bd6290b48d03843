"""Every way from a server's certificate to an anchor, among what was sent and fetched.

A step goes by the issuer's name and by the signature; whether a path holds is for OpenSSL to say.
Strangers choose the certificates, so the steps are counted: there are never more than a few dozen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clearpane.certificates.certificate import Certificate
from clearpane.certificates.der import DerError
from clearpane.verification import signatures

LONGEST = 10  # certificates, both ends included
MOST_CHECKS = 64  # of signatures: browsers give up after some dozens too

type Anchors = Mapping[bytes, Sequence[bytes]]


@dataclass(slots=True)
class _Search:
    candidates: Sequence[Certificate]
    anchors: Mapping[bytes, Sequence[Certificate]]
    checks: int = field(default=0)

    def from_here(self, path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        last = path[-1]
        if last in self.anchors.get(last.subject, ()):
            yield path
            return
        if len(path) == LONGEST:
            return
        for issuer in self._issuers(last):
            if issuer not in path and self._signed(last, issuer):
                yield from self.from_here((*path, issuer))

    def _issuers(self, certificate: Certificate) -> Iterator[Certificate]:
        """The anchors first: the shortest path is the one that the fewest strangers shape."""
        trusted = self.anchors.get(certificate.issuer, ())
        sent = (each for each in self.candidates if each.subject == certificate.issuer)
        yield from dict.fromkeys((*trusted, *sent))

    def _signed(self, certificate: Certificate, issuer: Certificate) -> bool:
        if self.checks == MOST_CHECKS:
            return False
        self.checks += 1
        try:
            return signatures.is_signed_by(signatures.split(certificate.der), issuer.spki)
        except DerError:
            return False


def paths(
    leaf: bytes, candidates: Sequence[bytes], anchors: Anchors
) -> Iterator[tuple[bytes, ...]]:
    """Every path from `leaf` to the first anchor on it, at each step those to an anchor first.

    Certificates are DER and those that can't be read are passed over; the keys of `anchors` are
    their subjects as they stand in them (DER).
    """
    start = parsed((leaf,))
    if not start:
        return
    read = {name: parsed(ders) for name, ders in _near(anchors, start + parsed(candidates)).items()}
    search = _Search(parsed(candidates), read)
    for path in search.from_here(start):
        yield tuple(each.der for each in path)


def loose_ends(leaf: bytes, candidates: Sequence[bytes]) -> tuple[Certificate, ...]:
    """The certificates above `leaf`, it among them, whose issuer by name is not a candidate."""
    known = parsed(candidates)
    reached = dict.fromkeys(parsed((leaf,)))
    ends = []
    for certificate in (waiting := list(reached)):
        issuers = [each for each in known if each.subject == certificate.issuer]
        if not issuers:
            ends.append(certificate)
        waiting += [each for each in dict.fromkeys(issuers) if each not in reached]
        reached.update(dict.fromkeys(issuers))
    return tuple(ends)


def parsed(ders: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Each once, without those that can't be read."""
    found = []
    for each in dict.fromkeys(ders):
        try:
            found.append(Certificate.parse(each))
        except DerError:
            continue
    return tuple(found)


def _near(anchors: Anchors, certificates: Sequence[Certificate]) -> Anchors:
    """Of a hundred anchors those that any of these could lead to."""
    names = {name for each in certificates for name in (each.subject, each.issuer)}
    return {name: anchors[name] for name in names if name in anchors}
