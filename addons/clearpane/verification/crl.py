"""Certificate revocation lists (RFC 5280 section 5): where they are, and what one is worth.

Whatever the octets, `read` returns a status. A list is read without going through its entries: it
may have hundreds of thousands, and a certificate is on few.
"""

import base64
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from clearpane.certificates import der, general_names, validity
from clearpane.certificates.certificate import Certificate, Extension
from clearpane.certificates.general_names import Kind
from clearpane.verification import signatures
from clearpane.verification.answers import State, Status, UnusableError, lasts_until

LARGEST = 8 * 1024 * 1024
_PEM = re.compile(rb"-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----")
_TIMES = (der.UTC_TIME, der.GENERALIZED_TIME)
_KEY_USAGE, _DISTRIBUTION_POINTS = "2.5.29.15", "2.5.29.31"
_DELTA, _ISSUING_POINT = "2.5.29.27", "2.5.29.28"
_REASON, _CERTIFICATE_ISSUER = "2.5.29.21", "2.5.29.29"
# cRLNumber and authorityKeyIdentifier ask for nothing.
_UNDERSTOOD = frozenset(("2.5.29.20", "2.5.29.35", _ISSUING_POINT))
_REMOVE_FROM_CRL = 8
# The Baseline Requirements, section 4.9.7: twelve months for a CA's certificates; a server's CRL
# ends by its own nextUpdate long before.
_LONGEST = timedelta(days=367)


def urls(certificate: Certificate) -> tuple[str, ...]:
    """Where its issuer's lists for all reasons are; nothing where the extension can't be read."""
    for extension in certificate.extensions:
        if extension.oid == _DISTRIBUTION_POINTS:
            return _urls(extension.value)
    return ()


# Every connection to a server asks for the same ones.
@lru_cache(maxsize=256)
def _urls(points: bytes) -> tuple[str, ...]:
    try:
        found = der.items(der.only(points, der.SEQUENCE).content)
        return tuple(url for point in found for url in _whole(point))
    except der.DerError:
        return ()


def _whole(point: der.Element) -> Iterator[str]:
    """Points with `reasons` say only a part, those with `cRLIssuer` are another's."""
    fields = {field.tag: field for field in der.items(point.content)}
    if set(fields) == {der.context(0)}:
        yield from _names(fields[der.context(0)].content)


def _names(point_name: bytes) -> Iterator[str]:
    """The URLs of a DistributionPointName; one that is relative to the issuer has none."""
    full, _ = der.first(point_name)
    if full.tag == der.context(0):
        names = map(general_names.general_name, der.items(full.content))
        yield from (name.value for name in names if name.kind is Kind.URI)


def read(data: bytes, certificate: Certificate, issuer: Certificate, now: datetime) -> Status:
    """What a CRL (DER or PEM) says of the certificate: good, revoked or unusable."""
    try:
        return _read(data, certificate, issuer, now)
    except UnusableError as error:
        return Status(State.UNUSABLE, detail=f"the CRL is unusable: {error}")
    except ValueError:
        return Status(State.UNUSABLE, detail="the CRL is unusable: it can't be read")


def _read(data: bytes, certificate: Certificate, issuer: Certificate, now: datetime) -> Status:
    if len(data) > LARGEST:
        raise UnusableError(f"it is larger than {LARGEST // 1024 // 1024} MiB")
    signed = signatures.split(_from_pem(data))
    fields = list(der.items(der.only(signed.content, der.SEQUENCE).content))
    if fields and fields[0].tag == der.INTEGER:
        del fields[0]
    if len(fields) < 3 or fields[0].content != signed.algorithm:
        raise UnusableError("it is no CRL")
    _, name, this_update, *optional = fields
    next_update = optional.pop(0) if optional and optional[0].tag in _TIMES else None
    entries = optional.pop(0).content if optional and optional[0].tag == der.SEQUENCE else b""
    if name.raw != certificate.issuer:
        raise UnusableError("it is another issuer's")
    if not _may_sign(issuer) or not signatures.is_signed_by(signed, issuer.spki):
        raise UnusableError("it is not signed by the issuer")
    until = _until(this_update, next_update, now)
    for extension in _extensions(optional):
        _check_extension(extension, certificate)
    if revoked := _reason(entries, certificate.serial):
        return Status(State.REVOKED, until, f"CRL: {revoked}")
    return Status(State.GOOD, until, "CRL: good")


def _from_pem(data: bytes) -> bytes:
    block = _PEM.search(data) if data.lstrip()[:5] == b"-----" else None
    return base64.b64decode(block[1]) if block else data


