"""Messages of several parts while they arrive: forms, byte ranges, and mail with its attachments.

Each part goes to a node of its own, without its transfer encoding, as `multipart` reads it.
"""

import re
from collections.abc import Iterator

from clearpane.content import headers, multipart
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_nodes import Found, Node, Place
from clearpane.content.flow_transfer import decoders
from clearpane.content.headers import Fields
from clearpane.content.multipart import DEEPEST

LONGEST_LINE = 80  # bytes behind a boundary that still are its line
LONGEST_BOUNDARY = 256  # RFC 2046 section 5.1.1 allows 70

_RANGE = re.compile(r"\d{1,18}")


class Entity:
    """Header fields, a blank line, and a body that they describe."""

    def __init__(
        self, place: Place, level: int = 0, *, mail: bool = False, also: Node | None = None
    ) -> None:
        """`mail` says that a mailbox's line may stand in front; `also` is given the body, too."""
        self._place, self._level, self._mail, self._also = place, level, mail, also
        self._head, self._seen = bytearray(), 0
        self._bodies: list[Node] | None = None
        self.fields: Fields = {}

    @property
    def held(self) -> int:
        return len(self._head) + sum(node.held for node in self._bodies or ())

    def feed(self, data: bytes) -> Iterator[Found]:
        if self._bodies is None:
            self._head += data
            if self._mail:
                self._mail = not self._strip()
            if not self._mail and self._ends():
                yield from self._begin()
            return
        if self._also:
            yield from self._also.feed(data)
        for node in self._bodies:
            yield from node.feed(data)

    def flush(self) -> Iterator[Found]:
        for node in self._bodies or ():
            yield from node.flush()

    def end(self) -> Iterator[Found]:
        if self._bodies is None:
            yield from self._begin()
        for node in self._bodies or ():
            yield from node.end()

    def _strip(self) -> bool:
        """Blank lines and a mailbox's `From ` line in front; false where more may come."""
        self._head = self._head.lstrip(b"\r\n")
        if b"From ".startswith(self._head[:5]) and len(self._head) < 5:
            return False
        if self._head.startswith(b"From "):
            line = self._head.find(b"\n")
            if line < 0:
                return len(self._head) > headers.LARGEST
            del self._head[: line + 1]
        return True

    def _ends(self) -> bool:
        """Whether the header fields have been read to their end."""
        start, self._seen = max(0, self._seen - 3), len(self._head)
        blank = self._head.startswith((b"\r\n", b"\n"))
        found = any(self._head.find(mark, start) >= 0 for mark in (b"\n\r\n", b"\n\n"))
        return blank or found or len(self._head) > headers.LARGEST

    def _begin(self) -> Iterator[Found]:
        head, self._head = bytes(self._head), bytearray()
        block, body = headers.split(head)
        if len(block) > headers.LARGEST:
            detail = f"header fields of more than {headers.LARGEST // 1024} KiB"
            yield Unscanned(Unread.LIMIT, self._place.path, detail)
            block, body = b"", head
        self.fields = headers.fields(block)
        name = headers.file_name(self.fields)
        kind = "; ".join(self.fields.get("content-type", []))
        if multipart.is_multipart(kind):
            self._bodies = [Multipart(self._place.named(name), kind, self._level)]
        else:
            encodings = self.fields.get("content-transfer-encoding", [])
            inner = kind if multipart.is_message(kind) else ""
            self._bodies = [make(self._place.inner(name, inner)) for make in decoders(encodings)]
        if body:
            yield from self.feed(body)


