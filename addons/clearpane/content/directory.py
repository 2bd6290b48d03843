"""What a zip archive says about itself: local headers, and the central directory.

Both are read as claims, since either may lie; who follows them decides what to believe. Entries
come one by one: the standard library would hold an object for each of a million false ones.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

LOCAL, ENTRY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64, LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
UNKNOWN = 0xFFFF_FFFF  # stands in for a size that is given elsewhere

_LOCAL = struct.Struct("<4x5H3I2H")


@dataclass(frozen=True, slots=True)
class Claim:
    """One header's word on a member: offset of its local header, method, and sizes in bytes."""

    offset: int
    name: str
    method: int
    encrypted: bool
    packed: int
    size: int


@dataclass(frozen=True, slots=True)
class Local:
    """A local header, and where its data begins."""

    claim: Claim
    start: int
    plausible: bool


def local(data: bytes, at: int) -> Local | None:
    """The local header at `at`; None where the data ends before it does."""
    if len(data) < at + _LOCAL.size or not data.startswith(LOCAL, at):
        return None
    version, flags, method, _, _, _, packed, size, named, extra = _LOCAL.unpack_from(data, at)
    start = at + _LOCAL.size + named + extra
    if start > len(data):
        return None
    raw = data[at + _LOCAL.size : at + _LOCAL.size + named]
    packed, size, _ = _wide(data[start - extra : start], packed, size, 0)
    claim = Claim(at, _name(raw, flags), method, bool(flags & 0x2041), packed, size)
    # Bytes that happen to look like a mark are everywhere in programs; headers are not.
    plausible = version & 0xFF <= 63 and method <= 99 and bool(raw) and min(raw) >= 32
    return Local(claim, start, plausible)


def entries(data: bytes) -> Iterator[Claim]:
    """What the central directory lists; nothing where there is none."""
    end = data.rfind(END, max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22:
        return
    size, offset = struct.unpack_from("<II", data, end + 12)
    last = end
    if UNKNOWN in (size, offset) and data.startswith(LOCATOR64, end - 20) and end >= 76:
        last = data.rfind(END64, 0, end - 20)
        if last < 0 or len(data) < last + 56:
            return
        size, offset = struct.unpack_from("<QQ", data, last + 40)
    seen = set()
    for start in (last - size, offset):
        if 0 <= start < len(data) and start not in seen and data.startswith(ENTRY, start):
            seen.add(start)
            yield from _entries(data, start, start - offset)


def _entries(data: bytes, at: int, shift: int) -> Iterator[Claim]:
    """The entries in a row from `at`; `shift` is how much stands in front of the archive."""
    while data.startswith(ENTRY, at) and len(data) >= at + 46:
        flags, method = struct.unpack_from("<HH", data, at + 8)
        packed, size, named, extra, comment = struct.unpack_from("<IIHHH", data, at + 20)
        offset = struct.unpack_from("<I", data, at + 42)[0]
        raw, behind = data[at + 46 : at + 46 + named], at + 46 + named
        packed, size, offset = _wide(data[behind : behind + extra], packed, size, offset)
        name = _name(raw, flags)
        yield Claim(offset + shift, name, method, bool(flags & 0x2041), packed, size)
        at = behind + extra + comment


def _wide(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """The sizes and the offset with those in their place that stand in a zip64 field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = extra[at + 4 : at + 4 + length]
            values = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
            size, packed, offset = (
                next(values, value) if value == UNKNOWN else value
                for value in (size, packed, offset)
            )
            break
        at += 4 + length
    return packed, size, offset


def _name(raw: bytes, flags: int) -> str:
    return raw[:1024].decode("utf-8" if flags & 0x800 else "cp437", errors="replace")
