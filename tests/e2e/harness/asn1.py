"""Just enough DER (ITU-T X.690) to look into certificates that libraries refuse to read."""

from dataclasses import dataclass

SEQUENCE, BIT_STRING, OCTET_STRING, VERSION, EXTENSIONS = 0x30, 0x03, 0x04, 0xA0, 0xA3
SUBJECT_ALT_NAME = b"\x55\x1d\x11"


@dataclass(frozen=True)
class Element:
    """One tag, length and value; `raw` is all three."""

    tag: int
    value: bytes
    raw: bytes

    def children(self) -> list["Element"]:
        return elements(self.value)


def element(tag: int, value: bytes) -> bytes:
    """The encoding of one element."""
    if len(value) < 0x80:
        return bytes([tag, len(value)]) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + value


def elements(data: bytes) -> list[Element]:
    """The elements that stand in a row in `data`."""
    found = []
    while data:
        start, size = 2, data[1]
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start])
        found.append(Element(data[0], data[start : start + size], data[: start + size]))
        data = data[start + size :]
    return found


@dataclass(frozen=True)
class Leaf:
    """The parts of a certificate (RFC 5280 section 4.1) as they stand in it."""

    der: bytes

    @property
    def tbs(self) -> Element:
        return elements(self.der)[0].children()[0]

    @property
    def signature_algorithm(self) -> bytes:
        return elements(self.der)[0].children()[1].raw

    def _fields(self) -> list[Element]:
        return [part for part in self.tbs.children() if part.tag != VERSION]

    @property
    def serial(self) -> int:
        return int.from_bytes(self._fields()[0].value, signed=True)

    @property
    def issuer(self) -> bytes:
        return self._fields()[2].raw

    @property
    def dates(self) -> tuple[bytes, bytes]:
        """The two times as text, whatever it says."""
        start, end = self._fields()[3].children()
        return start.value, end.value

    @property
    def subject(self) -> bytes:
        return self._fields()[4].raw

    @property
    def key(self) -> bytes:
        """SubjectPublicKeyInfo."""
        return self._fields()[5].raw

    def extensions(self) -> dict[bytes, bytes]:
        """Value by object identifier (its content octets)."""
        for part in self._fields():
            if part.tag == EXTENSIONS:
                each = [entry.children() for entry in part.children()[0].children()]
                return {parts[0].value: parts[-1].value for parts in each}
        return {}

    @property
    def names(self) -> bytes | None:
        """The GeneralNames of the subjectAltName, None where there is none."""
        return self.extensions().get(SUBJECT_ALT_NAME)
