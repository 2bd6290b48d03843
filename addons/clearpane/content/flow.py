"""A body of any size, read while it flows: pieces go in, what is to be looked at comes out.

Nothing is held but what waits for its end. After each `feed`, everything but the last LAG bytes of
what was fed has been handed out, so that whoever holds back that much passes on only what was seen.
"""

from collections.abc import Iterator, Sequence

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.encodings import CODINGS, MOST, decode, names
from clearpane.content.flow_compressed import Coding
from clearpane.content.flow_content import Content
from clearpane.content.flow_nodes import (
    LAG,
    OVERLAP,
    SMALL,
    Context,
    Found,
    Meter,
    Node,
    Place,
    Whole,
    Window,
)
from clearpane.content.limits import MIB, Budget, ExhaustedError, Limits

__all__ = ["LAG", "OVERLAP", "Flow", "Found", "Whole", "Window"]

STEP = 16 * 1024  # smaller pieces wait for each other
PIECE = MIB  # larger ones are cut
WHOLE = 32 * MIB


class Flow:
    """One body as it comes over the wire. Each iterator has to be taken to its end.

    `encodings` are its content codings, the one that was applied first standing first; `name` is
    its file name; what can only be read whole is held up to `whole` bytes.
    """

    def __init__(
        self,
        *,
        encodings: Sequence[str] = (),
        content_type: str = "",
        name: str = "",
        whole: int = WHOLE,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._meter = Meter(self._limits)
        context = Context(whole, self._limits, self._meter, Content)
        self._place = Place(context, "", name)
        self._top: Node = Content(self._place, content_type, body=True)
        self._encodings, self._codings = tuple(encodings), list[Coding]()
        self._faults = list(self._stack())
        self._raw: list[bytes] | None = [] if self._codings else None
        self._waiting, self._unseen, self._fed, self._lost = list[bytes](), 0, 0, False
        self._few = 0  # bytes that wait

    @property
    def held(self) -> int:
        """Bytes that are kept at this moment."""
        raw = self._fed if self._raw is not None else 0
        return raw + self._few + self._top.held

    def is_plain(self, piece: bytes) -> bool:
        """Whether nothing is taken apart when this piece comes next: it is only cut up."""
        data = b"".join((*self._waiting, piece))
        return isinstance(self._top, Content) and self._top.is_plain(data)

    def feed(self, piece: bytes) -> Iterator[Found]:
        """What the next bytes bring."""
        self._waiting.append(piece)
        self._few += len(piece)
        if self._few >= STEP:
            yield from self._push()
        if self._unseen + self._few >= LAG:
            self._unseen = 0
            yield from self._bounded(self._top.flush())

    def end(self) -> Iterator[Found]:
        """What was still held, once no more bytes come."""
        yield from self._push()
        yield from self._bounded(self._top.end())
        yield from self._again()

    def _stack(self) -> Iterator[Unscanned]:
        """A reader for each coding, the last one outermost; below an unknown one all stay on."""
        named = names(self._encodings)
        if len(named) > MOST:
            yield Unscanned(Unread.LIMIT, detail=f"more than {MOST} content codings")
            return
        body = self._top
        for coding in named:
            if form := CODINGS.get(coding):
                one = Coding(form, self._top, self._place)
                self._codings.append(one)
                self._top = one
            else:
                self._top = body
                detail = f"content coding {coding[:40]!r} is not known"
                yield Unscanned(Unread.MALFORMED, detail=detail)

    def _push(self) -> Iterator[Found]:
        faults, self._faults = self._faults, []
        yield from faults
        data, self._waiting, self._few = b"".join(self._waiting), [], 0
        self._keep(data)
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            self._meter.fed += len(piece)
            self._unseen += len(piece)
            yield from self._bounded(self._top.feed(piece))

    def _bounded(self, found: Iterator[Found]) -> Iterator[Found]:
        """Where the codings alone ask for too much, nothing is left to look at."""
        if self._lost:
            return
        try:
            yield from found
        except ExhaustedError as exhausted:
            self._lost = True
            yield Unscanned(Unread.LIMIT, detail=str(exhausted))

    def _keep(self, data: bytes) -> None:
        if self._raw is not None:
            self._raw.append(data)
            self._fed += len(data)
            if self._fed > SMALL:
                self._raw = None

    def _again(self) -> Iterator[Found]:
        """A small body that can be read in several ways is decoded in each of them."""
        if self._raw and any(coding.odd for coding in self._codings):
            decoded = decode(b"".join(self._raw), self._encodings, Budget(self._limits))
            for view in decoded.views:
                yield Whole("", view)