def _may_sign(issuer: Certificate) -> bool:
    """RFC 5280 section 6.3.3 (f): cRLSign, bit 6 of the first octet, where usages are named."""
    usages = [extension.value for extension in issuer.extensions if extension.oid == _KEY_USAGE]
    bits = [der.only(usage, der.BIT_STRING).content[1:2] for usage in usages]
    return all(octet and octet[0] & 0x02 for octet in bits)


def _until(this_update: der.Element, next_update: der.Element | None, now: datetime) -> datetime:
    last = this_update if next_update is None else next_update
    start, end = validity.parse(der.sequence(this_update.raw, last.raw))
    if start is None or end is None:
        raise UnusableError("its dates can't be read")
    return lasts_until(start, None if next_update is None else end, now, _LONGEST)


def _extensions(optional: list[der.Element]) -> Iterator[Extension]:
    """Of the whole list, which stand under [0]."""
    if not optional:
        return
    if len(optional) > 1 or optional[0].tag != der.context(0):
        raise UnusableError("it is no CRL")
    yield from _in_sequence(der.only(optional[0].content, der.SEQUENCE))


def _in_sequence(sequence: der.Element) -> Iterator[Extension]:
    for each in der.items(sequence.content):
        identifier, *flags, value = _two_or_three(der.items(each.content))
        critical = any(flag.content != b"\x00" for flag in flags)
        octets = der.expect(value, der.OCTET_STRING).content
        yield Extension(der.read_oid(identifier.content), critical, octets)


def _two_or_three(elements: Iterator[der.Element]) -> list[der.Element]:
    found = list(elements)
    if not 2 <= len(found) <= 3:
        raise der.DerError("an extension has an identifier and a value")
    return found


def _check_extension(extension: Extension, certificate: Certificate) -> None:
    if extension.oid == _DELTA:
        raise UnusableError("it is a delta CRL")
    if extension.critical and extension.oid not in _UNDERSTOOD:
        raise UnusableError("it has a critical extension that is not understood")
    if extension.oid == _ISSUING_POINT:
        _check_scope(extension.value, certificate)


def _check_scope(value: bytes, certificate: Certificate) -> None:
    """IssuingDistributionPoint (RFC 5280 section 5.2.5): is this list about such certificates?"""
    fields = {field.tag: field for field in der.items(der.only(value, der.SEQUENCE).content)}
    known = {der.context(0), *(der.context(n, constructed=False) for n in range(1, 6))}
    if not fields.keys() <= known:
        raise UnusableError("whom it is about can't be read")
    users, authorities, reasons, indirect, attributes = (
        (field := fields.get(der.context(number, constructed=False))) is not None
        and (number == 3 or field.content != b"\x00")
        for number in range(1, 6)
    )
    if reasons:
        raise UnusableError("it is for some reasons only")
    if indirect:
        raise UnusableError("it is an indirect CRL")
    if attributes or (authorities if not certificate.is_ca else users):
        raise UnusableError("it is for other certificates")
    point = fields.get(der.context(0))
    # Else one part of a divided list could be shown in the place of another.
    if point and set(urls(certificate)).isdisjoint(_names(point.content)):
        raise UnusableError("it is for certificates of another distribution point")


def _reason(entries: bytes, serial: int) -> str:
    """How the certificate is revoked; empty if it is not on the list."""
    wanted = der.integer(serial)
    # The entries are gone through, at a third of a second for 8 MiB, only where these octets are.
    if wanted not in entries:
        return ""
    for entry in der.items(entries):
        number, _ = der.first(entry.content)
        if number.raw == wanted and (reason := _of_entry(entry)):
            return reason
    return ""


def _of_entry(entry: der.Element) -> str:
    _, when, *optional = _two_or_more(entry)
    extensions = {each.oid: each for each in _in_sequence(optional[0])} if optional else {}
    if _CERTIFICATE_ISSUER in extensions:
        raise UnusableError("it has entries of other issuers")
    code = extensions.get(_REASON)
    if code and der.first(code.value)[0].content == bytes((_REMOVE_FROM_CRL,)):
        return ""
    moment, _ = validity.parse(der.sequence(when.raw, when.raw))
    return f"revoked on {moment:%Y-%m-%d}" if moment else "revoked"


def _two_or_more(entry: der.Element) -> list[der.Element]:
    found = list(der.items(entry.content))
    if len(found) < 2:
        raise der.DerError("an entry has a serial number and a date")
    return found
