import struct

import pytest

from clearpane.content.kinds import FileType
from clearpane.content.rar_kinds import NEW, OLD, kind


def old(kind: int, flags: int = 0, packed: bytes = b"") -> bytes:
    """One header of RAR 4, and the data behind it."""
    return struct.pack("<HBHHI", 0, kind, flags, 11, len(packed)) + packed


def new(kind: int, extra: bytes = b"", packed: bytes = b"") -> bytes:
    """One header of RAR 5, and the data behind it."""
    body = bytes([kind, 3, len(extra), len(packed)]) + b"name" + extra
    return b"\0\0\0\0" + bytes([len(body)]) + body + packed


CASES: dict[str, tuple[bytes, bool]] = {
    "4: a file": (OLD + old(0x73) + old(0x74, 0, b"x"), False),
    "4: encrypted headers": (OLD + old(0x73, 0x80), True),
    "4: an encrypted file": (OLD + old(0x73) + old(0x74, 0x04, b"x"), True),
    "4: the second file is encrypted": (OLD + old(0x73) + old(0x74, 0, b"x") + old(0x74, 4), True),
    "4: the flag in another header": (OLD + old(0x73) + old(0x7A, 0x04), False),
    "4: the mark alone": (OLD, False),
    "4: a size of nothing": (OLD + bytes(100), False),
    "5: a file": (NEW + new(1) + new(2, packed=b"abc"), False),
    "5: encrypted headers": (NEW + new(4), True),
    "5: an encrypted file": (NEW + new(1) + new(2, b"\x02\x01\0"), True),
    "5: its second record": (NEW + new(2, b"\x02\x03\0\x02\x01\0"), True),
    "5: another record": (NEW + new(2, b"\x02\x03\x01"), False),
    "5: the second file is encrypted": (NEW + new(2, packed=b"ab") + new(2, b"\x02\x01\0"), True),
    "5: the end comes first": (NEW + new(5) + new(4), False),
    "5: the mark alone": (NEW, False),
    "5: a number without end": (NEW + b"\xff" * 100, False),
    "5: zeros": (NEW + bytes(100), False),
}


@pytest.mark.parametrize(("data", "encrypted"), CASES.values(), ids=CASES)
def test_kind(data: bytes, encrypted: bool) -> None:
    assert kind(data) is (FileType.ENCRYPTED_RAR if encrypted else FileType.RAR)
