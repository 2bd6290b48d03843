"""What CA Issuers addresses gave, kept for a while; that one gave nothing is kept too.

What came is kept for long only once it has completed a chain: on its way through plain http anyone
may have put something else in its place.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_UNPROVEN = timedelta(minutes=10)
KEPT_PROVEN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """The certificates (DER) that an address gave, or why it gave none."""

    certificates: tuple[bytes, ...] = ()
    error: str = ""


@dataclass(slots=True)
class _Entry:
    answer: Answer
    since: datetime
    kept: timedelta = KEPT_UNPROVEN


class IntermediateCache:
    """By URL; at most `capacity` entries, the least recently used first to go."""

    def __init__(self, capacity: int = 1024) -> None:
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self.capacity = capacity
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, url: str, now: datetime) -> Answer | None:
        entry = self._entries.get(url)
        if entry is None:
            return None
        if now >= entry.since + entry.kept:
            del self._entries[url]
            return None
        self._entries.move_to_end(url)
        return entry.answer

    def put(self, url: str, answer: Answer, now: datetime) -> None:
        self._entries[url] = _Entry(answer, now)
        self._entries.move_to_end(url)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)

    def prove(self, url: str) -> None:
        """Its certificates have completed a chain that holds."""
        entry = self._entries.get(url)
        if entry is not None and entry.answer.certificates:
            entry.kept = KEPT_PROVEN

    def clear(self) -> None:
        self._entries.clear()
