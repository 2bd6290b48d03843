"""Content of any size: it decides by the first bytes who reads it.

What is small, or can only be read whole, is collected and handed out at its end; what is a
container goes to its reader; everything else is cut into windows.
"""

from collections.abc import Iterator

from clearpane.content import archives, multipart, packages, series, tars
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import LOCAL
from clearpane.content.flow_compressed import Compressed
from clearpane.content.flow_mail import Entity, Multipart
from clearpane.content.flow_nodes import SMALL, Found, Node, Place, Whole, Windows
from clearpane.content.flow_tar import Tar
from clearpane.content.flow_zip import Zip
from clearpane.content.limits import ExhaustedError
from clearpane.content.member import Member
from clearpane.content.series import Format

HEAD = 64 * 1024  # of the body itself, enough to recognise an ISO image; its reader begins then


class Content:
    """One member, or the body itself, which is always cut into windows as it flows."""

    def __init__(self, place: Place, content_type: str = "", *, body: bool = False) -> None:
        self._place, self._type = place, content_type.strip()
        self._framed = multipart.is_multipart(content_type) or multipart.is_message(content_type)
        self._wanted = HEAD if body else SMALL  # bytes before it is decided who reads them
        self._windows = Windows(place.path) if body else None
        self._kept: list[bytes] | None = []
        self._size, self._most, self._opened = 0, SMALL, False
        self._readers: list[Node] = []

    @property
    def held(self) -> int:
        own = self._size if self._kept is not None else 0
        windows = self._windows.held if self._windows else 0
        return own + windows + sum(reader.held for reader in self._readers)

    def is_plain(self, data: bytes) -> bool:
        """Whether nothing is taken apart when these bytes come next."""
        if not self._opened:
            return not self._framed and self._size + len(data) <= self._wanted
        return all(isinstance(reader, Zip) and reader.passes(data) for reader in self._readers)

    def feed(self, data: bytes) -> Iterator[Found]:
        if not data:
            return
        self._size += len(data)
        if self._windows:
            yield from self._windows.feed(data)
        if self._kept is not None:
            self._kept.append(data)
        if self._opened:
            yield from self._read(data)
        elif self._size > self._wanted or self._framed:
            yield from self._open()
        if self._kept is not None and self._size > self._most:
            yield from self._let_go()

    def flush(self) -> Iterator[Found]:
        if self._windows:
            yield from self._windows.flush()
        for reader in self._readers:
            yield from reader.flush()

    def end(self) -> Iterator[Found]:
        if self._windows:
            yield from self._windows.flush()
        for reader in self._readers:
            yield from self._bounded(reader, reader.end())
        self._readers = []
        if self._kept:
            kept, self._kept = b"".join(self._kept), None
            make = Whole if self._windows else Member
            yield make(self._place.path, kept)

    def _open(self) -> Iterator[Found]:
        """Decides, and hands on what came so far."""
        self._opened = True
        head = b"".join(self._kept or ())
        self._kept = [head]
        containers, whole = self._containers(head), needs_whole(head)
        if whole:
            self._most = self._place.context.whole
        self._readers = [*containers, Zip(self._place)]
        if not (self._windows or containers or whole or head.startswith(LOCAL)):
            yield from self._cut([head])
        # Data in lzma has no mark, and what only looks like it is still to be seen.
        if series.begins(Format.LZMA, head) is not None:
            self._readers.append(Compressed(Format.LZMA, self._place, head))
        yield from self._read(head)

    def _containers(self, head: bytes) -> list[Node]:
        """The readers that know what this is by its first bytes, or by its type."""
        if self._framed:
            if multipart.is_multipart(self._type):
                return [Multipart(self._place, self._type)]
            return [Entity(self._place, mail=True)]
        if tars.is_tar(head):
            return [Tar(self._place)]
        if multipart.is_mail(head):
            return [Entity(self._place, mail=True)]
        return [
            Compressed(form, self._place, head)
            for form in (Format.GZIP, Format.BZIP2, Format.XZ, Format.ZSTD)
            if series.begins(form, head) is not None
        ]

    def _read(self, data: bytes) -> Iterator[Found]:
        for reader in [*self._readers]:
            yield from self._bounded(reader, reader.feed(data))

    def _bounded(self, reader: Node, found: Iterator[Found]) -> Iterator[Found]:
        """A reader that has used up what it may use is given up; the content flows on."""
        try:
            yield from found
        except ExhaustedError as exhausted:
            self._readers.remove(reader)
            yield Unscanned(Unread.LIMIT, self._place.path, str(exhausted))
            if not self._windows:
                yield from self._cut([])

    def _let_go(self) -> Iterator[Found]:
        """It grew over what may be held."""
        kept, self._kept = self._kept or [], None
        if self._most > SMALL:
            detail = f"it can only be read whole, and has more than {self._most} bytes"
            yield Unscanned(Unread.TOO_BIG, self._place.path, detail)
            if not self._windows:
                yield from self._cut(kept)

    def _cut(self, pieces: list[bytes]) -> Iterator[Found]:
        self._windows = Windows(self._place.path)
        for piece in pieces:
            yield from self._windows.feed(piece)


def needs_whole(head: bytes) -> bool:
    """Whether content that begins like this has a reader for whole members alone."""
    packaged = head.startswith((packages.AR, *packages.CPIO, packages.RPM))
    return packaged or archives.needs_whole(head)
