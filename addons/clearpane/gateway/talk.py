"""What is said in a session that is not HTTP: how it began, and the mails in it."""

from dataclasses import dataclass, field

from clearpane.content.direction import Direction
from clearpane.content.mail_protocols import MailReader
from clearpane.content.naming import SPAN
from clearpane.gateway.body import Body
from clearpane.records.dialogue import Dialogue


@dataclass(slots=True, eq=False)
class Talk:
    """`client` and `server` are how each side began, up to what a name needs; `heard` is all that
    was said until the name was found. `held` has not been passed on yet."""

    client: bytes = b""
    server: bytes = b""
    server_first: bool = False
    heard: list[tuple[Direction, bytes]] = field(default_factory=list)
    mail: MailReader | None = None
    bodies: dict[Direction, Body] = field(default_factory=dict)  # the mails that are under way
    held: dict[Direction, bytearray] = field(
        default_factory=lambda: {direction: bytearray() for direction in Direction}
    )
    passed: dict[Direction, int] = field(default_factory=dict)  # at the front of `held`
    paused: bool = False  # a sender waits for an answer to what was sent so far
    dialogue: Dialogue = field(default_factory=Dialogue)

    def catch_up(self, reader: MailReader) -> None:
        """A reader hears what was passed on before it was known that it should listen."""
        self.mail = reader
        for direction, data in self.heard:
            told = sum(len(getattr(event, "raw", b"")) for event in reader.feed(direction, data))
            self.passed[direction] = self.passed.get(direction, 0) + len(data) - told
        self.heard.clear()

    def skip(self, direction: Direction) -> None:
        """What the reader tells now may begin with what was passed on before it could tell."""
        held = self.held[direction]
        skipped = min(self.passed.get(direction, 0), len(held))
        if skipped:
            del held[:skipped]
            self.passed[direction] -= skipped

    def hear(self, direction: Direction, data: bytes) -> None:
        """The next words, before the session has a name."""
        if not data:
            return
        self.heard.append((direction, data))
        if direction is Direction.UPLOAD:
            self.client = (self.client + data)[:SPAN]
        else:
            self.server_first = self.server_first or not self.client
            self.server = (self.server + data)[:SPAN]
