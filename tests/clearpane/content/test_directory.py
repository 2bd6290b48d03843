import io
import struct
import zipfile

import pytest

from archived import zip_member, zipped
from clearpane.content.directory import Claim, entries, local

TWO = zipped({"a.txt": b"aaaa" * 100, "b.txt": b"b"}, zipfile.ZIP_STORED)


def test_a_local_header_is_read() -> None:
    header = local(TWO, 0)
    assert header
    assert header.claim == Claim(0, "a.txt", 0, False, 400, 400)
    assert header.plausible
    assert TWO[header.start : header.start + 4] == b"aaaa"


CUT = {
    "inside the header": TWO[:20],
    "inside the name": TWO[:32],
    "where there is no header": b"PK\1\2" + bytes(60),
}


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_a_header_that_is_cut_off_is_none(data: bytes) -> None:
    assert local(data, 0) is None


ODD = {
    "a version from the future": b"PK\3\4\x7f" + bytes(25) + b"name",
    "a method that does not exist": zip_member(b"a", b"", method=200, size=0),
    "no name": zip_member(b"", b"", size=0),
    "a name with control characters": zip_member(b"a\n", b"", size=0),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_what_only_looks_like_a_header_is_not_plausible(data: bytes) -> None:
    header = local(data, 0)
    assert header and not header.plausible


@pytest.mark.parametrize("flag", [1, 0x40, 0x2000], ids=["usual", "strong", "headers"])
def test_encryption_shows_in_the_flags(flag: int) -> None:
    header = local(zip_member(b"a", b"x", flags=flag, size=1), 0)
    assert header and header.claim.encrypted


def test_the_directory_is_read() -> None:
    assert [claim.name for claim in entries(TWO)] == ["a.txt", "b.txt"]
    assert [claim.packed for claim in entries(TWO)] == [400, 1]


def test_bytes_in_front_shift_the_offsets() -> None:
    assert [claim.offset for claim in entries(b"MZ stub" + TWO)] == [7, 7 + 435]


def test_a_comment_behind_is_no_hindrance() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"a")
        archive.comment = b"comment " * 5000
    assert [claim.name for claim in entries(out.getvalue())] == ["a.txt"]


def test_without_a_directory_there_are_no_entries() -> None:
    assert not list(entries(TWO[: TWO.index(b"PK\1\2")]))
    assert not list(entries(TWO[: TWO.index(b"PK\5\6") + 10]))
    assert not list(entries(b""))


def test_large_sizes_and_offsets_stand_elsewhere() -> None:
    """APPNOTE 4.3.14 and 4.5.3: zip64."""
    wide = struct.pack("<HHQQQ", 1, 24, 5, 6, 7)
    entry = b"PK\1\2" + struct.pack(
        "<6H3I5HII", 45, 45, 0, 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 1, 28, 0, 0, 0, 0, 0xFFFFFFFF
    )
    entry += b"a" + wide
    end64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, len(entry), 3)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, 3 + len(entry), 1)
    end = b"PK\5\6" + struct.pack("<4HIIH", 0, 0, 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    claims = list(entries(b"xyz" + entry + end64 + locator + end))
    assert claims == [Claim(7, "a", 0, False, 6, 5)]


def test_names_are_read_as_their_flag_says() -> None:
    header = local(zip_member("ü".encode(), b"", flags=0x800, size=0), 0)
    assert header and header.claim.name == "ü"
    header = local(zip_member(b"\x81", b"", size=0), 0)
    assert header and header.claim.name == "ü"
    header = local(zip_member(b"\xff\xfe", b"", flags=0x800, size=0), 0)
    assert header and header.claim.name == "\ufffd\ufffd"
