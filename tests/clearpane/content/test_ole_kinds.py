import struct

import pytest

from clearpane.content.kinds import FileType
from clearpane.content.ole_kinds import MARK, kind

T = FileType
END, TABLE = 0xFFFFFFFE, 0xFFFFFFFD


def entry(name: str, start: int = 9) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return (raw.ljust(64, b"\0") + struct.pack("<H", len(raw))).ljust(116, b"\0") + struct.pack(
        "<IQ", start, 4096
    )


def ole(chain: list[int], *sectors: bytes, shift: int = 9, directory: int = 1) -> bytes:
    """A file whose first sector is the table `chain`; the others follow."""
    size = 1 << shift
    head = MARK + bytes(22) + struct.pack("<H", shift) + bytes(16) + struct.pack("<I", directory)
    head = head.ljust(76, b"\0") + struct.pack("<I", 0)
    table = struct.pack(f"<{len(chain)}I", *chain)
    return b"".join(each.ljust(size, b"\xff") for each in (head, table, *sectors))


ROOT = entry("Root Entry")
KINDS: dict[str, tuple[bytes, FileType]] = {
    "in the first sector": (ole([TABLE, END], ROOT + entry("Workbook")), T.XLS),
    "in the second sector, elsewhere": (
        ole([TABLE, 3, END, 2], ROOT, entry("WordDocument"), entry("x") * 4),
        T.DOC,
    ),
    "not in the directory": (ole([TABLE, END], ROOT, entry("WordDocument")), T.MSOFFICE),
    "large sectors": (
        ole([TABLE, END], ROOT + entry("a") * 30 + entry("Workbook"), shift=12),
        T.XLS,
    ),
    "a chain that runs in circles": (ole([TABLE, 2, 1], ROOT, entry("Book")), T.XLS),
    "a chain that leads outside": (ole([TABLE, 0x00FFFFFF], ROOT + entry("Book")), T.XLS),
    "a directory that is outside": (ole([TABLE, END], ROOT, directory=0x7FFFFFFF), T.MSOFFICE),
    "the mark alone": (MARK, T.MSOFFICE),
    "a name that only looks alike": (ole([TABLE, END], ROOT + entry("WordDocument2")), T.MSOFFICE),
    "the one that is encrypted goes first": (
        ole([TABLE, END], ROOT + entry("WordDocument") + entry("EncryptedPackage")),
        T.ENCRYPTED_OFFICE2007,
    ),
    "a Word stream that is encrypted": (
        ole([TABLE, END, END], ROOT + entry("WordDocument", 2), bytes(10) + b"\0\x01" + bytes(500)),
        T.ENCRYPTED_DOC,
    ),
    "a Word stream that is not": (
        ole([TABLE, END, END], ROOT + entry("WordDocument", 2), bytes(512)),
        T.DOC,
    ),
    "an Excel stream that is encrypted": (
        ole(
            [TABLE, END, END],
            ROOT + entry("Workbook", 2),
            struct.pack("<HH16xHH", 0x809, 16, 0x2F, 54),
        ),
        T.ENCRYPTED_XLS,
    ),
    "an Excel stream that is not": (
        ole([TABLE, END, END], ROOT + entry("Workbook", 2), struct.pack("<HH16x", 0x809, 16)),
        T.XLS,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), KINDS.values(), ids=KINDS)
def test_kind(data: bytes, expected: FileType) -> None:
    assert kind(data) is expected
