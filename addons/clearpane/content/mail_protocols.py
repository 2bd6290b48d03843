"""SMTP, POP3 and IMAP, decrypted: where in the two directions of a connection the mails are.

A reader is told what each side says, in the order in which it was said. What can't be followed
(an encryption or compression of its own) is named once, and then passes as it is.

For the caller: `Plain` may pass at once. Of a mail, `raw` may pass but for its last part, which is
held until `MailEnd`, and then until the verdict on all of `content`; at `Pause` what was held
passes as soon as all that came so far is judged, since the sender waits for an answer.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.content.mail_lines import Dotted, Lines

MAIL = "message/rfc822"
FIRST = 8  # bytes of a literal that come together
MOST_WAITING = 1000  # commands without a reply; servers take about a hundred


@dataclass(frozen=True, slots=True)
class Plain:
    """Lines of the protocol, not of a mail."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class MailStart:
    """A mail begins in this direction; `content_type` says what its content is."""

    content_type: str = MAIL


@dataclass(frozen=True, slots=True)
class MailBytes:
    """A part of the mail: wire bytes, and its content as its reader will store it."""

    raw: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """The mail goes on only after an answer to what was sent so far (SMTP CHUNKING)."""


@dataclass(frozen=True, slots=True)
class MailEnd:
    """The mail is complete; `raw` is what tells its receiver so."""

    raw: bytes = b""


type Event = Plain | MailStart | MailBytes | Pause | MailEnd | Unscanned


@dataclass(slots=True)
class _Side:
    """What one side is saying: lines, or a text that ends with a dot, or a number of bytes."""

    lines: Lines = field(default_factory=Lines)
    dotted: Dotted | None = None
    left: int = 0
    last: bool = True  # nothing of the mail comes behind the `left` bytes
    kind: str | None = None  # of the mail that is to begin; None where it is no mail
    running: bool = False

    @property
    def busy(self) -> bool:
        return bool(self.dotted or self.left)

    @property
    def waits(self) -> bool:
        """A few bytes show how a mail begins."""
        return not self.running and self.lines.held < min(self.left, FIRST)

    def begin(self, kind: str | None, *, left: int = 0, last: bool = True) -> None:
        self.dotted = None if left else Dotted()
        self.kind, self.left, self.last = kind, left, last

    def cancel(self) -> None:
        """The other side does not want it; what has begun goes on."""
        if not self.running:
            self.dotted, self.left = None, 0


class MailReader:
    """What the three protocols have in common."""

    def __init__(self) -> None:
        self._sides = {direction: _Side() for direction in Direction}
        self._lost = False

    @property
    def held(self) -> int:
        """Bytes that have not been handed out yet."""
        sides = self._sides.values()
        return sum(s.lines.held + (s.dotted.held if s.dotted else 0) for s in sides)

    def feed(self, direction: Direction, data: bytes) -> Iterator[Event]:
        """What the next bytes of one side are."""
        side = self._sides[direction]
        side.lines.add(data)
        while not self._lost:
            if side.busy:
                if side.waits:
                    return
                if not (rest := side.lines.rest(side.left or None)):
                    return
                yield from self._text(side, rest)
            elif line := side.lines.take():
                yield Plain(line)
                yield from self._line(direction, line)
            else:
                return
        yield from self._drain(side)

    def end(self, direction: Direction) -> Iterator[Event]:
        """One side says no more; a mail that was cut off ends here."""
        side = self._sides[direction]
        yield from self._drain(side)

    def _line(self, direction: Direction, line: bytes) -> Iterator[Event]:
        raise NotImplementedError

    def _ended(self) -> None:
        """A mail by lines has gone out; its sender waits for a reply."""

    def _text(self, side: _Side, data: bytes) -> Iterator[Event]:
        if side.kind is not None and not side.running:
            side.running = True
            yield from self._start(side.kind, data)
        if not side.dotted:
            side.left -= len(data)
            yield MailBytes(data, data)
            yield from self._after(side)
            return
        step = side.dotted.feed(data)
        if step.doubtful and side.kind is not None:
            detail = "a line that ends a mail for some servers only"
            yield Unscanned(Unread.PROTOCOL, detail=detail)
        if step.raw or step.content:
            mail = side.kind is not None
            yield MailBytes(step.raw, step.content) if mail else Plain(step.raw)
        if step.ending:
            side.dotted = None
            side.lines.add(step.rest)
            yield MailEnd(step.ending) if side.running else Plain(step.ending)
            side.running = False
            self._ended()

    def _start(self, kind: str, data: bytes) -> Iterator[Event]:
        yield MailStart(kind)

    def _after(self, side: _Side) -> Iterator[Event]:
        """A number of bytes has come, or a part of it."""
        if not side.left:
            side.running = not side.last
            yield MailEnd() if side.last else Pause()

    def _give_up(self, detail: str) -> Iterator[Event]:
        self._lost = True
        yield Unscanned(Unread.PROTOCOL, detail=detail)

    def _drain(self, side: _Side) -> Iterator[Event]:
        rest = (side.dotted.left() if side.dotted else b"") + side.lines.rest()
        running, side.running, side.dotted, side.left = side.running, False, None, 0
        if rest:
            yield MailBytes(rest, rest) if running else Plain(rest)
        if running:
            yield MailEnd()


class Smtp(MailReader):
    """RFC 5321, with CHUNKING (RFC 3030): mails go from the client to the server."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = deque([b"greeting"], MOST_WAITING)

    def _line(self, direction: Direction, line: bytes) -> Iterator[Event]:
        client = self._sides[Direction.UPLOAD]
        if direction is Direction.DOWNLOAD:
            yield from self._reply(client, line)
            return
        words = line.upper().split() or [b""]
        self._waiting.append(words[0])
        if words[0] == b"DATA":
            client.begin(MAIL)
        elif words[0] == b"BDAT" and len(words) > 1 and words[1].isdigit():
            last, size = words[2:3] == [b"LAST"], int(words[1][:18])
            if size:
                client.begin(MAIL, left=size, last=last)
            elif last:
                client.running = False
                yield MailEnd()

    def _ended(self) -> None:
        self._waiting.append(b".")

    def _reply(self, client: _Side, line: bytes) -> Iterator[Event]:
        if line[3:4] == b"-":
            return
        asked = self._waiting.popleft() if self._waiting else b""
        if line.startswith(b"354"):
            if not client.busy:
                client.begin(MAIL)
        elif asked == b"DATA":
            client.cancel()
        elif asked == b"STARTTLS" and line.startswith(b"220"):
            yield from self._give_up("STARTTLS inside of a decrypted connection")


class Pop3(MailReader):
    """RFC 1939: mails are the server's answers to RETR and TOP."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = deque([[b"greeting"]], MOST_WAITING)
        self._challenged = False

    def _line(self, direction: Direction, line: bytes) -> Iterator[Event]:
        if direction is Direction.UPLOAD:
            if not self._challenged:
                self._waiting.append(line.upper().split() or [b""])
            self._challenged = False
            return
        if line.startswith(b"+ "):
            self._challenged = True
            return
        asked = self._waiting.popleft() if self._waiting else [b""]
        if not line.startswith(b"+OK"):
            return
        if asked[0] == b"STLS":
            yield from self._give_up("STLS inside of a decrypted connection")
        elif asked[0] in (b"RETR", b"TOP"):
            self._sides[direction].begin(MAIL)
        elif asked[0] == b"CAPA" or (asked[0] in (b"LIST", b"UIDL", b"AUTH") and len(asked) == 1):
            self._sides[direction].begin(None)
