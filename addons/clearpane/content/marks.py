"""Where the archives begin that only libarchive reads, and what their own headers say of them.

Marks at the start of a body are believed. Those behind a stub, as in a program that unpacks itself,
count only where a whole header with its sum follows: marks alone are in many a program.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clearpane.content.limits import MIB

STUB = MIB  # how far an archive may lie behind a program; the usual stubs are smaller
MOST = 8  # archives in one body, each of them read by itself
LARGEST = 1024  # bytes of a rar archive's first header, where it stands behind a stub
MOST_BLOCKS = 10_000  # of one rar archive

_FIRST = (
    ("xar", 0, re.compile(rb"xar!\0")),
    ("lha", 2, re.compile(rb"-(?:lh[0-9dx]|lz[s45]|pm[0-2])-")),
    ("old cpio", 0, re.compile(rb"070707|\xc7\x71|\x71\xc7")),
    ("lz4", 0, re.compile(rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18")),
    ("lzip", 0, re.compile(rb"LZIP[\0\1]")),
    ("compress", 0, re.compile(rb"\x1f\x9d[\x89-\x90]")),
    ("iso", 0x8001, re.compile(rb"CD001")),
)
_JOLIET = re.compile(rb"%/[@CE]")  # the escapes of ISO 9660's supplementary descriptors
_DESCRIPTORS = 16 * 2048  # bytes of them that are looked at, behind the system area

type Found = tuple[str, int]  # the archive's word, and where it begins
type Block = tuple[int, int, bytes]  # type, flags, and what stands behind them


@dataclass(frozen=True, slots=True)
class Claims:
    """What an archive says of itself; `two_trees` of names, which may list different files."""

    volume: bool = False
    encrypted: bool = False
    two_trees: bool = False


def find(data: bytes) -> list[Found]:
    """The archives that begin in the body, at its start or behind a stub of at most STUB bytes."""
    found = [(word, 0) for word, at, mark in _FIRST if mark.match(data, at)]
    for word, mark, valid in _ANYWHERE:
        at = data.find(mark, 0, STUB + len(mark))
        while at >= 0 and len(found) < MOST:
            if at == 0 or valid(data, at):
                found.append((word, at))
            at = data.find(mark, at + 1, STUB + len(mark))
    return found


def is_arj(data: bytes) -> bool:
    """The mark has but two bytes; the sum of the header behind it says whether it is one."""
    size = int.from_bytes(data[2:4], "little")
    header = data[4 : 4 + size]
    return (
        data.startswith(b"\x60\xea") and size >= 30 and zlib.crc32(header) == _sum(data, 4 + size)
    )


def claims(word: str, data: bytes) -> Claims:
    """What the headers of the archive say that `data` begins with."""
    match word:
        case "rar" if len(data) > 11 and data[9] == 0x73:
            return Claims(volume=bool(data[10] & 1), encrypted=bool(data[10] & 0x80))
        case "rar5":
            return _rar5(data)
        case "cab" if len(data) > 30:
            return Claims(volume=bool(data[30] & 3))
        case "iso":
            return Claims(two_trees=bool(_JOLIET.search(data, 0x8000, 0x8000 + _DESCRIPTORS)))
    return Claims()


def _rar5(data: bytes) -> Claims:
    """libarchive 3.6 hands out the members of an encrypted rar 5 archive as if they were plain."""
    volume = encrypted = False
    for kind, flags, fields in _blocks(data):
        if kind == 4:  # all headers behind it are encrypted
            encrypted = True
        elif kind == 1:
            volume = volume or bool(_vint(fields, 0)[0] & 1)
        elif kind == 2:
            volume = volume or bool(flags & 0x18)  # it goes on, or began, in another volume
            encrypted = encrypted or (bool(flags & 1) and _has_encryption(fields))
    return Claims(volume=volume, encrypted=encrypted)


def _blocks(data: bytes) -> Iterator[Block]:
    """The blocks of a rar 5 archive; of a file's, the extra area alone is handed out."""
    at = 8
    for _ in range(MOST_BLOCKS):
        size, start = _vint(data, at + 4)
        if not 0 < size < 2 * MIB or start + size > len(data):
            return
        kind, here = _vint(data, start)
        flags, here = _vint(data, here)
        extra, here = _vint(data, here) if flags & 1 else (0, here)
        packed, here = _vint(data, here) if flags & 2 else (0, here)
        end = start + size
        yield kind, flags, data[max(end - extra, here) : end] if kind == 2 else data[here:end]
        if kind in (4, 5):
            return
        at = end + packed


def _has_encryption(extra: bytes) -> bool:
    """Whether one of the records is number 1."""
    at = 0
    while at < len(extra):
        size, start = _vint(extra, at)
        if not size:
            return False
        if _vint(extra, start)[0] == 1:
            return True
        at = start + size
    return False


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits to the byte, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    return 0, at + 10


def _is_7z(data: bytes, at: int) -> bool:
    """The start header, with its sum."""
    return len(data) >= at + 32 and _sum(data, at + 8) == zlib.crc32(data[at + 12 : at + 32])


def _is_rar(data: bytes, at: int) -> bool:
    """The main header's sum, of which rar 4 keeps 16 bits."""
    size = int.from_bytes(data[at + 12 : at + 14], "little")
    block = data[at + 9 : at + 7 + min(size, LARGEST)]
    return 4 < len(block) < LARGEST and zlib.crc32(block) & 0xFFFF == _sum(data, at + 7) & 0xFFFF


def _is_rar5(data: bytes, at: int) -> bool:
    size, start = _vint(data, at + 12)
    return 0 < size < LARGEST and zlib.crc32(data[at + 12 : start + size]) == _sum(data, at + 8)


def _is_cab(data: bytes, at: int) -> bool:
    """[MS-CAB] 2.1: reserved fields are zero, and the version is 1.3."""
    return data[at + 24 : at + 26] == b"\3\1" and data[at + 12 : at + 16] == bytes(4)


def _sum(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


_ANYWHERE: tuple[tuple[str, bytes, Callable[[bytes, int], bool]], ...] = (
    ("7z", b"7z\xbc\xaf\x27\x1c", _is_7z),
    ("rar", b"Rar!\x1a\7\0", _is_rar),
    ("rar5", b"Rar!\x1a\7\1\0", _is_rar5),
    ("cab", b"MSCF\0\0\0\0", _is_cab),
)
