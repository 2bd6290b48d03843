import bz2
import gzip
import lzma
import random
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from archived import bomb
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_nodes import Meter
from clearpane.content.flow_streams import Behind, Edge, Unpacked, Unpacking
from clearpane.content.limits import ExhaustedError, Limits
from clearpane.content.series import Format

DATA = b"some text, " * 3000 + random.Random(1).randbytes(50_000)
SKIPPED = b"\x50\x2a\x4d\x18" + (300_000).to_bytes(4, "little") + bytes(300_000)
NAMED = b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 60_000 + b"\0" + gzip.compress(DATA)[10:]

PACKED: dict[str, tuple[Format, bytes]] = {
    "gzip": (Format.GZIP, gzip.compress(DATA)),
    "gzip with a long name": (Format.GZIP, NAMED),
    "zlib": (Format.ZLIB, zlib.compress(DATA)),
    "deflate": (Format.DEFLATE, zlib.compress(DATA, wbits=-15)),
    "bzip2": (Format.BZIP2, bz2.compress(DATA)),
    "xz": (Format.XZ, lzma.compress(DATA, preset=0)),
    "lzma": (Format.LZMA, lzma.compress(DATA, lzma.FORMAT_ALONE, preset=0)),
    "zstd": (Format.ZSTD, zstandard.compress(DATA)),
    "zstd behind a frame that is skipped": (Format.ZSTD, SKIPPED + zstandard.compress(DATA)),
    "brotli": (Format.BROTLI, brotli.compress(DATA)),
}


def unpacked(form: Format, data: bytes, step: int, *, once: bool = False) -> list[Unpacked]:
    one, found = Unpacking(form, Meter(Limits()), once=once), list[Unpacked]()
    for at in range(0, len(data), step):
        found += one.feed(data[at : at + step])
        assert one.held < 200_000
    return [*found, *one.end()]


def content(found: list[Unpacked]) -> bytes:
    return b"".join(one for one in found if isinstance(one, bytes))


def behind(found: list[Unpacked]) -> bytes:
    return b"".join(one.body for one in found if isinstance(one, Behind))


@pytest.mark.parametrize("step", [7, 5000, 1 << 20], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(("form", "packed"), PACKED.values(), ids=PACKED)
def test_what_was_packed_comes_out(form: Format, packed: bytes, step: int) -> None:
    found = unpacked(form, packed, step)
    assert content(found) == DATA
    assert all(isinstance(one, bytes) for one in found)


MARKED = ("gzip", "bzip2", "xz", "zstd")


@pytest.mark.parametrize("name", MARKED)
def test_streams_in_a_row_are_one_content_with_an_edge(name: str) -> None:
    form, packed = PACKED[name]
    found = unpacked(form, packed * 2, 5000)
    assert content(found) == DATA * 2
    assert [one for one in found if isinstance(one, Edge)] == [Edge()]
    assert content(unpacked(form, packed * 2, 5000, once=True)) == DATA


@pytest.mark.parametrize("tail", [b"\0", b"rubbish" * 9], ids=["a byte", "rubbish"])
@pytest.mark.parametrize("name", [*MARKED, "zlib", "deflate", "lzma"])
def test_what_lies_behind_is_told_apart(name: str, tail: bytes) -> None:
    form, packed = PACKED[name]
    found = unpacked(form, packed + tail, 5000)
    assert (content(found), behind(found)) == (DATA, tail)


@pytest.mark.parametrize("data", [b"nothing that is packed", b"\x1f", b""], ids=len)
def test_what_is_not_packed_comes_back(data: bytes) -> None:
    one = Unpacking(Format.GZIP, Meter(Limits()))
    assert behind([*one.feed(data), *one.end()]) == data
    assert not one.found


UNREAD: dict[str, tuple[Format, bytes, Unread]] = {
    "rubbish": (Format.DEFLATE, b"\xff" * 99, Unread.MALFORMED),
    "cut off before anything": (Format.BZIP2, PACKED["bzip2"][1][:100], Unread.MALFORMED),
    "a window that is too large": (
        Format.ZSTD,
        b"\x28\xb5\x2f\xfd\x00\xb8" + bytes(50),
        Unread.LIMIT,
    ),
}


@pytest.mark.parametrize(("form", "data", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_read_is_named(form: Format, data: bytes, reason: Unread) -> None:
    found = unpacked(form, data, 50)
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [reason]


def test_a_header_without_end_is_given_up() -> None:
    one = Unpacking(Format.GZIP, Meter(Limits()))
    endless = b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 300_000
    found = [*one.feed(endless[:9]), *one.feed(endless[9:]), *one.end()]
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [Unread.LIMIT]
    assert behind(found) == endless


def test_a_bomb_is_paid_for_as_it_goes_off() -> None:
    one, size = Unpacking(Format.GZIP, Meter(Limits(total=1 << 20))), 0
    with pytest.raises(ExhaustedError):
        for piece in one.feed(bomb(64)):
            size += len(piece) if isinstance(piece, bytes) else 0
    assert size <= 1 << 20
