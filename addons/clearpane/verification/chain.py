"""The verdict on a chain: what OpenSSL found, plus the checks that it does not make.

What counts is the path up to its first anchor: an anchor is trusted as it stands, whatever signed
it and whatever else the server sent.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from clearpane.certificates.certificate import Certificate
from clearpane.certificates.der import DerError
from clearpane.verification import faults as openssl
from clearpane.verification.faults import Fault
from clearpane.verification.names import covers
from clearpane.verification.reasons import Reason
from clearpane.verification.verdict import Verdict

_WEAK_DIGESTS = frozenset(("md2", "md4", "md5", "sha1"))
_LEAST_OF_ANCHORS = 1024
_LEAST_BITS = {"rsa": 2048, "rsa-pss": 2048, "ec": 224}


def judge_chain(
    faults: Iterable[Fault],
    sent: Sequence[bytes],
    path: Sequence[bytes],
    name: str,
    now: datetime,
    anchors: Collection[bytes],
) -> Verdict:
    """The verdict on one server's chain; certificates are DER.

    `sent` is what the server sent, `path` what OpenSSL built of it from the leaf to an anchor,
    `name` the host name or address that the server was asked for, `anchors` what is trusted.
    """
    chain = _parsed(path)
    if not chain:
        return Verdict((Reason.MALFORMED_CERTIFICATE,))
    top = next((depth for depth, der in enumerate(path) if der in anchors), None)
    if top is not None:
        chain, faults = chain[: top + 1], openssl.under(top, faults)
    faults, last = tuple(faults), chain[-1]
    # OpenSSL looks for no issuer above a certificate whose extensions it can't read.
    looked_above = not last.duplicates
    lacks_issuer = (
        looked_above and openssl.issuer_is_missing(faults) and not _issuer_was_sent(last, sent)
    )
    found = {
        *openssl.reasons(faults, bool(chain[0].malformed)),
        *_from_dates(chain, now),
        *_from_strength(chain, top),
        *_from_contents(chain, name),
    }
    if not looked_above:
        found.discard(Reason.UNKNOWN_ISSUER)
    # A leaf alone: whether its issuer is unknown or was only not sent can't be told apart.
    if lacks_issuer and (len(chain) == 1 or last.ca_issuers):
        found.add(Reason.INCOMPLETE_CHAIN)
    return Verdict(
        reasons=tuple(reason for reason in Reason if reason in found),
        certificate=chain[0],
        path=chain,
        missing_issuer=last.issuer_name if lacks_issuer else "",
        ca_issuers=last.ca_issuers if lacks_issuer else (),
        root_name="" if top is None else last.subject_name,
    )


def _parsed(path: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Nothing where one can't be read: OpenSSL reads more than DER."""
    try:
        return tuple(map(Certificate.parse, path))
    except DerError:
        return ()


def _issuer_was_sent(certificate: Certificate, sent: Sequence[bytes]) -> bool:
    """An issuer that was sent and yet not taken is not missing."""
    return any(each.subject == certificate.issuer for each in _parsed(sent))


def _from_dates(chain: Sequence[Certificate], now: datetime) -> Iterator[Reason]:
    for depth, certificate in enumerate(chain):
        if certificate.not_after and certificate.not_after < now:
            yield Reason.ISSUER_EXPIRED if depth else Reason.EXPIRED
        if certificate.not_before and certificate.not_before > now:
            yield Reason.ISSUER_NOT_YET_VALID if depth else Reason.NOT_YET_VALID


def _from_strength(chain: Sequence[Certificate], top: int | None) -> Iterator[Reason]:
    """OpenSSL judges keys and digests only at security levels that weak servers can't reach."""
    if top is not None and chain[top].key_type == "rsa" and chain[top].key_bits < _LEAST_OF_ANCHORS:
        yield Reason.WEAK_KEY  # anybody can compute its key, whoever trusts it
    for certificate in chain[:top]:
        if certificate.key_type == "dsa":
            yield Reason.WEAK_KEY
        if certificate.key_bits < _LEAST_BITS.get(certificate.key_type, 0):
            yield Reason.WEAK_KEY
        # What a root that nobody trusts signed itself with protects nothing.
        is_root = certificate is chain[-1] and certificate.self_issued
        if certificate.digest in _WEAK_DIGESTS and not is_root:
            yield Reason.WEAK_DIGEST


def _from_contents(chain: Sequence[Certificate], name: str) -> Iterator[Reason]:
    leaf = chain[0]
    if leaf.malformed:
        yield Reason.MALFORMED_CERTIFICATE
    if "subject-alt-name" not in leaf.malformed and not covers(leaf, name):
        yield Reason.NAME_MISMATCH
    # RFC 5280 section 4.2: no extension may stand twice. OpenSSL looks for that in some only.
    if any(certificate.duplicates for certificate in chain):
        yield Reason.INVALID_EXTENSION