class Multipart:
    """Parts between delimiter lines."""

    def __init__(self, place: Place, content_type: str, level: int = 0) -> None:
        self._place, self._level = place, level
        self._type, self._marks = content_type, list[bytes]()
        self._buffer, self._started, self._found = b"", False, False
        self._last = b"\n"  # the byte in front of the buffer
        self._part: Entity | None = None
        # Ranges are put together again: a virus may be cut to pieces that are harmless each.
        self._ranges = place.inner("") if "byteranges" in content_type.lower() else None
        self._reached = 0

    @property
    def held(self) -> int:
        inner = sum(node.held for node in (self._part, self._ranges) if node)
        return len(self._buffer) + inner

    def feed(self, data: bytes) -> Iterator[Found]:
        self._buffer += data
        if not self._started:
            if len(self._buffer) < 512:
                return
            self._start()
        yield from self._search(last=False)

    def flush(self) -> Iterator[Found]:
        for node in (self._part, self._ranges):
            if node:
                yield from node.flush()

    def end(self) -> Iterator[Found]:
        any_data = self._started or bool(self._buffer)
        if not self._started:
            self._start()
        yield from self._search(last=True)
        yield from self._close()
        if self._ranges:
            yield from self._ranges.end()
        if any_data and not self._found:
            detail = "a multipart body without parts"
            yield Unscanned(Unread.MALFORMED, self._place.path, detail)

    def _start(self) -> None:
        """The boundary that the body begins with counts beside those that the type names."""
        self._started = True
        boundaries = multipart._boundaries(self._buffer, self._type)
        self._marks = [b"--" + name[:LONGEST_BOUNDARY] for name in boundaries]

    def _search(self, *, last: bool) -> Iterator[Found]:
        data, at = self._buffer, 0
        spare = max((len(mark) for mark in self._marks), default=0) + LONGEST_LINE + 2
        begin = 0  # of what the part has not been given yet
        while (near := self._next(data, at)) is not None:
            start, mark = near
            line = data[start + len(mark) : start + len(mark) + LONGEST_LINE]
            if not last and len(line) < LONGEST_LINE and b"\n" not in line:
                break
            before = data[start - 1 : start] if start else self._last
            tail, newline, _ = line.partition(b"\n")
            at = start + len(mark)
            if before != b"\n" or tail.strip() not in (b"", b"--"):
                continue
            yield from self._give(data[begin : _before_newline(data, start, begin)])
            yield from self._close()
            self._found = True
            at = begin = at + (len(tail) + 1 if newline else len(line))
            yield from self._open()
        keep = len(data) if last else max(begin, len(data) - spare)
        if near is not None and not last:
            keep = max(begin, min(keep, near[0] - 2))
        yield from self._give(data[begin:keep])
        self._last = data[keep - 1 : keep] or self._last
        self._buffer = data[keep:]

    def _next(self, data: bytes, at: int) -> tuple[int, bytes] | None:
        found = [(start, mark) for mark in self._marks if (start := data.find(mark, at)) >= 0]
        return min(found, key=lambda one: (one[0], -len(one[1])), default=None)

    def _open(self) -> Iterator[Found]:
        if self._level > DEEPEST:
            detail = f"multipart nested deeper than {DEEPEST} levels"
            yield Unscanned(Unread.LIMIT, self._place.path, detail)
            self._marks = []
            return
        self._place.context.meter.count()
        self._part = Entity(self._place, self._level + 1, also=self._ranges)

    def _give(self, data: bytes) -> Iterator[Found]:
        if self._part and data:
            yield from self._part.feed(data)

    def _close(self) -> Iterator[Found]:
        part, self._part = self._part, None
        if not part:
            return
        yield from part.end()
        if self._ranges:
            first = _RANGE.search("".join(part.fields.get("content-range", [])))
            start = int(first[0]) if first else self._reached
            if start < self._reached:
                detail = "byte ranges out of order"
                yield Unscanned(Unread.MALFORMED, self._place.path, detail)
            self._reached = start


def _before_newline(data: bytes, at: int, begin: int) -> int:
    """The line break in front of a delimiter belongs to the delimiter."""
    at -= data.endswith(b"\n", begin, at)
    return at - data.endswith(b"\r", begin, at)
