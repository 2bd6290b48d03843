"""Compressed streams in a row, unpacked while they arrive.

As in `series`, what the first stream holds by itself is told apart from the whole, and what lies
behind the last one is handed on. The last slice before a fault is lost; the fault is named.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from clearpane.content import series
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_nodes import Meter
from clearpane.content.series import Format
from clearpane.content.streams import FAULTS, TOO_LARGE, Decoder, Kind, decoder

ALONE = (Format.ZLIB, Format.DEFLATE, Format.BROTLI, Format.LZMA)  # a second one can't follow
UNMARKED = (Format.DEFLATE, Format.BROTLI)
SHORTEST = 18  # bytes of a gzip stream; no other format needs more to be recognised
LONGEST_HEADER = 256 * 1024
SLICE = 16 * 1024  # given to zlib at a time, which bounds what one step makes of it


@dataclass(frozen=True, slots=True)
class Edge:
    """A stream has ended, and another one begins."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Bytes that belong to no stream."""

    body: bytes


type Unpacked = bytes | Edge | Behind | Unscanned


class Unpacking:
    """Streams of one format; bytes come out as soon as they are known."""

    def __init__(self, form: Format, meter: Meter, *, once: bool = False) -> None:
        self._form, self._meter, self._once = form, meter, once or form in ALONE
        self._head, self._due = bytearray(), 1 if form in UNMARKED else SHORTEST
        self._decoder: Decoder | None = None
        self._skip, self._streams, self._output = 0, 0, 0
        self._found = self._over = False

    @property
    def found(self) -> bool:
        """Whether there was a stream at all."""
        return self._found

    @property
    def over(self) -> bool:
        """Whether all that still comes lies behind the last stream."""
        return self._over

    @property
    def held(self) -> int:
        return len(self._head)

    def feed(self, data: bytes) -> Iterator[Unpacked]:
        while data:
            if self._over:
                yield Behind(data)
                return
            if self._skip:
                skipped = min(self._skip, len(data))
                self._skip -= skipped
                data = data[skipped:]
            elif self._decoder:
                data = yield from self._unpack(self._decoder, data)
            else:
                data = yield from self._begin(data)

    def end(self) -> Iterator[Unpacked]:
        """What was cut off has been handed out, as far as anything came of it."""
        self._due = 0
        if self._head:
            waiting, self._head = bytes(self._head), bytearray()
            yield from self.feed(waiting)
        if self._head:
            self._over = True
            yield Behind(bytes(self._head))
        if self._decoder and not self._output:
            yield self._fault("can't be unpacked")

    def _begin(self, data: bytes) -> Generator[Unpacked, None, bytes]:
        """Waits for a whole header; hands back what is not used up."""
        self._head += data
        if len(self._head) < self._due:
            return b""
        head, self._head = bytes(self._head), bytearray()
        if self._form is Format.ZSTD and head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5:
            # RFC 8878 section 3.1.2: a frame that holds no content.
            self._skip = 8 + int.from_bytes(head[4:8], "little")
            self._found = True
            return head
        start = series.begins(self._form, head)
        if start is None:
            self._over = True
            return head
        if start >= len(head):
            return (yield from self._wait(head))
        if self._streams:
            yield Edge()
        self._decoder, self._output = decoder(self._form.value[0]), 0
        self._streams, self._found = self._streams + 1, True
        self._due = SHORTEST
        return head[start:]

    def _wait(self, head: bytes) -> Generator[Unpacked, None, bytes]:
        """A header may be long, and come byte by byte: it is looked at when it has doubled."""
        if len(head) > LONGEST_HEADER:
            self._over = True
            yield self._fault("has a header that is too long", Unread.LIMIT)
            return head
        self._head, self._due = bytearray(head), 2 * len(head)
        return b""

    def _unpack(self, one: Decoder, data: bytes) -> Generator[Unpacked, None, bytes]:
        kind, trailer = self._form.value
        size = SLICE if kind in (Kind.DEFLATE, Kind.ZLIB) else one.slice
        at = 0
        try:
            while at < len(data) and not one.done:
                given = data[at : at + size]
                for piece in one.feed(given):
                    if piece:
                        self._output += len(piece)
                        self._meter.spend(len(piece))
                        yield piece
                at += len(given) - (one.unused if one.done else 0)
        except FAULTS as fault:
            self._decoder, self._over = None, True
            large = any(words in str(fault) for words in TOO_LARGE)
            if large:
                yield self._fault("asks for more memory than is allowed", Unread.LIMIT)
            else:
                yield self._fault("can't be unpacked")
            return data[at:]
        if one.done:
            self._decoder, self._skip, self._over = None, trailer, self._once
        return data[at:]

    def _fault(self, words: str, reason: Unread = Unread.MALFORMED) -> Unscanned:
        return Unscanned(reason, detail=f"{self._form.word} data {words}")
