"""A body on its way through: what has come, what may go on, and what the next look says.

`Stream` fills it and sends on what it lets go; the addons look at it by the hook and set the
verdict. The last bytes are never let go before the end was judged.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from mitmproxy import http
from mitmproxy.proxy import layer
from mitmproxy.proxy.commands import StartHook

from clearpane.content.flow import LAG
from clearpane.gateway.body import Body

BATCH = 1 << 18  # bytes that are looked at together where they wait already
# Bytes that no reader gets before the end was judged: a flow may not have handed them out yet.
HELD_BACK = LAG
TRICKLE = 1 << 10  # bytes that go on while a verdict takes long, so that the reader stays
QUEUED = 1 << 19  # bytes that may wait for a look; beyond that the sender is not read from


class Verdict(Enum):
    """What the last look said."""

    PASS = auto()
    WAIT = auto()  # no verdict yet: a trickle goes on, then look again
    BLOCK = auto()


def waiting(paused: layer.Layer) -> int:
    """Bytes that a layer keeps while it waits for a hook."""
    return sum(len(getattr(event, "data", b"")) for event in paused._paused_event_queue)


@dataclass(slots=True, eq=False)
class Passage:
    """One body. `size` bytes have not been looked at yet, `waits` bytes have but must wait.

    Pieces are kept as they came: each copy of a large body costs as much as matching it.
    """

    flow: http.HTTPFlow
    request: bool
    stream: layer.Layer
    size: int = 0
    waits: int = 0
    expected: int = -1  # bytes that were announced; -1: none were
    end: bool = False
    begun: bool = False  # the other side has got the headers
    verdict: Verdict = Verdict.PASS
    delivered: int = 0
    body: Body | None = None  # what the addons keep between two looks
    _come: list[bytes] = field(default_factory=list)
    _tail: deque[bytes] = field(default_factory=deque)

    def take(self, data: bytes) -> None:
        self._come.append(data)
        self.size += len(data)

    def looked(self) -> bytes:
        """What is to be looked at now; it stays here until it is let go."""
        piece = b"".join(self._come)  # a single one is not copied
        self._come, self.size = [], 0
        self._tail.append(piece)
        self.waits += len(piece)
        return piece

    def let_go(self) -> bytes:
        """What goes on after a look."""
        size = left = self._free()
        going: list[bytes | memoryview] = []
        while left and left >= len(self._tail[0]):
            going.append(self._tail.popleft())
            left -= len(going[-1])
        if left:
            first = self._tail[0]
            going.append(memoryview(first)[:left])
            self._tail[0] = first[left:]
        self.waits -= size
        self.delivered += size
        return b"".join(going)

    def _free(self) -> int:
        if self.verdict is Verdict.PASS and self.end:
            return self.waits
        if self.body and self.body.framing:
            return max(0, self.body.judged - self.delivered)
        if self.verdict is Verdict.WAIT:
            return min(TRICKLE, max(0, self.waits - HELD_BACK // 2)) if self.delivered else 0
        return max(0, self.waits - HELD_BACK)

    @property
    def queued(self) -> int:
        """Bytes that wait behind the look that is under way."""
        return waiting(self.stream)


@dataclass
class ClearpaneBodyHook(StartHook):
    """A piece of a body has come, or its end."""

    passage: Passage
