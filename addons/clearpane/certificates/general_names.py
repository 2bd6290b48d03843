"""The names of a subjectAltName and the addresses of an authorityInfoAccess.

A value is kept as it stands: a NUL in a dNSName stays, so that nothing matches it by halves.
"""

from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

from clearpane.certificates import der


class Kind(StrEnum):
    """The kinds that are told apart."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"
    URI = "uri"
    OTHER = "other"


_KINDS = {
    der.context(1, constructed=False): Kind.EMAIL,
    der.context(2, constructed=False): Kind.DNS,
    der.context(6, constructed=False): Kind.URI,
}
_ADDRESS = der.context(7, constructed=False)


class GeneralName(NamedTuple):
    """One name; its octets are read as Latin-1. The value of an `other` one is its DER in hex."""

    kind: Kind
    value: str


def parse(names: bytes) -> tuple[GeneralName, ...]:
    """The names in a GeneralNames (DER); raises DerError, also for a name that breaks RFC 5280
    section 4.2.1.6 so that browsers refuse the certificate that holds it."""
    return tuple(map(_strict, der.items(der.only(names, der.SEQUENCE).content)))


def _strict(element: der.Element) -> GeneralName:
    name = general_name(element)
    if element.tag == _ADDRESS and name.kind is not Kind.IP:
        raise der.DerError("an iPAddress has 4 or 16 octets")
    if name.kind in (Kind.EMAIL, Kind.URI) and not element.content.isascii():
        raise der.DerError(f"{name.kind} names are ASCII")
    return name


def general_name(element: der.Element) -> GeneralName:
    """One GeneralName; raises DerError where the tag is none of its nine."""
    if element.tag & 0xC0 != 0x80 or element.tag & 0x1F > 8:
        raise der.DerError(f"0x{element.tag:02x} is no kind of name")
    if kind := _KINDS.get(element.tag):
        return GeneralName(kind, element.content.decode("latin-1"))
    if element.tag == _ADDRESS and len(element.content) in (4, 16):
        return GeneralName(Kind.IP, str(ip_address(element.content)))
    return GeneralName(Kind.OTHER, element.raw.hex())


def access_urls(descriptions: bytes, method: str) -> tuple[str, ...]:
    """The URLs that an AuthorityInfoAccessSyntax (DER) gives for a method; raises DerError."""
    urls = []
    for description in der.items(der.only(descriptions, der.SEQUENCE).content):
        identifier, location = der.first(der.expect(description, der.SEQUENCE).content)
        name = general_name(der.first(location)[0])
        if der.read_oid(identifier.content) == method and name.kind is Kind.URI:
            urls.append(name.value)
    return tuple(urls)
