"""What a certificate says, read leniently: odd contents are noted, never raised.

Nothing here judges. Only a broken outer structure is a `DerError`; what is built on top (names,
dates, extensions) is named in `malformed` where it can't be read.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from clearpane.certificates import algorithms, der, distinguished, general_names, validity
from clearpane.certificates.general_names import GeneralName

SUBJECT_ALT_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"
_OCSP = "1.3.6.1.5.5.7.48.1"
_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"

# Ordinary certificates have 1 to 3 KiB. A few large ones (thousands of names) are kept apart, so
# that they can't fill the memory.
_LARGE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension; `value` is what its OCTET STRING holds."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """One certificate; equal to another if it is the same DER.

    `subject`, `issuer`, `spki` and `san` are DER as it stands in the certificate. Dates are in UTC,
    and None where they break RFC 5280 section 4.1.2.5 or are no dates. `version` counts from 1.
    `malformed` holds "dates", "subject", "issuer", "subject-alt-name" or "extensions".
    """

    der: bytes
    fingerprint: str
    version: int
    serial: int
    subject: bytes
    issuer: bytes
    common_name: str
    subject_name: str
    issuer_name: str
    not_before: datetime | None
    not_after: datetime | None
    spki: bytes
    key_type: str
    key_bits: int
    curve: str
    signature_algorithm: str
    digest: str
    extensions: tuple[Extension, ...]
    san: bytes | None
    names: tuple[GeneralName, ...]
    is_ca: bool
    ca_issuers: tuple[str, ...]
    ocsp: tuple[str, ...]
    duplicates: bool
    malformed: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Certificate":
        """The certificate in `data`; raises DerError."""
        return _large(data) if len(data) > _LARGE else _ordinary(data)

    @property
    def self_issued(self) -> bool:
        return self.subject == self.issuer

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The outer structure (RFC 5280 section 4.1), nothing interpreted but the numbers."""

    version: int
    serial: int
    issuer: bytes
    validity: bytes
    subject: bytes
    spki: bytes
    extensions: bytes | None
    algorithm: bytes


def _parse(data: bytes) -> Certificate:
    parts = _outer(data)
    malformed: list[str] = []
    dates = validity.parse(parts.validity)
    if None in dates:
        malformed.append("dates")
    subject = _name(parts.subject, "subject", malformed)
    issuer = _name(parts.issuer, "issuer", malformed)
    extensions = _extensions(parts.extensions, malformed)
    san = _value(extensions, SUBJECT_ALT_NAME)
    key = algorithms.key(parts.spki)
    signature = algorithms.signature(parts.algorithm)
    return Certificate(
        der=data,
        fingerprint=sha256(data).hexdigest(),
        version=parts.version,
        serial=parts.serial,
        subject=parts.subject,
        issuer=parts.issuer,
        common_name=subject.common_name,
        subject_name=subject.text,
        issuer_name=issuer.text,
        not_before=dates[0],
        not_after=dates[1],
        spki=parts.spki,
        key_type=key.type,
        key_bits=key.bits,
        curve=key.curve,
        signature_algorithm=signature.name,
        digest=signature.digest,
        extensions=extensions,
        san=san,
        names=_names(san, malformed),
        is_ca=_is_ca(_value(extensions, BASIC_CONSTRAINTS)),
        ca_issuers=_urls(_value(extensions, AUTHORITY_INFO_ACCESS), _CA_ISSUERS),
        ocsp=_urls(_value(extensions, AUTHORITY_INFO_ACCESS), _OCSP),
        duplicates=len({e.oid for e in extensions}) < len(extensions),
        malformed=tuple(malformed),
    )


_ordinary = lru_cache(maxsize=1024)(_parse)
_large = lru_cache(maxsize=32)(_parse)


def _outer(data: bytes) -> _Parts:
    tbs, algorithm, _signature = _three(der.only(data, der.SEQUENCE).content)
    fields = list(der.items(der.expect(tbs, der.SEQUENCE).content))
    version = 1
    if fields and fields[0].tag == der.context(0):
        version += der.read_integer(der.only(fields.pop(0).content, der.INTEGER).content)
    if len(fields) < 6:
        raise der.DerError("a certificate has at least six fields")
    serial, _algorithm, issuer, validity, subject, spki, *optional = fields
    extensions = [field.content for field in optional if field.tag == der.context(3)]
    return _Parts(
        version=version,
        serial=der.read_integer(der.expect(serial, der.INTEGER).content),
        issuer=issuer.raw,
        validity=validity.raw,
        subject=subject.raw,
        spki=der.expect(spki, der.SEQUENCE).raw,
        extensions=extensions[0] if extensions else None,
        algorithm=der.expect(algorithm, der.SEQUENCE).content,
    )


def _three(content: bytes) -> tuple[der.Element, der.Element, der.Element]:
    found = list(der.items(content))
    if len(found) != 3:
        raise der.DerError("a certificate has three parts")
    return found[0], found[1], found[2]


def _name(name: bytes, part: str, malformed: list[str]) -> distinguished.Name:
    try:
        return distinguished.parse(name)
    except der.DerError:
        malformed.append(part)
        return distinguished.Name("", "")


def _extensions(content: bytes | None, malformed: list[str]) -> tuple[Extension, ...]:
    if content is None:
        return ()
    try:
        return tuple(map(_extension, der.items(der.only(content, der.SEQUENCE).content)))
    except der.DerError:
        malformed.append("extensions")
        return ()


def _extension(element: der.Element) -> Extension:
    identifier, *flags, value = _at_least_two(der.expect(element, der.SEQUENCE).content)
    return Extension(
        oid=der.read_oid(der.expect(identifier, der.OID).content),
        critical=any(flag.content != b"\x00" for flag in flags),
        value=der.expect(value, der.OCTET_STRING).content,
    )


def _at_least_two(content: bytes) -> list[der.Element]:
    found = list(der.items(content))
    if len(found) < 2:
        raise der.DerError("an extension has an identifier and a value")
    return found


def _value(extensions: tuple[Extension, ...], oid: str) -> bytes | None:
    return next((extension.value for extension in extensions if extension.oid == oid), None)


def _names(san: bytes | None, malformed: list[str]) -> tuple[GeneralName, ...]:
    if san is None:
        return ()
    try:
        return general_names.parse(san)
    except der.DerError:
        malformed.append("subject-alt-name")
        return ()


def _is_ca(constraints: bytes | None) -> bool:
    if constraints is None:
        return False
    try:
        fields = list(der.items(der.only(constraints, der.SEQUENCE).content))
    except der.DerError:
        return False
    return bool(fields) and fields[0].tag == der.BOOLEAN and fields[0].content != b"\x00"


def _urls(descriptions: bytes | None, method: str) -> tuple[str, ...]:
    """Nothing where the extension can't be read: only a hint is lost."""
    try:
        return general_names.access_urls(descriptions, method) if descriptions else ()
    except der.DerError:
        return ()
