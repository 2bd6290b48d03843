"""What went before on a connection, for captures that show more than the finding's own exchange.

Bounded thrice: by exchanges and bytes of one connection, and by the bytes of all of them.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable

from clearpane.records.exchange import Exchange, cut

EXCHANGES = 8
SIZE = 4 * 1024 * 1024
TOTAL = 64 * 1024 * 1024
EACH = 64 * 1024 * 1024
# No exchange takes more than this share, or one large download would leave nothing before it.
_SHARE = 4


class Trail:
    """The last exchanges of one connection, in the order in which they ended."""

    def __init__(self, *, exchanges: int = EXCHANGES, size: int = SIZE) -> None:
        self.held = 0
        self._most = exchanges
        self._size = size
        self._kept: deque[Exchange] = deque()

    def add(self, exchange: Exchange) -> None:
        """Keeps it, cut to its share; the oldest go."""
        shown = cut(exchange, self._size // _SHARE)
        self._kept.append(shown)
        self.held += shown.size
        while len(self._kept) > self._most or self.held > self._size:
            self.held -= self._kept.popleft().size

    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(self._kept)


class Trails:
    """The trails of all connections, by session; those that were quiet longest are lost first."""

    def __init__(self, *, total: int = TOTAL) -> None:
        self.held = 0
        self._total = total
        self._trails: OrderedDict[int, Trail] = OrderedDict()

    def add(self, session: int, exchange: Exchange) -> None:
        """An exchange of this session has ended."""
        trail = self._trails.setdefault(session, Trail())
        self._trails.move_to_end(session)
        self.held -= trail.held
        trail.add(exchange)
        self.held += trail.held
        while self.held > self._total:
            self.held -= self._trails.popitem(last=False)[1].held

    def before(self, session: int) -> tuple[Exchange, ...]:
        """What is kept of a session, the oldest first."""
        trail = self._trails.get(session)
        return trail.exchanges() if trail else ()

    def forget(self, session: int) -> None:
        """A session has ended."""
        if trail := self._trails.pop(session, None):
            self.held -= trail.held


def bounded(exchanges: Iterable[Exchange], room: int = EACH) -> tuple[Exchange, ...]:
    """The exchanges in at most `room` bytes.

    The last one, which holds the finding, is cut only where it is too long alone; of those before
    it the oldest go.
    """
    kept: deque[Exchange] = deque()
    for exchange in reversed(tuple(exchanges)):
        if kept and exchange.size > room:
            break
        kept.appendleft(cut(exchange, room))
        room -= kept[0].size
    return tuple(kept)
