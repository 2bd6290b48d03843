import bz2
import gzip
import lzma
import zlib

import pytest
import zstandard

from archived import EICAR, bomb
from clearpane.content.detection import Unread
from clearpane.content.limits import MIB, Budget
from clearpane.content.series import Format, begins, gzip_name, read

SKIPPABLE = b"\x53\x2a\x4d\x18\x04\0\0\0skip"
LONG_GZIP_HEADER = (
    b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x02\0xx" + b"eicar.com\0" + b"a comment\0" + b"\0\0"
)

BEGINS = {
    "gzip": (Format.GZIP, gzip.compress(b"x"), True),
    "gzip with every optional field": (Format.GZIP, LONG_GZIP_HEADER + b"\3\0", True),
    "gzip with reserved flags is none": (Format.GZIP, b"\x1f\x8b\x08\xe0" + bytes(20), False),
    "a gzip header cut off": (Format.GZIP, b"\x1f\x8b\x08\0\0", False),
    "bzip2": (Format.BZIP2, bz2.compress(b"x"), True),
    "an empty bzip2": (Format.BZIP2, bz2.compress(b""), True),
    "text that begins like bzip2": (Format.BZIP2, b"BZh9 is a mark", False),
    "xz": (Format.XZ, lzma.compress(b"x"), True),
    "lzma": (Format.LZMA, lzma.compress(b"x", lzma.FORMAT_ALONE), True),
    "a closing bracket is no lzma": (Format.LZMA, b"] and text that goes on", False),
    "zstd": (Format.ZSTD, zstandard.compress(b"x"), True),
    "zstd behind a skippable frame": (Format.ZSTD, SKIPPABLE * 2 + zstandard.compress(b"x"), True),
    "a skippable frame alone": (Format.ZSTD, SKIPPABLE, False),
    "zlib": (Format.ZLIB, zlib.compress(b"x"), True),
    "text is no zlib": (Format.ZLIB, EICAR, False),
    "nothing": (Format.GZIP, b"", False),
}


@pytest.mark.parametrize(("form", "data", "expected"), BEGINS.values(), ids=BEGINS)
def test_begins(form: Format, data: bytes, expected: bool) -> None:
    assert (begins(form, data) is not None) is expected


def test_streams_in_a_row_are_read_together_and_the_first_by_itself() -> None:
    found = read(Format.GZIP, gzip.compress(EICAR) + gzip.compress(b"more"), Budget())
    assert found.views == (EICAR + b"more", EICAR)
    assert (found.rest, found.fault) == (b"", None)


def test_one_stream_is_one_view() -> None:
    assert read(Format.XZ, lzma.compress(EICAR), Budget()).views == (EICAR,)


@pytest.mark.parametrize("form", [Format.GZIP, Format.BZIP2, Format.XZ, Format.ZSTD])
def test_what_is_behind_is_handed_out_and_padding_is_not(form: Format) -> None:
    pack = {
        Format.GZIP: gzip.compress,
        Format.BZIP2: bz2.compress,
        Format.XZ: lzma.compress,
        Format.ZSTD: zstandard.compress,
    }[form]
    assert read(form, pack(b"clean") + bytes(512) + EICAR, Budget()).rest == EICAR
    assert read(form, pack(b"clean") + bytes(512), Budget()).rest == b""


def test_a_wrong_checksum_hides_nothing() -> None:
    assert read(Format.GZIP, gzip.compress(EICAR)[:-8] + bytes(8), Budget()).whole == EICAR


def test_a_stream_cut_off_is_no_fault() -> None:
    found = read(Format.GZIP, gzip.compress(EICAR)[:-12], Budget())
    assert EICAR.startswith(found.whole) and len(found.whole) > 60
    assert found.fault is None


def test_a_stream_that_turns_to_rubbish_is_one() -> None:
    packed = gzip.compress(bytes(range(256)) * 100)
    found = read(Format.GZIP, packed[:100] + b"\xff" * 300, Budget())
    assert found.fault and found.fault.reason is Unread.MALFORMED


def test_a_bomb_is_a_limit() -> None:
    found = read(Format.GZIP, bomb(40), Budget())
    assert found.fault and found.fault.reason is Unread.LIMIT


def test_many_streams_together_are_held_to_the_same_limit() -> None:
    budget = Budget()
    found = read(Format.GZIP, bomb(10) * 3, budget)
    assert found.fault and found.fault.reason is Unread.LIMIT
    assert budget.unpacked <= 17 * MIB


def test_empty_frames_without_end_are_not_passed_over() -> None:
    found = read(Format.ZSTD, SKIPPABLE * 500 + zstandard.compress(EICAR), Budget())
    assert found.whole == EICAR or found.fault


def test_gzip_keeps_the_name_of_its_file() -> None:
    assert gzip_name(LONG_GZIP_HEADER) == "eicar.com"
    assert gzip_name(b"\x1f\x8b\x08\x08" + bytes(6) + b"C:\\tmp\\a.exe\0") == "a.exe"
    assert gzip_name(gzip.compress(b"x")) == ""
