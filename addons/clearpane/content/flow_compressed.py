"""Content codings and compressed files: each takes one layer off and hands on what is below it.

The bytes behind the last stream are content of their own; what turns out not to be in the coding at
all is handed on as it came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from clearpane.content import series
from clearpane.content.archives import INNER_SUFFIX, OUTER_SUFFIXES
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_nodes import SMALL, Found, Node, Place
from clearpane.content.flow_streams import Behind, Edge, Unpacked, Unpacking
from clearpane.content.member import Member, join
from clearpane.content.series import Format
from clearpane.content.streams import End, Kind, unpack

AMBIGUOUS = 64 * 1024  # bytes after which it must show whether a body is in zlib or bare deflate


class Coding:
    """One content coding of a body; `below` is fed without it.

    `odd` says that not everybody would read it in the same way.
    """

    def __init__(self, form: Format, below: Node, place: Place) -> None:
        self._form, self._below, self._place = form, below, place
        self._head, self._due = bytearray(), 5 if form is Format.ZLIB else 1
        self._unpacking: Unpacking | None = None
        self._rest: Node | None = None
        self.odd = False

    @property
    def held(self) -> int:
        own = self._unpacking.held if self._unpacking else len(self._head)
        return own + self._below.held + (self._rest.held if self._rest else 0)

    def feed(self, data: bytes) -> Iterator[Found]:
        if self._unpacking:
            yield from self._sort(self._unpacking, self._unpacking.feed(data))
            return
        self._head += data
        if len(self._head) >= self._due:
            yield from self._decide(last=False)

    def flush(self) -> Iterator[Found]:
        yield from self._below.flush()
        if self._rest:
            yield from self._rest.flush()

    def end(self) -> Iterator[Found]:
        if not self._unpacking and self._head:
            yield from self._decide(last=True)
        if self._unpacking:
            yield from self._sort(self._unpacking, self._unpacking.end())
        yield from self._below.end()
        if self._rest:
            yield from self._rest.end()

    def _decide(self, *, last: bool) -> Iterator[Found]:
        """RFC 9110 section 8.4.1.2: some senders leave the zlib wrapper out of deflate."""
        head, form = bytes(self._head), self._form
        if form is Format.ZLIB and series.begins(form, head) is None:
            form = Format.DEFLATE
        elif form is Format.ZLIB and _may_be_bare(head):
            if len(head) < AMBIGUOUS and not last:
                self._due = AMBIGUOUS
                return
            if unpack(Kind.DEFLATE, head, 0, SMALL).end is not End.BROKEN:
                self.odd = True
                detail = "deflate that can be read in two ways"
                yield Unscanned(Unread.MALFORMED, detail=detail)
        self._unpacking, self._head = Unpacking(form, self._place.context.meter), bytearray()
        yield from self._sort(self._unpacking, self._unpacking.feed(head))

    def _sort(self, source: Unpacking, found: Iterable[Unpacked]) -> Iterator[Found]:
        """Hands each piece to whom it concerns."""
        for piece in found:
            if isinstance(piece, bytes):
                yield from self._below.feed(piece)
            elif isinstance(piece, Behind) and not source.found:
                if not self.odd:
                    detail = f"the body is not in {self._form.word}"
                    yield Unscanned(Unread.MALFORMED, detail=detail)
                yield from self._below.feed(piece.body)
            elif isinstance(piece, Behind):
                self._rest = self._rest or self._place.context.content(self._place, "")
                yield from self._rest.feed(piece.body)
            elif isinstance(piece, Unscanned):
                yield piece
            self.odd = self.odd or not isinstance(piece, bytes)


class Compressed:
    """A compressed file."""

    def __init__(self, form: Format, place: Place, head: bytes) -> None:
        self._form, self._place = form, place
        self._unpacking = Unpacking(form, place.context.meter)
        stored = series.gzip_name(head) if form is Format.GZIP else ""
        self._name = stored or _stem(place.file)
        self._inner: Node | None = None
        self._rest: Node | None = None
        self._first = _First()

    @property
    def held(self) -> int:
        inner = sum(node.held for node in (self._inner, self._rest) if node)
        return self._unpacking.held + self._first.held + inner

    def feed(self, data: bytes) -> Iterator[Found]:
        yield from self._sort(self._unpacking.feed(data))

    def flush(self) -> Iterator[Found]:
        for node in (self._inner, self._rest):
            if node:
                yield from node.flush()

    def end(self) -> Iterator[Found]:
        yield from self._sort(self._unpacking.end())
        for node in (self._inner, self._rest):
            if node:
                yield from node.end()

    def _sort(self, found: Iterable[Unpacked]) -> Iterator[Found]:
        for piece in found:
            if isinstance(piece, bytes):
                self._first.add(piece)
                self._inner = self._inner or self._place.inner(self._name)
                yield from self._inner.feed(piece)
            elif isinstance(piece, Edge):
                if first := self._first.take():
                    yield Member(join(self._place.path, self._name), first)
            elif isinstance(piece, Behind):
                yield from self._behind(piece.body)
            elif self._inner or self._form is not Format.LZMA:
                yield replace(piece, member=self._place.path)

    def _behind(self, data: bytes) -> Iterator[Found]:
        """Padding is nothing; and lzma has no mark, so that nothing was lost if it was not one."""
        if not self._rest:
            data = data.lstrip(b"\0")
        if data and (self._inner or self._form is not Format.LZMA):
            self._rest = self._rest or self._place.inner("")
            yield from self._rest.feed(data)


class _First:
    """What the first of several streams holds, as long as that is little."""

    def __init__(self) -> None:
        self._kept: list[bytes] | None = []
        self.held = 0

    def add(self, piece: bytes) -> None:
        if self._kept is not None:
            self._kept.append(piece)
            self.held += len(piece)
            if self.held > SMALL:
                self._kept, self.held = None, 0

    def take(self) -> bytes:
        """Once, at the end of the first stream."""
        first = b"".join(self._kept or ())
        self._kept, self.held = None, 0
        return first


def _may_be_bare(head: bytes) -> bool:
    """Bytes that begin zlib are bare deflate only where a stored block's two lengths agree."""
    pair = int.from_bytes(head[1:3], "little") ^ int.from_bytes(head[3:5], "little")
    return len(head) >= 5 and pair == 0xFFFF


def _stem(name: str) -> str:
    """`a.tar.gz` holds `a.tar`."""
    stem, dot, last = name.rpartition(".")
    suffix = (dot + last).lower()
    if suffix in OUTER_SUFFIXES:
        return stem
    return stem + INNER_SUFFIX[suffix] if suffix in INNER_SUFFIX else ""
