import struct

import pytest

from clearpane.content.kinds import FileType
from clearpane.content.magic import announced

T = FileType


def program(at: int, *, flags: int = 0, subsystem: int = 3) -> bytes:
    header = b"MZ".ljust(60, b"\0") + struct.pack("<I", at)
    behind = b"PE\0\0" + bytes(18) + struct.pack("<H", flags) + bytes(68) + bytes([subsystem, 0])
    return header.ljust(at, b"\0") + behind


# The table of types is in test_file_types; here is what each reader has to decide.
DECIDED: dict[str, tuple[bytes, FileType | None]] = {
    "a program": (program(64, flags=0x0102), T.EXE),
    "a library": (program(64, flags=0x2000), T.DLL),
    "its second header far behind": (program(5000, flags=0x2000), T.DLL),
    "a driver that is marked as a library": (program(64, flags=0x2000, subsystem=1), T.PE),
    "its second header cut off": (program(64)[:150], T.EXE),
    "its second header far outside": (b"MZ".ljust(60, b"\0") + b"\xff\xff\xff\xff", T.EXE),
    "the mark the other way round": (b"ZM" + bytes(62), T.EXE),
    "too short for a program": (b"MZ\x90\0", None),
    "text": (b"MZ" + b"x" * 100, None),
    "44 processors": (b"\xca\xfe\xba\xbe\0\0\0\x2c", T.MACHO),
    "version 45": (b"\xca\xfe\xba\xbe\0\0\0\x2d", T.CLASS),
    "version 45.3": (b"\xca\xfe\xba\xbe\0\x03\0\x2d", T.CLASS),
    "a mark alone": (b"\xca\xfe\xba\xbe", None),
    "a brand that nobody knows": (b"\0\0\0\x14ftypzzzz", T.MP4),
    "a brand that is no text": (b"\0\0\0\x14ftyp\xff\xff\xff\xff", T.MP4),
    "a large atom": (b"\0\0\0\x01mdat", T.MOV),
    "an atom of no size": (b"\0\0\0\x02mdat", None),
    "an MP3 frame of layer 2": (b"\xff\xfd\x90\0", None),
    "a mark of UTF-16": (b"\xff\xfe<\0h\0", None),
    "a wave file over 4 GiB": (b"RF64\xff\xff\xff\xffWAVE", T.WAV),
    "a bitmap with another header": (b"BM" + bytes(12) + b"\x7c\0\0\0", T.BMP),
    "a bitmap with a header that is none": (b"BM" + bytes(12) + b"\x7d\0\0\0", None),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), DECIDED.values(), ids=DECIDED)
def test_announced(data: bytes, expected: FileType | None) -> None:
    assert announced(data) is expected
