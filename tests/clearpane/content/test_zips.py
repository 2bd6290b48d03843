import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
import zstandard

from archived import EICAR, nested, zip_member, zipped
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget, ExhaustedError, Limits
from clearpane.content.member import Member
from clearpane.content.zips import members

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
ONE = zipped({"eicar.com": EICAR})
STORED_ONE = zipped({"eicar.com": EICAR}, STORED)
CLEAN = zipped({"clean.txt": b"nothing here\n" * 20})
DIRECTORY = ONE.index(b"PK\1\2")
STORED_DIRECTORY = STORED_ONE.index(b"PK\1\2")


def bodies(data: bytes) -> list[bytes]:
    return [part.body for part in members(data, Budget()) if isinstance(part, Member)]


def reasons(data: bytes) -> list[Unread]:
    return [part.reason for part in members(data, Budget()) if isinstance(part, Unscanned)]


def put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def hidden() -> bytes:
    """The first member is in the file, and the directory knows the second one alone."""
    first, second = ONE[:DIRECTORY], CLEAN[: CLEAN.index(b"PK\1\2")]
    entry = CLEAN[CLEAN.index(b"PK\1\2") : CLEAN.index(b"PK\5\6")]
    entry = put(entry, 42, struct.pack("<I", len(first)))
    end = struct.pack("<4HIIH", 0, 0, 1, 1, len(entry), len(first) + len(second), 0)
    return first + second + entry + b"PK\5\6" + end


def swallowed() -> bytes:
    """A stored member whose local header claims all that follows; the directory tells the truth."""
    one = zip_member(b"clean.txt", b"clean", size=2000) + STORED_ONE
    entries = b"".join(
        b"PK\1\2"
        + struct.pack("<6H3I5HII", 20, 20, 0, 0, 0, 0, 0, size, size, 1, 0, 0, 0, 0, 0, at)
        + b"a"
        for size, at in ((5, 0), (68, 44))
    )
    end = struct.pack("<4HIIH", 0, 0, 2, 2, len(entries), len(one), 0)
    return one + entries + b"PK\5\6" + end


def streamed(method: int) -> bytes:
    """Sizes stand behind the data, as when an archive is written to a pipe."""
    packed = zlib.compress(EICAR, wbits=-15) if method else EICAR
    header = zip_member(b"eicar.com", packed, method=method, flags=8, size=0)
    return header + b"PK\7\x08" + struct.pack("<III", zlib.crc32(EICAR), len(packed), 68)


FOUND: dict[str, bytes] = {
    "stored": STORED_ONE,
    "deflate": ONE,
    "bzip2": zipped({"eicar.com": EICAR}, zipfile.ZIP_BZIP2),
    "lzma": zipped({"eicar.com": EICAR}, zipfile.ZIP_LZMA),
    "zstd": zip_member(b"a", zstandard.compress(EICAR), method=93, size=81),
    "behind a picture": b"GIF89a\x01\0\x01\0\0\0\0;" + ONE,
    "behind a program": b"MZ" + bytes(4094) + b"PK\3\4\x90\x90 stub" + ONE,
    "in front of a second archive": ONE + CLEAN,
    "behind another archive": CLEAN + ONE,
    "not in the directory": hidden(),
    "in the directory, and inside another member's data": swallowed(),
    "the directory is cut off": ONE[:DIRECTORY],
    "the directory says that it is empty": put(ONE, DIRECTORY + 24, bytes(4)),
    "the directory says that its data is empty": put(STORED_ONE, STORED_DIRECTORY + 20, bytes(8)),
    "its own header says that it is empty": put(ONE, 18, bytes(8)),
    "both say that it is stored and empty": zip_member(b"eicar.com", EICAR, size=0),
    "its header says deflate and the directory stored": put(STORED_ONE, 8, b"\x08\0"),
    "its header says stored and the directory deflate": put(ONE, 8, b"\0\0"),
    "its header says encrypted and the directory not": put(ONE, 6, b"\1"),
    "a descriptor follows deflated data": streamed(8),
    "a descriptor follows stored data": streamed(0),
    "a reader that believes the size sees no more": zip_member(
        b"eicar.com", zlib.compress(EICAR + b"not blank", wbits=-15), method=8, size=68
    ),
    "the data is cut off behind the file": ONE[: DIRECTORY - 1],
}  # fmt: skip


@pytest.mark.parametrize("data", FOUND.values(), ids=FOUND)
def test_the_file_is_found(data: bytes) -> None:
    assert any(body == EICAR for body in bodies(data))


def test_members_are_named() -> None:
    archive = zipped({"docs/ü.txt": b"x", "b.txt": b"y"})
    parts = list(members(archive, Budget()))
    assert [part.name for part in parts if isinstance(part, Member)] == ["docs/ü.txt", "b.txt"]


