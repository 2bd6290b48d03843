"""The certificate that a client is shown in place of the server's.

What the user is warned by is the real certificate's, octet for octet: subject, names, dates. All
else is ours. The serial is a keyed hash of everything that the leaf holds, so that nodes agree and
no serial serves two contents, not even those of two releases of this product.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address

from clearpane.authorities import names
from clearpane.authorities.authority import Authority, key_bits
from clearpane.certificates import algorithms, der
from clearpane.certificates.certificate import SUBJECT_ALT_NAME, Certificate
from clearpane.hello import host_name

_VERSION_3 = der.element(der.context(0), der.integer(2))
_COMMON_NAME = der.oid("2.5.4.3")
_LONGEST_COMMON_NAME = 64  # X.520 ub-common-name
_UNFORGEABLE = frozenset({"dates", "subject", "subject-alt-name"})
_ALLOWED_CLOCK_SKEW = timedelta(days=1)
_PAGE_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Flags:
    """What a profile changes in leaves: `restricted` leaves out every extension that browsers can
    do without, `altname` gives one without subjectAltName its CommonName as one."""

    restricted: bool = False
    altname: bool = False


PLAIN = Flags()


def forge(
    real: Certificate,
    authority: Authority,
    public_key: bytes,
    secret: bytes,
    now: datetime,
    flags: Flags = PLAIN,
) -> bytes:
    """The leaf (DER) that stands for `real`, for the key whose SubjectPublicKeyInfo is given.

    `secret` is `keys.secret`'s. The same arguments give the same octets; `now` only tells an
    expired certificate, whose end is never cut to the authority's. Raises ValueError for one
    whose dates, subject or subjectAltName can't be read: there is nothing to stand for.
    """
    if _UNFORGEABLE.intersection(real.malformed) or not (real.not_before and real.not_after):
        raise ValueError(f"no leaf can stand for a certificate with malformed {real.malformed}")
    validity = (real.not_before, _end(real.not_after, authority, now))
    san = names.copied(real.san) if real.san else None
    if flags.altname and real.san is None:
        san = _from_common_name(real.common_name)
    extensions = _extensions(authority, real.subject, san, public_key, flags)
    return _signed(
        authority, real.fingerprint, validity, real.subject, extensions, public_key, secret
    )


def page(name: str, authority: Authority, public_key: bytes, secret: bytes, now: datetime) -> bytes:
    """The leaf (DER) for a block page or for the proxy itself, under the name the client asked for.

    `name` is a host name or an address, ValueError otherwise. All leaves of one day are the same.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    born, dies = authority.certificate.not_before, authority.certificate.not_after
    start, end = today - _ALLOWED_CLOCK_SKEW, today + _PAGE_LIFETIME
    validity = (max(start, born or start), min(end, dies or end))
    subject, san = _subject_and_names(name)
    extensions = _extensions(authority, subject, san, public_key, PLAIN)
    return _signed(authority, "page", validity, subject, extensions, public_key, secret)


def _end(not_after: datetime, authority: Authority, now: datetime) -> datetime:
    last = authority.certificate.not_after
    return not_after if last is None or not_after < now else min(not_after, last)


def _signed(
    authority: Authority,
    origin: str,
    validity: tuple[datetime, datetime],
    subject: bytes,
    extensions: bytes,
    public_key: bytes,
    secret: bytes,
) -> bytes:
    algorithm = authority.algorithm
    content = b"".join(
        (
            algorithm,
            authority.certificate.subject,
            der.sequence(*map(der.time, validity)),
            subject,
            public_key,
            extensions,
        )
    )
    serial = _serial(secret, authority.certificate.fingerprint, origin, content)
    unsigned = der.sequence(_VERSION_3, serial, content)
    return der.sequence(unsigned, algorithm, der.bit_string(authority.sign(unsigned)))


def _serial(secret: bytes, authority: str, origin: str, content: bytes) -> bytes:
    """RFC 5280 section 4.1.2.2: positive, at most 20 octets. 127 bits never clash by chance."""
    message = f"{authority} {origin} ".encode() + content
    number = int.from_bytes(hmac.digest(secret, message, "sha256")[:16]) & ((1 << 127) - 1)
    return der.integer(number or 1)


def _extensions(
    authority: Authority, subject: bytes, san: bytes | None, public_key: bytes, flags: Flags
) -> bytes:
    """RFC 5280 section 4.2.1.6: without a subject the names are critical."""
    found = [_uses_of_our_key(public_key)]
    if not flags.restricted:
        key_identifier = der.element(der.context(0, constructed=False), authority.key_identifier)
        found.append(_marks_of_our_key(public_key))
        found.append(_extension("2.5.29.35", False, der.sequence(key_identifier)))
    if san:
        found.append(_extension(SUBJECT_ALT_NAME, names.is_empty(subject), san))
    return der.element(der.context(3), der.sequence(*found))


@lru_cache(maxsize=16)
def _uses_of_our_key(public_key: bytes) -> bytes:
    bits = der.bit_string(b"\xa0", 5) if _enciphers(public_key) else der.bit_string(b"\x80", 7)
    server = der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))
    return _extension("2.5.29.15", True, bits) + _extension("2.5.29.37", False, server)


@lru_cache(maxsize=16)
def _marks_of_our_key(public_key: bytes) -> bytes:
    """Not an authority's, and by which identifier it goes (RFC 7093 section 2)."""
    identifier = sha256(key_bits(public_key)).digest()[:20]
    no_authority = _extension("2.5.29.19", True, der.sequence())
    return no_authority + _extension("2.5.29.14", False, der.octet_string(identifier))


def _enciphers(public_key: bytes) -> bool:
    """RSA keys may carry TLS 1.2's RSA key exchange: keyEncipherment beside digitalSignature."""
    return algorithms.key(public_key).type == "rsa"


def _extension(oid: str, critical: bool, value: bytes) -> bytes:
    flag = der.boolean(True) if critical else b""
    return der.sequence(der.oid(oid), flag, der.octet_string(value))


def _from_common_name(common_name: str) -> bytes | None:
    try:
        return _subject_and_names(common_name)[1]
    except ValueError:
        return None  # it is no name that a client could compare


def _subject_and_names(name: str) -> tuple[bytes, bytes]:
    """The subject is empty for a name that is too long for a CommonName."""
    try:
        name_type, text, octets = 7, name, ip_address(name).packed
    except ValueError:
        name_type, text = 2, host_name(name)
        octets = text.encode("ascii")
    san = der.sequence(der.element(der.context(name_type, constructed=False), octets))
    if len(text) > _LONGEST_COMMON_NAME:
        return der.sequence(), san
    pair = der.sequence(_COMMON_NAME, der.element(der.UTF8_STRING, text.encode("ascii")))
    return der.sequence(der.element(der.SET, pair)), san
