"""Server-sent events (text/event-stream), each of them complete before it is passed on.

An event ends with a blank line (HTML Living Standard, section 9.2.6). It is looked at as it came,
and as the page sees it. One that does not end is passed on in parts.
"""

import re
from collections.abc import Iterator

from clearpane.content.flow_nodes import LARGEST_WINDOW, OVERLAP, Window
from clearpane.content.flow_units import Unit
from clearpane.content.member import Member

_BLANK = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")
_LINE = re.compile(rb"\r\n|\r(?!\Z)|\n")
_DATA = re.compile(rb"(?:\A|[\r\n])data:?[ ]?([^\r\n]*)")


class EventStream:
    """Push reader; `held` bytes have not been handed out yet."""

    def __init__(self) -> None:
        self._buffer, self._seen = bytearray(), 0
        self._before, self._start = b"", 0  # of an event that is passed on in parts

    @property
    def held(self) -> int:
        return len(self._buffer) + len(self._before)

    def feed(self, data: bytes) -> Iterator[Unit]:
        self._buffer += data
        at = 0
        while (end := self._next(at)) is not None:
            yield self._event(bytes(self._buffer[at:end]))
            at, self._seen = end, end
        del self._buffer[:at]
        self._seen = max(0, len(self._buffer) - 3)
        most = LARGEST_WINDOW - OVERLAP
        while len(self._buffer) > LARGEST_WINDOW:
            yield self._part(bytes(self._buffer[:most]))
            del self._buffer[:most]
            self._seen = max(0, len(self._buffer) - 3)

    def end(self) -> Iterator[Unit]:
        """An event that is cut off is none for a page, but was sent."""
        if self._buffer:
            rest, self._buffer = bytes(self._buffer), bytearray()
            yield self._event(rest)

    def _next(self, at: int) -> int | None:
        """The end of the event at `at`; a comment in front of it counts as one."""
        if self._buffer[at : at + 1] == b":" and not self._before:
            found = _LINE.search(self._buffer, max(at, self._seen))
        else:
            found = _BLANK.search(self._buffer, max(at, self._seen))
        return found.end() if found else None

    def _event(self, raw: bytes) -> Unit:
        if self._before:
            unit = self._part(raw)
            self._before, self._start = b"", 0
            return unit
        data = b"\n".join(_DATA.findall(raw))
        seen = (Member("", raw), Member("data", data)) if data else (Member("", raw),)
        return Unit(raw, seen)

    def _part(self, raw: bytes) -> Unit:
        body = self._before + raw
        window = Window("", self._start, body, len(self._before))
        self._before = body[-OVERLAP:]
        self._start += len(body) - len(self._before)
        return Unit(raw, (window,))
