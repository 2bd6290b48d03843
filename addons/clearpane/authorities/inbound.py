"""The protected servers' own certificates, under which inbound sessions are inspected.

What the server really shows decides, by its fingerprint alone: no chain is verified here, and
nothing that is read here ever signs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clearpane.authorities.authority import chain, matches
from clearpane.authorities.checks import NEAR_EXPIRY, Places
from clearpane.authorities.importing import Contents
from clearpane.authorities.keys import ServerKey
from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate
from clearpane.errors import Problems

# By name; None for one that could not be read, which is recorded then.
type Found = Mapping[str, "InboundCertificate | None"]


@dataclass(frozen=True, slots=True, eq=False)
class InboundCertificate:
    """One server's certificate and key. `chain` (DER) is what is sent behind the certificate, in
    order and without a self-signed root; `file` is where the certificate was read."""

    name: str
    certificate: Certificate
    chain: tuple[bytes, ...]
    key: ServerKey
    file: str = ""


def choose(
    certificates: Iterable[InboundCertificate], shown: Certificate
) -> InboundCertificate | None:
    """The one that the server shows; None where it shows another."""
    return next((c for c in certificates if c.certificate.fingerprint == shown.fingerprint), None)


def parse(
    name: str, contents: Contents, places: Places, now: datetime, problems: Problems
) -> InboundCertificate | None:
    """The certificate, its chain and its key out of all that its files hold; None where that is
    not one server's. Only dates are warned of: the server itself shows them too."""
    found = _certificates(contents, places, problems)
    keys = (*contents.keys, *contents.edwards)
    if not keys:
        cure = f"put the key of the certificate in {places.certificate} there"
        problems.error(places.key, "there is no key in this file", cure)
    if not found or not keys:
        return None
    pairs = [(c, key) for c in found for key in keys if matches(c, key)]
    if not _is_one(len({c for c, _ in pairs}), places, problems):
        return None
    leaf, key = pairs[0]
    path = chain(leaf, (c.der for c in found if c != leaf))[1:]
    left = [c for c in found if c != leaf and c.der not in path and not c.self_issued]
    if not _belongs(left, places.certificate, problems):
        return None
    _check_dates(leaf, places.certificate, now, problems)
    return InboundCertificate(name, leaf, path, key, places.certificate)


def _certificates(contents: Contents, places: Places, problems: Problems) -> list[Certificate]:
    """Each once, or none where one can't be read."""
    try:
        found = [Certificate.parse(data) for data in dict.fromkeys(contents.certificates)]
    except der.DerError as error:
        problems.error(
            places.certificate, f"a certificate cannot be read: {error}", "export it again as PEM"
        )
        return []
    if not found:
        problems.error(
            places.certificate,
            "there is no certificate in this file",
            "put the server's certificate in it, with its chain behind",
        )
    return found


def _is_one(number: int, places: Places, problems: Problems) -> bool:
    if number == 0:
        problems.error(
            places.key,
            f"the key does not belong to the certificate in {places.certificate}",
            "export both again from the server",
        )
    elif number > 1:
        problems.error(
            places.certificate,
            f"{number} certificates in this file are for the same key",
            "leave the one that the server shows, and give the other a name of its own",
        )
    return number == 1


def _belongs(left: Sequence[Certificate], place: str, problems: Problems) -> bool:
    """What is neither the server's certificate nor above it: another server's is a slip, and an
    authority's that signed none of it is not sent."""
    for other in left:
        what = other.subject_name or "a certificate"
        if other.is_ca:
            message = f"{what} is not part of the server's chain and is not sent"
            problems.warning(place, message, "remove it")
        else:
            message = f"{what} is a second server's certificate"
            problems.error(place, message, "give it a name of its own, with its key")
    return all(other.is_ca for other in left)


def _check_dates(leaf: Certificate, place: str, now: datetime, problems: Problems) -> None:
    start, end = leaf.not_before, leaf.not_after
    if start is None or end is None:
        problems.warning(place, "the server's certificate has dates that cannot be read")
    elif end < now:
        message = f"the server's certificate has expired on {end:%Y-%m-%d}"
        problems.warning(place, message, "renew it on the server, and put the new one here too")
    elif start > now:
        message = f"the server's certificate is valid from {start:%Y-%m-%d %H:%M} UTC only"
        problems.warning(place, message, "check the clock of this machine")
    elif end - now < NEAR_EXPIRY:
        problems.warning(
            place,
            f"the server's certificate expires on {end:%Y-%m-%d}, in {(end - now).days} days",
            "put the new one here under a second name before the server shows it",
        )
