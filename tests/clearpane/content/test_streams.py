import bz2
import lzma
import os
import tracemalloc
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from archived import EICAR
from clearpane.content.streams import HEAD, End, Kind, unpack

MIB = 1 << 20

PACK: dict[Kind, Callable[[bytes], bytes]] = {
    Kind.DEFLATE: lambda data: zlib.compress(data, wbits=-15),
    Kind.ZLIB: zlib.compress,
    Kind.BZIP2: lambda data: bz2.compress(data, 1),
    Kind.XZ: lambda data: lzma.compress(data, preset=0),
    Kind.LZMA: lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=0),
    Kind.ZSTD: zstandard.compress,
    Kind.BROTLI: lambda data: brotli.compress(data, quality=1),
}
BOTH = pytest.mark.parametrize(("kind", "pack"), PACK.items(), ids=[kind.name for kind in PACK])


@BOTH
def test_a_stream_comes_out_whole_wherever_it_starts(
    kind: Kind, pack: Callable[[bytes], bytes]
) -> None:
    data = os.urandom(200_000) + bytes(MIB) + EICAR
    packed = pack(data)
    stream = unpack(kind, b"front" + packed, 5, 8 * MIB)
    assert (stream.output == data, stream.used, stream.end) == (True, len(packed), End.DONE)


@BOTH
@pytest.mark.parametrize("behind", [b"rubbish" * 9, b"\0", EICAR * 40], ids=len)
def test_what_is_behind_is_not_used(
    kind: Kind, pack: Callable[[bytes], bytes], behind: bytes
) -> None:
    packed = pack(EICAR)
    stream = unpack(kind, packed + behind, 0, MIB)
    assert (stream.output, stream.used, stream.end) == (EICAR, len(packed), End.DONE)


@BOTH
def test_a_cut_stream_gives_what_there_is(kind: Kind, pack: Callable[[bytes], bytes]) -> None:
    data = os.urandom(300_000) * 2
    packed = pack(data)
    stream = unpack(kind, packed[: len(packed) * 9 // 10], 0, MIB)
    assert stream.end is End.CUT
    # bzip2 hands out whole blocks of 100,000 bytes.
    assert len(stream.output) > 200_000
    assert data.startswith(stream.output)


def test_what_comes_before_a_fault_is_not_lost() -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(EICAR) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = unpack(Kind.DEFLATE, packed + b"\x07" * 2000, 0, MIB)
    assert (stream.output, stream.end) == (EICAR, End.BROKEN)


def test_a_fault_far_behind_costs_nothing_of_what_came_before() -> None:
    packer, data = zlib.compressobj(wbits=-15), os.urandom(200_000)
    packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = unpack(Kind.DEFLATE, packed + b"\x07" * 2000, 0, MIB)
    assert (stream.output == data, stream.end) == (True, End.BROKEN)


@BOTH
def test_a_bomb_is_given_up_in_little_memory(kind: Kind, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(40 * MIB))
    tracemalloc.start()
    stream = unpack(kind, packed, 0, 8 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (stream.output, stream.end) == (bytes(HEAD), End.LIMIT)
    assert peak < 28 * MIB


def test_rubbish_gives_nothing() -> None:
    stream = unpack(Kind.XZ, b"rubbish" * 10, 0, MIB)
    assert (stream.output, stream.end) == (b"", End.BROKEN)


def test_a_dictionary_that_is_too_large_is_a_limit() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 512 * MIB}]
    packed = bytearray(lzma.compress(b"x", filters=filters))
    assert unpack(Kind.XZ, bytes(packed), 0, MIB).end is End.LIMIT


def test_a_window_that_is_too_large_is_a_limit() -> None:
    # A frame that asks for a window of 2 GiB (RFC 8878 section 3.1.1.1.2), then a raw block.
    frame = b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x09\x00\x00x"
    assert unpack(Kind.ZSTD, frame, 0, MIB).end is End.LIMIT


def test_cost_counts_input_that_yields_nothing() -> None:
    empty_blocks = b"\x00\x00\x00\xff\xff" * 1000  # stored, of no length
    stream = unpack(Kind.DEFLATE, empty_blocks, 0, MIB)
    assert (stream.output, stream.cost) == (b"", 5000)


def test_parameters_that_the_library_refuses_are_a_fault() -> None:
    filters = [{"id": lzma.FILTER_LZMA1, "lc": 4, "lp": 4, "pb": 0, "dict_size": 4096}]
    assert unpack(Kind.LZMA, b"x" * 9, 0, 99, filters=filters).end is End.BROKEN
