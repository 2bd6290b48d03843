"""Distinguished names in words, as RFC 4514 writes them.

Only the structure can be wrong (`DerError`): strings that break the rules of their type are shown
as well as they can be, for they are copied as they stand and never interpreted.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from clearpane.certificates import der

_COMMON_NAME = "2.5.4.3"
_SHORT = {
    _COMMON_NAME: "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_ENCODINGS = {
    der.UTF8_STRING: "utf-8",
    der.NUMERIC_STRING: "latin-1",
    der.PRINTABLE_STRING: "latin-1",
    der.T61_STRING: "latin-1",
    der.IA5_STRING: "latin-1",
    der.VISIBLE_STRING: "latin-1",
    der.UNIVERSAL_STRING: "utf-32-be",
    der.BMP_STRING: "utf-16-be",
}

_SPECIAL = re.compile(r'["+,;<>\\]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

type _Part = tuple[str, der.Element]


@dataclass(frozen=True, slots=True)
class Name:
    """`text` is the whole, its last part first; both are empty where there is nothing."""

    text: str
    common_name: str


# An issuer is the same for many certificates.
@lru_cache(maxsize=512)
def parse(name: bytes) -> Name:
    """What a Name (DER) says; raises DerError. The first of several CommonNames counts."""
    relatives = [
        [_part(pair) for pair in der.items(der.expect(relative, der.SET).content)]
        for relative in der.items(der.only(name, der.SEQUENCE).content)
    ]
    common = (value for parts in relatives for oid, value in parts if oid == _COMMON_NAME)
    return Name(
        text=",".join("+".join(map(_shown, parts)) for parts in reversed(relatives)),
        common_name=next((_text(value) or "" for value in common), ""),
    )


def _part(pair: der.Element) -> _Part:
    identifier, rest = der.first(der.expect(pair, der.SEQUENCE).content)
    value, behind = der.first(rest)
    if behind:
        raise der.DerError("something follows the value of a name's part")
    return der.read_oid(der.expect(identifier, der.OID).content), value


def _text(value: der.Element) -> str | None:
    encoding = _ENCODINGS.get(value.tag)
    return None if encoding is None else value.content.decode(encoding, errors="replace")


def _shown(part: _Part) -> str:
    identifier, value = part
    text = _text(value)
    shown = f"#{value.raw.hex()}" if text is None else _escaped(text)
    return f"{_SHORT.get(identifier, identifier)}={shown}"


def _escaped(text: str) -> str:
    """RFC 4514 section 2.4; control characters as hex pairs, so that a name is one line."""
    shown = _CONTROL.sub(_hex_pairs, _SPECIAL.sub(r"\\\g<0>", text))
    if shown.startswith(("#", " ")):
        shown = "\\" + shown
    if text.endswith(" ") and len(text) > 1:
        shown = shown[:-1] + "\\ "
    return shown


def _hex_pairs(control: re.Match[str]) -> str:
    return "".join(f"\\{octet:02x}" for octet in control[0].encode())
