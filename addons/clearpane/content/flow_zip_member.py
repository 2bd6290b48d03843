"""The data of one zip member while it arrives, as its local header describes it.

Compressed data ends by itself, whatever the header says; where the header's sizes differ from what
was there, a reader that believes them sees something else, and the member is named unscanned.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import UNKNOWN, Local
from clearpane.content.flow_directory import Read
from clearpane.content.flow_nodes import Found, Node, Place
from clearpane.content.flow_streams import SLICE, Behind, Unpacking
from clearpane.content.member import Member, join
from clearpane.content.series import Format
from clearpane.content.zips import AES, STORED

FORMATS = {8: Format.DEFLATE, 12: Format.BZIP2, 93: Format.ZSTD, 95: Format.XZ}
LZMA = 14  # its data may not say where it ends


class Packed:
    """`over` says that the data has ended; `read` is then what was there."""

    def __init__(self, place: Place, header: Local, raw: bytes, at: int) -> None:
        self._place, self._claim, self._raw, self._at = place, header.claim, raw, at
        self._path = join(place.path, header.claim.name)
        self._left: int | None = None
        self._node: Node | None = None
        self._kept: list[bytes] | None = None
        self._unpacking: Unpacking | None = None
        self._packed, self._size = 0, 0
        self.over = False

    @property
    def held(self) -> int:
        kept = self._packed if self._kept else 0
        return kept + (self._node.held if self._node else 0)

    @property
    def read(self) -> Read:
        claim = self._claim
        return Read(self._at, claim.method, claim.encrypted, self._packed, self._size)

    @property
    def wants(self) -> int:
        """How many bytes may be fed next; of compressed data nobody knows where it ends."""
        if self._unpacking:
            return min(max((self._left or 0) - self._packed, 512), SLICE) if self._left else SLICE
        return self._left or 0

    def begin(self) -> Iterator[Found]:
        claim = self._claim
        known = claim.packed < UNKNOWN and (claim.packed > 0 or not self._streamed)
        self._left = claim.packed if known else None
        self._place.context.meter.count()
        if claim.encrypted or claim.method == AES:
            yield from self._unread(Unread.ENCRYPTED, "a zip member is encrypted")
        elif claim.method in FORMATS:
            self._unpacking = Unpacking(FORMATS[claim.method], self._place.context.meter, once=True)
            self._node = self._place.inner(claim.name)
        elif self._left is None and not claim.name.endswith("/"):
            yield from self._unread(Unread.MALFORMED, "a zip member does not say how long it is")
        elif claim.method == LZMA:
            self._kept = [self._raw]
        elif claim.method == STORED:
            self._node = self._place.inner(claim.name)
        else:
            detail = f"no reader for zip compression method {claim.method}"
            yield from self._unread(Unread.MALFORMED, detail)
        self.over = not self._unpacking and not self._left

    def feed(self, data: bytes) -> Generator[Found, None, bytes]:
        """Hands back what lies behind the member."""
        if self._unpacking:
            return (yield from self._unpack(self._unpacking, data))
        piece = data[: self._left]
        self._packed += len(piece)
        self._left = (self._left or 0) - len(piece)
        self.over = not self._left
        if self._kept is not None:
            yield from self._keep(self._kept, piece)
        elif self._node:
            self._size += len(piece)
            yield from self._node.feed(piece)
        return data[len(piece) :]

    def flush(self) -> Iterator[Found]:
        if self._node:
            yield from self._node.flush()

    def end(self) -> Iterator[Found]:
        if self._unpacking:
            yield from self._unpack(self._unpacking, b"", last=True)
        if self._node:
            yield from self._node.end()
        if self._kept:
            # The reader of whole archives opens one that has this member alone.
            self._size = self._claim.size
            yield Member(self._place.path, b"".join(self._kept))
        if self._unpacking and not self._unpacking.found and self._claim.size:
            yield from self._unread(Unread.MALFORMED, "a zip member can't be unpacked")
        if self._unpacking and self._lied:
            detail = "a zip member's header lies about its size"
            yield Unscanned(Unread.MALFORMED, self._path, detail)

    @property
    def _streamed(self) -> bool:
        """Flag 3: sizes stand behind the data (APPNOTE 4.4.4)."""
        return bool(self._raw[6] & 8)

    @property
    def _lied(self) -> bool:
        size = self._claim.size
        return not self._streamed and 0 < size < UNKNOWN and size < self._size

    def _unpack(
        self, source: Unpacking, data: bytes, *, last: bool = False
    ) -> Generator[Found, None, bytes]:
        behind = b""
        for piece in source.end() if last else source.feed(data):
            if isinstance(piece, bytes):
                self._size += len(piece)
                if self._node:
                    yield from self._node.feed(piece)
            elif isinstance(piece, Behind):
                behind += piece.body
            elif isinstance(piece, Unscanned):
                yield replace(piece, member=self._path)
        self._packed += len(data) - len(behind)
        self.over = source.over
        return behind

    def _keep(self, kept: list[bytes], piece: bytes) -> Iterator[Found]:
        kept.append(piece)
        if self._packed > self._place.context.whole:
            self._kept = None
            detail = "a zip member is too large to be unpacked whole"
            yield Unscanned(Unread.TOO_BIG, self._path, detail)

    def _unread(self, reason: Unread, detail: str) -> Iterator[Found]:
        yield Unscanned(reason, self._path, detail)
