"""What is said in a session that is not HTTP: how it began, and the mails in it."""

from dataclasses import dataclass, field

from clearpane.content.direction import Direction
from clearpane.content.naming import SPAN
from clearpane.records.dialogue import Dialogue


@dataclass(slots=True, eq=False)
class Talk:
    """`client` and `server` are how each side began, up to what a name needs."""

    client: bytes = b""
    server: bytes = b""
    server_first: bool = False
    dialogue: Dialogue = field(default_factory=Dialogue)

    def hear(self, direction: Direction, data: bytes) -> None:
        """The next words, before the session has a name."""
        if direction is Direction.UPLOAD:
            self.client = (self.client + data)[:SPAN]
        else:
            self.server_first = self.server_first or not self.client
            self.server = (self.server + data)[:SPAN]
