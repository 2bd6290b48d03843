import struct
import zipfile
import zlib
from collections.abc import Iterator

import pytest

from archived import EICAR, zip_member, zipped
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_content import Content
from clearpane.content.flow_nodes import Context, Found, Meter, Place
from clearpane.content.flow_zip import Zip
from clearpane.content.limits import Limits
from clearpane.content.member import Member

STORED = zipfile.ZIP_STORED
ONE = zipped({"eicar.com": EICAR})
STORED_ONE = zipped({"eicar.com": EICAR}, STORED)
CLEAN = zipped({"clean.txt": b"nothing here\n" * 20})
DIRECTORY, STORED_DIRECTORY = ONE.index(b"PK\1\2"), STORED_ONE.index(b"PK\1\2")


def put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def place(limits: Limits | None = None) -> Place:
    limits = limits or Limits()
    return Place(Context(1 << 20, limits, Meter(limits), Content))


def read(data: bytes, step: int = 13) -> list[Found]:
    reader = Zip(place())

    def found() -> Iterator[Found]:
        for at in range(0, len(data), step):
            yield from reader.feed(data[at : at + step])
        yield from reader.end()

    return [*found()]


def streamed(method: int) -> bytes:
    """Sizes stand behind the data, as when an archive is written to a pipe."""
    packed = zlib.compress(EICAR, wbits=-15) if method else EICAR
    header = zip_member(b"eicar.com", packed, method=method, flags=8, size=0)
    return header + b"PK\7\x08" + struct.pack("<III", zlib.crc32(EICAR), len(packed), 68)


def wide() -> bytes:
    """Sizes in a zip64 field."""
    extra = struct.pack("<HHQQ", 1, 16, 68, 68)
    fields = (20, 0, 0, 0, 0, 0, 0xFFFF_FFFF, 0xFFFF_FFFF, 1, len(extra))
    return struct.pack("<4s5H3I2H", b"PK\3\4", *fields) + b"a" + extra + EICAR


FOUND: dict[str, bytes] = {
    "stored": STORED_ONE,
    "deflated": ONE,
    "zip64": wide(),
    "behind a picture": b"GIF89a\x01\0\x01\0\0\0\0;" + ONE,
    "behind a program that looks for the mark": b"MZPK\3\4\x90\x90 stub" + bytes(300) + ONE,
    "behind another archive": CLEAN + ONE,
    "in front of another archive": ONE + CLEAN,
    "the directory is cut off": ONE[:DIRECTORY],
    "its own header says that it is empty": put(ONE, 18, bytes(8)),
    "both say that it is stored and empty": zip_member(b"eicar.com", EICAR, size=0),
    "a descriptor follows deflated data": streamed(8),
    "between two members": CLEAN[: CLEAN.index(b"PK\1\2")] + EICAR + ONE,
    "in the comment": CLEAN[:-2] + b"\x44\0" + EICAR,
}


@pytest.mark.parametrize("step", [1, 13, 9999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize("data", FOUND.values(), ids=FOUND)
def test_the_file_is_found(data: bytes, step: int) -> None:
    assert EICAR in [one.body for one in read(data, step) if isinstance(one, Member)]


UNREAD: dict[str, tuple[bytes, Unread]] = {
    "encrypted": (put(ONE, 6, b"\1"), Unread.ENCRYPTED),
    "encrypted with AES": (zip_member(b"a", b"x", method=99, size=1), Unread.ENCRYPTED),
    "a method that nobody knows": (zip_member(b"a", b"x", method=98, size=1), Unread.MALFORMED),
    "stored data without a size": (streamed(0), Unread.MALFORMED),
    "its header says deflate, and it is stored": (
        put(STORED_ONE, 8, b"\x08\0"),
        Unread.MALFORMED,
    ),
    "rubbish": (zip_member(b"a", b"\xff" * 9, method=8, size=9), Unread.MALFORMED),
    "it is not in bzip2": (zip_member(b"a", b"\xff" * 99, method=12, size=99), Unread.MALFORMED),
    "its header claims less": (
        zip_member(b"a", zlib.compress(EICAR + b"!", wbits=-15), method=8, size=68),
        Unread.MALFORMED,
    ),
    "the directory says encrypted": (put(ONE, DIRECTORY + 8, b"\1"), Unread.MALFORMED),
    "the directory says stored": (put(ONE, DIRECTORY + 10, b"\0\0"), Unread.MALFORMED),
    "the directory says less": (put(STORED_ONE, STORED_DIRECTORY + 20, b"\1"), Unread.MALFORMED),
    "listed, and not there": (put(ONE, DIRECTORY + 42, b"\7"), Unread.MALFORMED),
    "the end tells of another directory": (put(ONE, len(ONE) - 6, b"\7"), Unread.MALFORMED),
    "a header is cut off": (CLEAN[: CLEAN.index(b"PK\1\2")] + ONE[:20], Unread.MALFORMED),
    "lzma that is too large": (
        zip_member(b"a", bytes(1 << 21), method=14, size=1 << 21),
        Unread.TOO_BIG,
    ),
}


@pytest.mark.parametrize(("data", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_read_is_named(data: bytes, reason: Unread) -> None:
    assert reason in [one.reason for one in read(data, 999) if isinstance(one, Unscanned)]


HONEST = {
    "deflated": ONE,
    "with folders": zipped({"a/": b"", "a/b": b"x", "c": b""}),
    "behind a picture": b"GIF89a" + ONE,
    "two in a row": ONE + CLEAN,
    "empty": zipped({}),
    "text that quotes the mark": b"it begins with PK\3\4 and so on",
}


@pytest.mark.parametrize("data", HONEST.values(), ids=HONEST)
def test_honest_archives_are_read_without_complaint(data: bytes) -> None:
    assert [one for one in read(data) if isinstance(one, Unscanned)] == []


def test_a_member_that_must_be_whole_comes_as_an_archive_of_its_own() -> None:
    (member,) = read(zipped({"a": b"x" * 99}, zipfile.ZIP_LZMA))
    assert isinstance(member, Member)
    assert member.body.startswith(b"PK\3\4")


@pytest.mark.parametrize(
    ("before", "data", "passes"),
    [
        pytest.param(b"", b"abc", True, id="nothing begins"),
        pytest.param(b"xPK", b"\3\4abc", False, id="a mark between two pieces"),
        pytest.param(b"x", b"abcPK\3\4", False, id="a mark"),
        pytest.param(b"x", b"ab", False, id="too little to tell"),
        pytest.param(ONE, b"abc", False, id="behind an archive"),
    ],
)
def test_what_passes_is_only_searched(before: bytes, data: bytes, passes: bool) -> None:
    reader = Zip(place())
    list(reader.feed(before))
    assert reader.passes(data) is passes
