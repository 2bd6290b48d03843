"""DER, element by element: as much of it as certificates need.

The reader checks every bound and raises nothing but `DerError`; it takes lengths that are not in
the shortest form, as OpenSSL does. The writer writes strict DER.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OID = 0x06
UTF8_STRING = 0x0C
NUMERIC_STRING = 0x12
PRINTABLE_STRING = 0x13
T61_STRING = 0x14
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
VISIBLE_STRING = 0x1A
UNIVERSAL_STRING = 0x1C
BMP_STRING = 0x1E
SEQUENCE = 0x30
SET = 0x31

_LONGEST_OID = 64


class DerError(ValueError):
    """These bytes are not the DER that was expected here."""


class Element(NamedTuple):
    """One element: its tag octet, its content, and the whole of it as it was read."""

    tag: int
    content: bytes
    raw: bytes


def context(number: int, constructed: bool = True) -> int:
    """The tag octet of `[number]`."""
    return (0xA0 if constructed else 0x80) | number


def first(data: bytes) -> tuple[Element, bytes]:
    """The element that `data` begins with, and what follows it."""
    start, end = _bounds(data, 0)
    return Element(data[0], data[start:end], data[:end]), data[end:]


def items(content: bytes) -> Iterator[Element]:
    """The elements of a constructed one, in order."""
    at = 0
    while at < len(content):
        start, end = _bounds(content, at)
        yield Element(content[at], content[start:end], content[at:end])
        at = end


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    if len(data) < at + 2:
        raise DerError("an element is cut short")
    if data[at] & 0x1F == 0x1F:
        raise DerError("tags above 30 do not occur in certificates")
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        octets = length & 0x7F
        # Four octets say 4 GiB; 0x80 is the indefinite length, which DER forbids.
        if not 1 <= octets <= 4 or len(data) < start + octets:
            raise DerError("a length cannot be read")
        length, start = int.from_bytes(data[start : start + octets]), start + octets
    if start + length > len(data):
        raise DerError("an element is cut short")
    return start, start + length


def only(data: bytes, tag: int) -> Element:
    """The one element of `data`, which has this tag and nothing behind it."""
    element, rest = first(data)
    if rest:
        raise DerError("something follows the element")
    return expect(element, tag)


def expect(element: Element, tag: int) -> Element:
    if element.tag != tag:
        raise DerError(f"expected tag 0x{tag:02x}, found 0x{element.tag:02x}")
    return element


def read_integer(content: bytes) -> int:
    if not content:
        raise DerError("an integer is empty")
    return int.from_bytes(content, signed=True)


# The same few dozen identifiers make up every certificate.
@lru_cache(maxsize=1024)
def read_oid(content: bytes) -> str:
    """The dotted form of an object identifier."""
    if not 0 < len(content) <= _LONGEST_OID or content[-1] & 0x80:
        raise DerError("an object identifier is cut short or too long")
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def element(tag: int, *parts: bytes) -> bytes:
    """An element whose content is `parts` joined."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    return element(SEQUENCE, *parts)


def boolean(value: bool) -> bytes:
    return element(BOOLEAN, b"\xff" if value else b"\x00")


def integer(value: int) -> bytes:
    octets = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return element(INTEGER, value.to_bytes(octets, signed=True))


def oid(dotted: str) -> bytes:
    top, second, *arcs = map(int, dotted.split("."))
    return element(OID, *map(_base128, (40 * top + second, *arcs)))


def _base128(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


def octet_string(content: bytes) -> bytes:
    return element(OCTET_STRING, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    return element(BIT_STRING, bytes((unused,)), content)


def time(moment: datetime) -> bytes:
    """A moment in UTC as RFC 5280 section 4.1.2.5 wants it: UTCTime from 1950 to 2049."""
    text = f"{moment.year:04}{moment:%m%d%H%M%S}Z"
    if 1950 <= moment.year < 2050:
        return element(UTC_TIME, text[2:].encode("ascii"))
    return element(GENERALIZED_TIME, text.encode("ascii"))
