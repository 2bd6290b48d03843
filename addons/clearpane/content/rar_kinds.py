"""Whether a RAR archive is encrypted, of which its first headers tell.

Sources: RAR 5.0 archive format (rarlab.com/technote.htm), and technote.txt of RAR 4.
"""

import struct

from clearpane.content.kinds import FileType

OLD, NEW = b"Rar!\x1a\x07\0", b"Rar!\x1a\x07\x01\0"
_MOST_HEADERS = 1000
_ARCHIVE, _FILE, _HEADERS_ENCRYPTED, _FILE_ENCRYPTED, _HAS_DATA = 0x73, 0x74, 0x80, 0x04, 0x8000
_FILE5, _SERVICE5, _ENCRYPTION5, _END5 = 2, 3, 4, 5
_HAS_EXTRA5, _HAS_DATA5 = 1, 2


def kind(data: bytes) -> FileType:
    """The type of what begins with either mark."""
    encrypted = _new(data, len(NEW)) if data.startswith(NEW) else _old(data, len(OLD))
    return FileType.ENCRYPTED_RAR if encrypted else FileType.RAR


def _old(data: bytes, at: int) -> bool:
    for _ in range(_MOST_HEADERS):
        if len(data) < at + 11:
            return False
        kind, flags, size, packed = struct.unpack_from("<BHHI", data, at + 2)
        if kind == _ARCHIVE and flags & _HEADERS_ENCRYPTED:
            return True
        if kind == _FILE and flags & _FILE_ENCRYPTED:
            return True
        has_data = kind == _FILE or flags & _HAS_DATA
        at += max(size, 7) + (packed if has_data else 0)
    return False


def _new(data: bytes, at: int) -> bool:
    for _ in range(_MOST_HEADERS):
        size, start = _number(data, at + 4)
        header = data[start : start + size]
        kind, place = _number(header, 0)
        flags, place = _number(header, place)
        if not header or kind == _END5:
            return False
        extra, place = _number(header, place) if flags & _HAS_EXTRA5 else (0, place)
        packed, place = _number(header, place) if flags & _HAS_DATA5 else (0, place)
        is_file = kind in (_FILE5, _SERVICE5)
        if kind == _ENCRYPTION5 or (is_file and _has_key(header[len(header) - extra :])):
            return True
        at = start + size + packed
    return False


def _has_key(extra: bytes) -> bool:
    """Whether one of the records is the one about encryption, number 1."""
    at = 0
    while at < len(extra):
        size, start = _number(extra, at)
        if _number(extra, start)[0] == 1:
            return True
        at = start + max(size, 1)
    return False


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, ten bytes at most, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at] if at < len(data) else 0
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            break
    return value, at
