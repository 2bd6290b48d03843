"""What was forged is kept, the least recently used first to go.

The key holds everything that the leaf was made from, so an entry can never be a stale answer.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeafId:
    """What a leaf was made from: fingerprints of the real certificate and of the authority, the
    type of the leaf's own key, and the profile's flags that change what the leaf holds."""

    real: str
    authority: str
    key_type: str = "ec"
    flags: Hashable = ""


class LeafCache[Kept]:
    """At most `capacity` entries; every operation takes the same time however many there are."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[LeafId, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, leaf: LeafId) -> Kept | None:
        kept = self._entries.get(leaf)
        if kept is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(leaf)
        return kept

    def put(self, leaf: LeafId, kept: Kept) -> None:
        self._entries[leaf] = kept
        self._entries.move_to_end(leaf)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forgets every entry, as when an authority is replaced."""
        self._entries.clear()