def test_honest_archives_are_read_once_and_without_complaint() -> None:
    for method in (STORED, DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        archive = zipped({"a": b"a" * 3000, "empty/": b"", "b": bytes(range(256))}, method)
        parts = list(members(archive, Budget()))
        assert [part for part in parts if isinstance(part, Unscanned)] == []
        assert [body for body in bodies(archive) if body] == [b"a" * 3000, bytes(range(256))]


def test_an_archive_in_an_archive_is_one_member() -> None:
    assert len(bodies(nested(2, b"x", STORED))) == 1


def test_an_empty_archive_is_nothing() -> None:
    assert list(members(zipped({}), Budget())) == []


UNREAD: dict[str, tuple[bytes, Unread]] = {
    "encrypted, by its own header": (put(ONE, 6, b"\1"), Unread.ENCRYPTED),
    "encrypted, by the directory": (put(ONE, DIRECTORY + 8, b"\1"), Unread.ENCRYPTED),
    "encrypted with AES": (zip_member(b"a", b"xx", method=99, size=2), Unread.ENCRYPTED),
    "packed in a way nobody reads": (zip_member(b"a", b"xx", method=98, size=2), Unread.MALFORMED),
    "rubbish for data": (zip_member(b"a", b"\x07" * 99, method=8, size=99), Unread.MALFORMED),
    "rubbish for lzma": (zip_member(b"a", b"\xff" * 99, method=14, size=99), Unread.MALFORMED),
    "an enormous lzma dictionary": (
        zip_member(b"a", b"\x09\x14\5\0\x5d\xff\xff\xff\x7f" + bytes(50), method=14, size=59),
        Unread.LIMIT,
    ),
    "a header cut off": (ONE[:25], Unread.MALFORMED),
    "listed, and not there": (put(ONE, DIRECTORY + 42, b"\x05"), Unread.MALFORMED),
    "a bomb": (zipped({"zeros": bytes(20 << 20)}), Unread.LIMIT),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_said(data: bytes, reason: Unread) -> None:
    assert reason in reasons(data)


NO_ARCHIVE: dict[str, bytes] = {
    "text that quotes the mark": b"the mark is PK\3\4, then the version",
    "a program that looks for the mark": b"MZ\0\0\x81\x38PK\3\4\x75\x10\x8b\x45\x08\xff\xff" * 9,
    "the mark at the very end": b"x" * 100 + b"PK\3\4",
    "a long text that quotes the mark": b"text, PK\3\4, and on it goes. " * 9000,
}


@pytest.mark.parametrize("data", NO_ARCHIVE.values(), ids=NO_ARCHIVE)
def test_what_only_holds_the_mark_is_no_archive(data: bytes) -> None:
    assert list(members(data, Budget())) == []


SPENT: dict[str, Callable[[], bytes]] = {
    "headers without end": lambda: zip_member(b"a", b"", size=0) * 300,
    "marks without end": lambda: b"PK\3\4" * 300,
    "entries without end": lambda: zipped({str(n): b"" for n in range(300)}),
}


@pytest.mark.parametrize("make", SPENT.values(), ids=SPENT)
def test_too_many_members_end_the_scan(make: Callable[[], bytes]) -> None:
    with pytest.raises(ExhaustedError, match="more than 100 members"):
        list(members(make(), Budget(Limits(count=100))))


def test_packed_members_spend_the_budget_together() -> None:
    archive = zipped({str(n): bytes(1000) for n in range(30)})
    with pytest.raises(ExhaustedError, match="unpacks to more than"):
        list(members(archive, Budget(Limits(total=20_000))))


def test_members_that_overlap_spend_the_budget_together() -> None:
    """Each header's data holds the next ones, so that a small file unpacks to a large one."""
    data = b""
    for _ in range(60):
        data = zip_member(b"a", data, size=len(data))
    offsets = [31 * n for n in range(60)]
    entries = b"".join(
        b"PK\1\2" + struct.pack("<6H3I5HII", *(0,) * 9, 1, *(0,) * 5, at) + b"a" for at in offsets
    )
    end = struct.pack("<4HIIH", 0, 0, 60, 60, len(entries), len(data), 0)
    with pytest.raises(ExhaustedError, match="unpacks to more than"):
        list(members(data + entries + b"PK\5\6" + end, Budget(Limits(total=20_000))))


@pytest.mark.parametrize("form", ["<III", "<IQQ"])
def test_data_of_no_stated_size_ends_before_its_descriptor(form: str) -> None:
    header = zip_member(b"eicar.com", EICAR, flags=8, size=0)
    archive = header + struct.pack(form, zlib.crc32(EICAR), len(EICAR), len(EICAR))
    assert EICAR in bodies(archive)
    assert EICAR in bodies(archive + zipped({"b": b"clean"}))


def test_an_lzma_member_with_parameters_that_there_are_not_is_said() -> None:
    packed = b"\x09\x04" + struct.pack("<HBI", 5, 8 + 9 * 4, 4096) + bytes(40)
    archive = zip_member(b"a", packed, method=14, size=len(packed))
    assert reasons(archive) == [Unread.MALFORMED]
