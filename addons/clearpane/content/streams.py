"""One compressed stream, unpacked as far as it can be and as far as it may be.

Nothing that could be unpacked is lost: where the data breaks off or turns to rubbish, what came
before is still handed over, since that is what a client shows too.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

PIECE = 1 << 18  # unpacked at a time
SLICE = 1 << 10  # given to a decoder at a time
HEAD = 1 << 20  # of a bomb, this much is still looked at
DICTIONARY = 64 << 20  # xz -9 and zstd -19 --long=26 need as much; who asks for more is refused

FAULTS = (
    zlib.error,
    lzma.LZMAError,
    OSError,
    ValueError,
    EOFError,
    brotli.error,
    zstandard.ZstdError,
)
TOO_LARGE = ("Memory usage limit", "too much memory")

type Filters = Sequence[Mapping[str, int]]


class Kind(Enum):
    """The ways to compress that have a decoder here."""

    DEFLATE = auto()
    ZLIB = auto()
    BZIP2 = auto()
    XZ = auto()
    LZMA = auto()
    ZSTD = auto()
    BROTLI = auto()


class End(Enum):
    """How a stream ended."""

    DONE = auto()
    CUT = auto()  # the input ended first
    BROKEN = auto()  # rubbish: input is left that nobody could read
    LIMIT = auto()  # it would have gone on


@dataclass(frozen=True, slots=True)
class Stream:
    """What came out, how many bytes went in, and how it ended."""

    output: bytes
    used: int
    end: End

    @property
    def cost(self) -> int:
        """What it took: reading input that yields nothing is work as well."""
        return max(self.used, len(self.output))


class Decoder(Protocol):
    """What the libraries have in common once their differences are taken away.

    `slice` is how much it is given at a time, `unused` how much of the last slice lies behind the
    end. `feed` hands out all that can be unpacked so far, piece by piece.
    """

    slice: int

    @property
    def done(self) -> bool: ...

    @property
    def unused(self) -> int: ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Zlib:
    slice = SLICE

    def __init__(self, bits: int) -> None:
        self._object = zlib.decompressobj(bits)

    @property
    def done(self) -> bool:
        return self._object.eof

    @property
    def unused(self) -> int:
        return len(self._object.unused_data)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            output = self._object.decompress(data, PIECE)
            yield output
            data = self._object.unconsumed_tail
            if self._object.eof or (not data and len(output) < PIECE):
                return


class _Bounded:
    """bzip2, xz and lzma keep their input to themselves and say when they need more."""

    slice = SLICE

    def __init__(self, decompressor: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._object = decompressor

    @property
    def done(self) -> bool:
        return self._object.eof

    @property
    def unused(self) -> int:
        return len(self._object.unused_data)

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._object.decompress(data, PIECE)
        while not self._object.eof and not self._object.needs_input:
            yield self._object.decompress(b"", PIECE)


class _Zstd:
    """It can't be told to stop, and a block of 4 bytes may stand for 128 KiB: small slices."""

    slice = 1 << 8

    def __init__(self) -> None:
        self._object = zstandard.ZstdDecompressor(max_window_size=DICTIONARY).decompressobj()

    @property
    def done(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused(self) -> int:
        return len(self._object.unused_data)

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._object.decompress(data)


class _Brotli:
    """It raises where a byte follows the end in one slice: the end is found byte by byte."""

    slice = SLICE
    unused = 0

    def __init__(self) -> None:
        self._object = brotli.Decompressor()

    @property
    def done(self) -> bool:
        return bool(self._object.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            output = self._object.process(data, output_buffer_limit=PIECE)
            yield output
            waiting = len(output) >= PIECE or not self._object.can_accept_more_data()
            if self.done or not waiting:
                return
            data = b""


def decoder(kind: Kind, filters: Filters = ()) -> Decoder:
    """A fresh decoder; `filters` are those of an lzma stream without a header of its own."""
    match kind:
        case Kind.DEFLATE:
            return _Zlib(-zlib.MAX_WBITS)
        case Kind.ZLIB:
            return _Zlib(zlib.MAX_WBITS)
        case Kind.BZIP2:
            return _Bounded(bz2.BZ2Decompressor())
        case Kind.LZMA if filters:
            return _Bounded(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[*filters]))
        case Kind.XZ | Kind.LZMA:
            form = lzma.FORMAT_XZ if kind is Kind.XZ else lzma.FORMAT_ALONE
            return _Bounded(lzma.LZMADecompressor(form, memlimit=DICTIONARY + (4 << 20)))
        case Kind.ZSTD:
            return _Zstd()
        case Kind.BROTLI:
            return _Brotli()


def unpack(kind: Kind, data: bytes, start: int, allowance: int, *, filters: Filters = ()) -> Stream:
    """The stream that begins at `start`, up to `allowance` bytes of output.

    Of a stream over its allowance the head alone is handed over.
    """
    out, at, mark = io.BytesIO(), start, 0
    try:
        one = decoder(kind, filters)
    except FAULTS:  # parameters that the library refuses
        return Stream(b"", 0, End.BROKEN)
    try:
        while at < len(data) and not one.done:
            mark = out.tell()
            given = data[at : at + one.slice]
            for piece in one.feed(given):
                out.write(piece)
                if out.tell() > allowance:
                    return Stream(out.getvalue()[:HEAD], at + len(given) - start, End.LIMIT)
            at += len(given) - (one.unused if one.done else 0)
    except FAULTS as fault:
        if any(words in str(fault) for words in TOO_LARGE):
            return Stream(out.getvalue(), at - start, End.LIMIT)
        out.seek(mark)
        out.truncate()
        return _to_the_fault(decoder(kind, filters), data, start, at, out)
    return Stream(out.getvalue(), at - start, End.DONE if one.done else End.CUT)


def _to_the_fault(one: Decoder, data: bytes, start: int, at: int, out: io.BytesIO) -> Stream:
    """Unpacks again, the slice at `at` byte by byte, so that nothing before the fault is lost."""
    for begin in range(start, at, one.slice):
        for _ in one.feed(data[begin : min(begin + one.slice, at)]):
            pass
    try:
        while at < len(data) and not one.done:
            for piece in one.feed(data[at : at + 1]):
                out.write(piece)
            at += 1
    except FAULTS:
        return Stream(out.getvalue(), at - start, End.BROKEN)
    return Stream(out.getvalue(), at - start, End.DONE if one.done else End.CUT)
