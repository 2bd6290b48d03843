"""Whether the authorities are fit to sign: every doubt becomes a problem with its cure.

Clients reject what a bad authority signs one by one and without a word; here it is said once, at
the start.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clearpane.authorities.authority import Authority, AuthorityName, matches
from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate
from clearpane.errors import Problems

NEAR_EXPIRY = timedelta(days=30)
NOT_SOLD = (
    "public certificate providers do not sell CA certificates; make one with `clearpane ca init`, "
    "or have your own CA sign a subordinate one with `clearpane ca csr`"
)
_ANOTHER = "import another with `clearpane ca import --force`, or make one with `clearpane ca init`"
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_SMALLEST_RSA = 2048
_WEAK_DIGESTS = ("md2", "md4", "md5", "sha1")
_KEY_USAGE = "2.5.29.15"
_EXTENDED_KEY_USAGE = "2.5.29.37"
# RFC 5280 sections 4.2.1.3 and 4.2.1.12: bit 5 of the first octet; serverAuth or any purpose.
_KEY_CERT_SIGN = 0x04
_SERVER_PURPOSES = ("1.3.6.1.5.5.7.3.1", "2.5.29.37.0")


@dataclass(frozen=True, slots=True)
class Places:
    """How messages call the files of one authority: `ca/forward-trust.crt` and `.key`."""

    certificate: str
    key: str


def check(authority: Authority, places: Places, now: datetime, problems: Problems) -> None:
    """One pair by itself."""
    certificate = authority.certificate
    check_certificate(certificate, places.certificate, now, problems)
    if not matches(certificate, authority.key):
        problems.error(
            places.key,
            f"this key does not belong to the certificate in {places.certificate}",
            "put the pair back as it was, or import both anew with `clearpane ca import --force`",
        )
    if certificate.self_issued:
        return
    if authority.name is AuthorityName.UNTRUST:
        problems.warning(
            places.certificate,
            f"the Untrust authority is signed by {certificate.issuer_name}: a client that trusts "
            "that issuer is not warned of servers that fail validation",
            "make a self-signed one: remove this pair, then `clearpane ca init`",
        )
    if certificate.digest in _WEAK_DIGESTS:
        problems.warning(
            places.certificate,
            f"the CA certificate is signed with {certificate.signature_algorithm}, "
            "which clients reject",
            "have your CA sign it anew with SHA-256",
        )


def check_certificate(
    certificate: Certificate, place: str, now: datetime, problems: Problems
) -> None:
    """Whether it is a CA's that clients accept for TLS, and its dates."""
    if not _may_sign(certificate):
        problems.error(
            place, f"{certificate.subject_name or 'this'} is not a CA certificate", NOT_SOLD
        )
    elif not _is_for_servers(certificate):
        problems.error(
            place, "the CA certificate's extended key usage does not allow TLS servers", _ANOTHER
        )
    if not _is_key_accepted(certificate):
        problems.error(
            place,
            f"clients do not accept a CA with this key ({describe_key(certificate)})",
            "use RSA with 2048 bits or more, or ECDSA P-256 or P-384",
        )
    _check_dates(certificate, place, now, problems)


def check_ecdsa(authority: Authority, places: Places, problems: Problems) -> None:
    """The pair that signs for servers with an ECDSA key."""
    if authority.certificate.key_type != "ec":
        problems.error(
            places.certificate,
            f"the pair for ECDSA servers has another key ({describe_key(authority.certificate)})",
            "only an ECDSA pair goes here; without one the main pair signs for all servers",
        )


def check_apart(
    untrust: Authority, trusted: Iterable[Authority], places: Places, problems: Problems
) -> None:
    """The Untrust authority has nothing in common with the Trust one: else nobody is warned."""
    trusted = tuple(trusted)
    if any(untrust.certificate.spki == trust.certificate.spki for trust in trusted):
        what = "the Trust and the Untrust authority are the same"
    elif any(_is_below(untrust.certificate, trust) for trust in trusted):
        what = "the Untrust authority lies under the same issuer as the Trust authority"
    else:
        return
    problems.error(
        places.certificate,
        f"{what}: users would not be warned of servers that fail validation",
        "make an Untrust authority of its own: remove this pair, then `clearpane ca init`",
    )


def describe_key(certificate: Certificate) -> str:
    """`RSA 2048`, `ECDSA P-256`, else the type as it is named elsewhere."""
    if certificate.key_type == "rsa":
        return f"RSA {certificate.key_bits}"
    if certificate.key_type == "ec":
        curve = certificate.curve.removeprefix("secp").removesuffix("r1")
        return f"ECDSA P-{curve}" if certificate.curve in _CURVES else f"ECDSA {certificate.curve}"
    return certificate.key_type


def _is_below(certificate: Certificate, trust: Authority) -> bool:
    if certificate.self_issued:
        return False
    path = (trust.certificate, *map(Certificate.parse, trust.chain))
    return certificate.issuer in {name for c in path for name in (c.subject, c.issuer)}


def _may_sign(certificate: Certificate) -> bool:
    usage = _value(certificate, _KEY_USAGE)
    if usage is None:
        return certificate.is_ca
    try:
        bits = der.only(usage, der.BIT_STRING).content
    except der.DerError:
        return False
    return certificate.is_ca and len(bits) > 1 and bool(bits[1] & _KEY_CERT_SIGN)


def _is_for_servers(certificate: Certificate) -> bool:
    purposes = _value(certificate, _EXTENDED_KEY_USAGE)
    if purposes is None:
        return True
    try:
        found = [
            der.read_oid(p.content) for p in der.items(der.only(purposes, der.SEQUENCE).content)
        ]
    except der.DerError:
        return False
    return any(purpose in _SERVER_PURPOSES for purpose in found)


def _is_key_accepted(certificate: Certificate) -> bool:
    if certificate.key_type == "rsa":
        return certificate.key_bits >= _SMALLEST_RSA
    return certificate.key_type == "ec" and certificate.curve in _CURVES


def _check_dates(certificate: Certificate, place: str, now: datetime, problems: Problems) -> None:
    start, end = certificate.not_before, certificate.not_after
    if start is None or end is None:
        problems.error(place, "the CA certificate's dates cannot be read", _ANOTHER)
    elif end < now:
        problems.error(place, f"the CA certificate has expired on {end:%Y-%m-%d}", _ANOTHER)
    elif start > now:
        problems.error(
            place,
            f"the CA certificate is valid from {start:%Y-%m-%d %H:%M} UTC only",
            "check the clock of this machine",
        )
    elif end - now < NEAR_EXPIRY:
        problems.warning(
            place,
            f"the CA certificate expires on {end:%Y-%m-%d}, in {(end - now).days} days",
            "renew it and hand the new one to the clients before that day",
        )


def _value(certificate: Certificate, oid: str) -> bytes | None:
    return next((e.value for e in certificate.extensions if e.oid == oid), None)
