"""Members of a tar archive while they arrive.

Headers are found as `tars` finds them; where two sizes are given, so that two readers see different
members, the archive is named unscanned and read on by the smaller one.
"""

from collections.abc import Generator, Iterator

from clearpane.content import tars
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_nodes import Found, Node, Place
from clearpane.content.member import join
from clearpane.content.tars import BLOCK, NAMES, RECORDS, SPARSE, ZEROS

LONGEST_RECORDS = 256 * 1024  # bytes of an extended header; a path is at most 4 KiB
OCTAL_LIMIT = 1 << 33  # sizes from here on don't fit into the field of a plain header


class Tar:
    """Feeds each member to a node of its own."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._buffer = b""
        self._left, self._padding = 0, 0
        self._member: Node | None = None
        self._records: bytearray | None = None
        self._kind = b""
        self._following = tars._Next()
        self._stray: Node | None = None

    @property
    def held(self) -> int:
        inner = sum(node.held for node in (self._member, self._stray) if node)
        return len(self._buffer) + len(self._records or b"") + inner

    def feed(self, data: bytes) -> Iterator[Found]:
        if self._stray:
            yield from self._stray.feed(data)
        at = 0
        while at < len(data):
            if self._left or self._padding:
                at = yield from self._body(data, at)
                continue
            upto = at + BLOCK - len(self._buffer)
            block = self._buffer + data[at:upto]
            self._buffer = b""
            if len(block) < BLOCK:
                self._buffer = block
                return
            if tars.is_tar(block):
                yield from self._header(block)
            elif block != ZEROS and not self._stray:
                self._stray = self._place.inner("")
                yield from self._stray.feed(block + data[upto:])
            at = upto

    def flush(self) -> Iterator[Found]:
        for node in (self._member, self._stray):
            if node:
                yield from node.flush()

    def end(self) -> Iterator[Found]:
        if self._buffer.strip(b"\0") and not self._stray:
            self._stray = self._place.inner("")
            yield from self._stray.feed(self._buffer)
        for node in (self._member, self._stray):
            if node:
                yield from node.end()

    def _body(self, data: bytes, at: int) -> Generator[Found, None, int]:
        """Bytes of a member, of an extended header, or of the padding behind either."""
        if not self._left:
            skipped = min(self._padding, len(data) - at)
            self._padding -= skipped
            return at + skipped
        piece = data[at : at + self._left] if at or len(data) > self._left else data
        self._left -= len(piece)
        if self._member:
            yield from self._member.feed(piece)
        elif self._records is not None and len(self._records) < LONGEST_RECORDS:
            self._records += piece[:LONGEST_RECORDS]
        if not self._left:
            yield from self._close()
        return at + len(piece)

    def _close(self) -> Iterator[Found]:
        if self._member:
            yield from self._member.end()
        elif self._records is not None:
            if len(self._records) >= LONGEST_RECORDS:
                detail = f"a tar header of more than {LONGEST_RECORDS // 1024} KiB"
                yield Unscanned(Unread.LIMIT, self._place.path, detail)
            tars._extend(self._following, self._kind, bytes(self._records))
        self._member = self._records = None

    def _header(self, block: bytes) -> Iterator[Found]:
        kind, size = block[156:157], tars._number(block[124:136])
        self._left = max(size or 0, 0)
        if kind in NAMES or kind in RECORDS:
            self._place.context.meter.count()
            self._kind, self._records = kind, bytearray()
        else:
            yield from self._open(block, kind, size)
        self._padding = -self._left % BLOCK
        if not self._left:
            yield from self._close()

    def _open(self, block: bytes, kind: bytes, size: int | None) -> Iterator[Found]:
        following, self._following = self._following, tars._Next()
        name = following.name or tars._text(block[:100])
        path = join(self._place.path, name)
        sizes = {self._left, *following.sizes}
        if size is None:
            yield Unscanned(Unread.MALFORMED, path, "a tar member has no size")
        elif min(following.sizes, default=0) >= OCTAL_LIMIT:
            self._left = min(following.sizes)
        elif len(sizes) > 1:
            self._left = min(sizes)
            yield Unscanned(Unread.MALFORMED, path, "a tar member has two sizes")
        if following.sparse or kind == SPARSE:
            yield Unscanned(Unread.MALFORMED, path, "no reader for sparse tar members")
        self._member = self._place.inner(name)
