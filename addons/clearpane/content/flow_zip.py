"""Members of zip archives while they arrive, wherever in a body an archive begins.

Members are found by their local headers, since the directory comes last; what the directory then
says has to agree. Bytes between members that belong to nothing are content of their own.
"""

import re
import struct
from collections.abc import Generator, Iterator

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import END, END64, ENTRY, LOCAL, Local, local
from clearpane.content.flow_directory import Listed
from clearpane.content.flow_nodes import Found, Node, Place
from clearpane.content.flow_zip_member import Packed
from clearpane.content.zips import DESCRIPTORS

MARK = re.compile(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x06\x06)")
FIXED = {LOCAL: 30, ENTRY: 46, END: 22, END64: 56}  # bytes of each record before its names
LARGEST_GAP = max(DESCRIPTORS)  # bytes that a tool leaves between members
LARGEST = 3 * 64 * 1024  # bytes of names, extra fields and a comment


class Zip:
    """Searches what flows through it, and reads every archive in it."""

    def __init__(self, place: Place) -> None:
        self._place, self._listed = place, Listed()
        # What comes from `_next` on was not searched yet; that place is byte `_at` of the body.
        self._buffer, self._next, self._at = b"", 0, 0
        self._member: Packed | None = None
        self._begun, self._expected = False, {0}
        self._gap: Node | None = None
        self._gap_head = b""
        self._known: bytes | None = None  # was searched already, and holds no archive

    @property
    def held(self) -> int:
        inner = sum(node.held for node in (self._member, self._gap) if node)
        return len(self._buffer) + len(self._gap_head) + self._listed.held + inner

    def passes(self, data: bytes) -> bool:
        """Whether there is no archive yet, and none begins in what is fed next."""
        self._known = data if self._passes(data) else None
        return self._known is not None

    def feed(self, data: bytes) -> Iterator[Found]:
        known, self._known = self._known, None
        if data is known or self._passes(data):
            self._at += len(self._buffer) + len(data) - 3
            self._buffer = data[-3:]
            return
        self._buffer = self._buffer + data if self._buffer else data
        while self._next < len(self._buffer):
            if self._member:
                yield from self._read(self._member)
            elif not (yield from self._search()):
                break
        self._buffer, self._next = self._buffer[self._next :], 0

    def flush(self) -> Iterator[Found]:
        for node in (self._member, self._gap):
            if node:
                yield from node.flush()

    def end(self) -> Iterator[Found]:
        """Searches the rest as well: what began like a header there was none."""
        if self._member:
            yield from self._close(self._member)
        while self._buffer:
            if self._begun and self._buffer.startswith(LOCAL) and self._at in self._expected:
                detail = "a zip member's header is cut off"
                yield Unscanned(Unread.MALFORMED, self._place.path, detail)
            yield from self._pass(min(4, len(self._buffer)))
            yield from self.feed(b"")
        yield from self._close_gap()

    def _passes(self, data: bytes) -> bool:
        """Nothing is copied to see that."""
        tail = self._buffer
        if self._begun or len(tail) > 3 or len(data) < 3 or LOCAL in tail + data[:3]:
            return False
        return LOCAL not in data

    def _read(self, member: Packed) -> Iterator[Found]:
        data = self._buffer[self._next : self._next + member.wants]
        behind = yield from member.feed(data)
        used = len(data) - len(behind)
        if used < 0:  # what had been taken for the start of a stream comes back
            self._buffer, self._next = behind + self._buffer[self._next + len(data) :], -used
        self._next += used
        self._at += used
        if member.over:
            yield from self._close(member)

    def _close(self, member: Packed) -> Iterator[Found]:
        yield from member.end()
        self._member = None
        yield from self._listed.add(member.read, self._place.path)
        self._expected = {self._at + gap for gap in DESCRIPTORS}

    def _search(self) -> Generator[Found, None, bool]:
        """Goes to the next mark and over it; false where more bytes are needed to do so."""
        near = self._nearest()
        if near < 0:
            yield from self._pass(max(0, len(self._buffer) - self._next - 3))
            return False
        yield from self._pass(near - self._next)
        mark = self._buffer[self._next : self._next + 4]
        length = self._length(mark)
        if length is None or len(self._buffer) - self._next < length:
            return False
        if mark == LOCAL:
            yield from self._open(local(self._buffer, self._next))
        else:
            yield from self._close_gap()
            yield from self._record(mark, self._skip(length))
        return True

    def _nearest(self) -> int:
        if not self._begun:
            return self._buffer.find(LOCAL, self._next)
        found = MARK.search(self._buffer, self._next)
        return found.start() if found else -1

    def _length(self, mark: bytes) -> int | None:
        """How long the record at the start of the buffer is, as soon as that is known."""
        fixed = FIXED[mark]
        at = self._next
        if len(self._buffer) - at < fixed:
            return None
        more = 0
        if mark == LOCAL:
            more = sum(struct.unpack_from("<2H", self._buffer, at + 26))
        elif mark == ENTRY:
            more = sum(struct.unpack_from("<3H", self._buffer, at + 28))
        elif mark == END64:
            more = int.from_bytes(self._buffer[at + 4 : at + 12], "little") + 12 - fixed
        # A comment at the end is content, which may be anything.
        return fixed + (more if 0 <= more <= LARGEST else 0)

    def _record(self, mark: bytes, raw: bytes) -> Iterator[Found]:
        at = self._at - len(raw)
        if mark == ENTRY:
            self._listed.entry(raw, at)
        elif mark == END64:
            self._listed.wide_end(raw, at)
        else:
            yield from self._listed.end(raw, at, self._place.path)

    def _open(self, header: Local | None) -> Iterator[Found]:
        if not header or not (header.plausible or self._at in self._expected):
            yield from self._pass(4)
            return
        yield from self._close_gap()
        at, raw = self._at, self._skip(header.start - self._next)
        self._begun = True
        self._member = Packed(self._place, header, raw, at)
        yield from self._member.begin()
        if self._member.over:
            yield from self._close(self._member)

    def _skip(self, length: int) -> bytes:
        raw = self._buffer[self._next : self._next + length]
        self._next += length
        self._at += length
        return raw

    def _pass(self, length: int) -> Iterator[Found]:
        """Bytes that belong to no record; in front of the first one, others look at them."""
        if not self._begun:
            self._at += length
            self._next += length
            return
        raw = self._skip(length)
        if self._gap:
            yield from self._gap.feed(raw)
            return
        self._gap_head += raw
        if len(self._gap_head) > LARGEST_GAP:
            head, self._gap_head = self._gap_head.lstrip(b"\0"), b""
            if head:
                self._gap = self._place.inner("")
                yield from self._gap.feed(head)

    def _close_gap(self) -> Iterator[Found]:
        gap, self._gap, self._gap_head = self._gap, None, b""
        if gap:
            yield from gap.end()
