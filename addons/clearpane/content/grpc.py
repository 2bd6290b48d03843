"""gRPC bodies, message by message: each is complete, and judged, before it is passed on.

A message has a flag and a length in front (gRPC over HTTP/2, Length-Prefixed-Message), and may be
compressed by itself. A large one is read as it flows, its last part held until its end.
"""

from collections.abc import Iterator

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.encodings import decode
from clearpane.content.flow import LAG, Flow
from clearpane.content.flow_nodes import SMALL, Found
from clearpane.content.flow_transfer import BASE64, Quads
from clearpane.content.flow_units import Unit
from clearpane.content.limits import Budget, Limits
from clearpane.content.member import Member

PREFIX = 5
COMPRESSED, TRAILERS = 0x01, 0x80  # the latter in grpc-web alone


def is_grpc(content_type: str) -> bool:
    """application/grpc, grpc+proto, grpc-web and the like."""
    return content_type.strip().lower().startswith("application/grpc")


def reader(content_type: str, encoding: str, limits: Limits | None = None) -> "Messages | Text":
    """`encoding` is the value of the field grpc-encoding."""
    messages = Messages(encoding, limits)
    text = content_type.strip().lower().startswith("application/grpc-web-text")
    return Text(messages) if text else messages


class Messages:
    """Push reader of a body; `held` bytes of it have not been handed out yet."""

    def __init__(self, encoding: str = "", limits: Limits | None = None) -> None:
        self._encoding, self._limits = encoding or "identity", limits or Limits()
        self._buffer = bytearray()
        self._large: Flow | None = None
        self._left, self._back = 0, bytearray()  # of a large message: to come, and held back

    @property
    def held(self) -> int:
        return len(self._buffer) + len(self._back)

    def feed(self, data: bytes) -> Iterator[Unit]:
        self._buffer += data
        while self._buffer:
            if self._large:
                yield from self._flow(self._large)
            elif (size := self._size()) is None:
                return
            elif size < 0:
                yield from self._lost()
            elif size > SMALL:
                yield self._begin(size)
            elif len(self._buffer) < PREFIX + size:
                return
            else:
                raw = bytes(self._buffer[: PREFIX + size])
                del self._buffer[: PREFIX + size]
                yield Unit(raw, tuple(self._message(raw[0], raw[PREFIX:])))

    def end(self) -> Iterator[Unit]:
        """What is cut off is looked at as far as it came."""
        if self._large:
            yield from self._close(self._large)
        elif self._buffer:
            rest, self._buffer = bytes(self._buffer), bytearray()
            fault = Unscanned(Unread.MALFORMED, detail="a gRPC message is cut off")
            yield Unit(rest, (fault, *self._message(rest[0], rest[PREFIX:])))

    def _size(self) -> int | None:
        """Of the message at the start of the buffer; negative where there can't be one."""
        if self._buffer[0] & ~(COMPRESSED | TRAILERS):
            return -1
        return int.from_bytes(self._buffer[1:PREFIX]) if len(self._buffer) >= PREFIX else None

    def _message(self, flags: int, body: bytes) -> Iterator[Found]:
        name = "trailers" if flags & TRAILERS else ""
        if not flags & COMPRESSED:
            yield Member(name, body)
            return
        decoded = decode(body, [self._encoding], Budget(self._limits))
        if self._encoding == "identity" and body:
            detail = "a gRPC message says that it is compressed, and the body does not say how"
            yield Unscanned(Unread.MALFORMED, name, detail)
        yield from decoded.faults
        for view in decoded.views:
            yield Member(name, view)

    def _begin(self, size: int) -> Unit:
        packed = self._buffer[0] & COMPRESSED
        self._large = Flow(encodings=[self._encoding] if packed else [], limits=self._limits)
        self._left = size
        self._back = self._buffer[:PREFIX]
        del self._buffer[:PREFIX]
        lost = packed and self._encoding == "identity"
        detail = "a gRPC message says that it is compressed, and the body does not say how"
        return Unit(b"", (Unscanned(Unread.MALFORMED, detail=detail),) if lost else ())

    def _lost(self) -> Iterator[Unit]:
        """All that follows is one message, since nobody knows where the next one begins."""
        self._large, self._left = Flow(limits=self._limits), 1 << 62
        yield Unit(b"", (Unscanned(Unread.MALFORMED, detail="no gRPC message begins here"),))

    def _flow(self, large: Flow) -> Iterator[Unit]:
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(piece)
        self._back += piece
        for one in large.feed(piece):
            yield Unit(b"", (one,))
        if not self._left:
            yield from self._close(large)
        elif len(self._back) > LAG:
            raw = bytes(self._back[:-LAG])
            del self._back[:-LAG]
            yield Unit(raw)

    def _close(self, large: Flow) -> Iterator[Unit]:
        for one in large.end():
            yield Unit(b"", (one,))
        raw, self._back, self._large = bytes(self._back), bytearray(), None
        if self._left and self._left < 1 << 32:
            yield Unit(b"", (Unscanned(Unread.MALFORMED, detail="a gRPC message is cut off"),))
        yield Unit(raw)


class Text:
    """grpc-web-text: the same in base64, which may be padded anywhere."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._quads, self._raw = Quads(), bytearray()

    @property
    def held(self) -> int:
        return len(self._raw) + self._messages.held

    def feed(self, data: bytes) -> Iterator[Unit]:
        self._raw += data
        if data.translate(None, BASE64):
            yield Unit(b"", (Unscanned(Unread.MALFORMED, detail="grpc-web-text is no base64"),))
        for unit in self._messages.feed(self._quads.feed(data)):
            yield Unit(b"", unit.found)
        # What is still to be judged took four characters a byte at most, and as many wait.
        back = 4 * (self._messages.held + 1)
        if len(self._raw) > back:
            raw = bytes(self._raw[:-back])
            del self._raw[:-back]
            yield Unit(raw)

    def end(self) -> Iterator[Unit]:
        for source in (self._messages.feed(self._quads.end()), self._messages.end()):
            for unit in source:
                yield Unit(b"", unit.found)
        raw, self._raw = bytes(self._raw), bytearray()
        yield Unit(raw)
