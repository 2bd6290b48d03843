"""What an OLE file is: the names in its directory decide ([MS-CFB] sections 2.2 and 2.6).

Only as much is read as that takes, within fixed bounds, from a file that may lie about itself.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from clearpane.content.kinds import FileType

_T = FileType
MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_SECTORS = 1024
_ENTRY = 128
_INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
_PATCH = bytes.fromhex("86100c0000000000c000000000000046")
_FILEPASS = 0x2F  # [MS-XLS] 2.4.117: the record that says how the others are encrypted
_ENCRYPTED = 0x0100  # [MS-DOC] 2.5.2: fEncrypted

_STREAMS = (
    ("EncryptedPackage", _T.ENCRYPTED_OFFICE2007),
    ("EncryptedSummary", _T.ENCRYPTED_PPT),
    ("WordDocument", _T.DOC),
    ("Workbook", _T.XLS),
    ("Book", _T.XLS),
    ("PowerPoint Document", _T.PPT),
    ("VisioDocument", _T.VSD),
    ("Quill", _T.PUB),
    ("__properties_version1.0", _T.MSG),
    ("HwpSummaryInformation", _T.HWP),
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One stream or storage; `start` is its first sector."""

    name: str
    identifier: bytes
    start: int


def kind(data: bytes) -> FileType:
    """The type of what begins with an OLE file's mark."""
    entries = {entry.name: entry for entry in _entries(data)}
    root = entries.get("Root Entry")
    if root and root.identifier in (_INSTALLER, _PATCH):
        return _T.MSI if root.identifier == _INSTALLER else _T.MSP
    for name, found in _STREAMS:
        if name in entries:
            return _encrypted(data, entries[name], found) or found
    return _T.MSOFFICE


def _encrypted(data: bytes, entry: _Entry, found: FileType) -> FileType | None:
    """The encrypted form, where the first sector of the stream says so."""
    start = _offset(data, entry.start)
    head = data[start : start + 512]
    if found is _T.DOC and len(head) >= 12:
        return _T.ENCRYPTED_DOC if int.from_bytes(head[10:12], "little") & _ENCRYPTED else None
    if found is _T.XLS:
        at = 0
        while at + 4 <= len(head):
            record, length = struct.unpack_from("<HH", head, at)
            if record == _FILEPASS:
                return _T.ENCRYPTED_XLS
            at += 4 + length
    return None


def _entries(data: bytes) -> Iterator[_Entry]:
    size = 1 << _shift(data)
    for sector in _directory(data):
        block = data[_offset(data, sector) : _offset(data, sector) + size]
        for at in range(0, len(block) - _ENTRY + 1, _ENTRY):
            raw = block[at : at + _ENTRY]
            length = min(int.from_bytes(raw[64:66], "little"), 64)
            name = raw[: max(length - 2, 0)].decode("utf-16-le", errors="replace").lstrip("\5")
            yield _Entry(name, raw[80:96], int.from_bytes(raw[116:120], "little"))


def _directory(data: bytes) -> Iterator[int]:
    """The sectors of the directory, in order; a chain that runs in circles is left."""
    size = 1 << _shift(data)
    tables = struct.unpack("<109I", data[76:512].ljust(436, b"\xff"))
    sector = int.from_bytes(data[48:52], "little")
    seen: set[int] = set()
    while sector not in seen and len(seen) < _MOST_SECTORS and _offset(data, sector) < len(data):
        seen.add(sector)
        yield sector
        table, place = divmod(sector, size // 4)
        if table >= len(tables):
            return
        at = _offset(data, tables[table]) + place * 4
        sector = int.from_bytes(data[at : at + 4].ljust(4, b"\xff"), "little")


def _offset(data: bytes, sector: int) -> int:
    return (sector + 1) << _shift(data)


def _shift(data: bytes) -> int:
    """Sectors have 512 or 4096 bytes."""
    return 12 if data[30:32] == b"\x0c\0" else 9
