"""What both ends said in a protocol that is not HTTP, as exchanges for a capture.

Bounded: of a long talk the end is kept, and how much went before it.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from clearpane.content.direction import Direction
from clearpane.records.exchange import NO_GAP, Exchange, Gap

SIZE = 1024 * 1024
# A talk of very many very short turns costs more than its bytes.
TURNS = 4_096

type End = tuple[str, int]


@dataclass(slots=True)
class _Turn:
    direction: Direction
    at: datetime
    said: bytearray = field(default_factory=bytearray)


class Dialogue:
    """Collects what is said on one connection, in the order in which it came."""

    def __init__(self, *, size: int = SIZE, turns: int = TURNS) -> None:
        self.held = 0
        self._size = size
        self._most = turns
        self._turns: deque[_Turn] = deque()
        self._lost = dict.fromkeys(Direction, 0)

    def add(self, direction: Direction, piece: bytes, now: datetime) -> None:
        """One end said this much."""
        if not self._turns or self._turns[-1].direction is not direction:
            self._turns.append(_Turn(direction, now))
        self._turns[-1].said += piece
        self.held += len(piece)
        while len(self._turns) > self._most:
            self._drop(len(self._turns[0].said))
        while self.held > self._size:
            self._drop(self.held - self._size)

    def exchanges(self, client: End, server: End) -> tuple[Exchange, ...]:
        """One for each time that the client spoke, and one before if the server began.

        `client` and `server` are address and port.
        """
        found: list[Exchange] = []
        waiting: _Turn | None = None
        for turn in (*self._turns, None):
            if turn and turn.direction is Direction.DOWNLOAD:
                found.append(self._pair(waiting, turn, client, server, first=not found))
                waiting = None
                continue
            if waiting:
                found.append(self._pair(waiting, None, client, server, first=not found))
            waiting = turn
        return tuple(found)

    def _pair(
        self, asked: _Turn | None, answered: _Turn | None, client: End, server: End, *, first: bool
    ) -> Exchange:
        """What is lost was lost before everything that is kept."""
        turn = asked or answered
        assert turn
        return Exchange(
            turn.at,
            *client,
            *server,
            request=bytes(asked.said) if asked else b"",
            response=bytes(answered.said) if answered else b"",
            request_gap=Gap(0, self._lost[Direction.UPLOAD]) if first else NO_GAP,
            response_gap=Gap(0, self._lost[Direction.DOWNLOAD]) if first else NO_GAP,
        )

    def _drop(self, excess: int) -> None:
        """Loses this much of the oldest turn, at most all of it."""
        turn = self._turns[0]
        gone = min(excess, len(turn.said))
        del turn.said[:gone]
        self.held -= gone
        self._lost[turn.direction] += gone
        if not turn.said:
            self._turns.popleft()
