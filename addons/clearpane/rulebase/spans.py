"""Ranges of whole numbers: addresses and ports are looked up in them.

A span is `(first, last)`, both included. A tuple of spans is sorted, and its spans neither overlap
nor touch, so that a lookup is one bisection.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

type Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same numbers as few sorted spans."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def hold(spans: Sequence[Span], number: int) -> bool:
    """Whether one of the merged spans holds the number."""
    before = bisect_right(spans, number, key=_first) - 1
    return before >= 0 and number <= spans[before][1]


def contain(outer: Sequence[Span], inner: Iterable[Span]) -> bool:
    """Whether the merged outer spans hold every number of the inner ones."""
    for first, last in inner:
        before = bisect_right(outer, first, key=_first) - 1
        if before < 0 or last > outer[before][1]:
            return False
    return True


def _first(span: Span) -> int:
    return span[0]


@dataclass(frozen=True, slots=True)
class SpanMap:
    """From a number to the mask of all entries whose spans hold it."""

    starts: tuple[int, ...]
    masks: tuple[int, ...]

    @classmethod
    def of(cls, entries: Sequence[tuple[Sequence[Span], int]]) -> "SpanMap":
        """Entries are merged spans with the mask that they stand for."""
        toggles: dict[int, int] = {}
        for index, (spans, _) in enumerate(entries):
            bit = 1 << index
            for first, last in spans:
                for edge in (first, last + 1):
                    toggles[edge] = toggles[edge] ^ bit if edge in toggles else bit
        known = {0: 0}
        active, masks = 0, [0]
        starts = sorted(toggles)
        for edge in starts:
            active ^= toggles[edge]
            if active not in known:
                known[active] = _union(entries, active)
            masks.append(known[active])
        return cls(tuple(starts), tuple(masks))

    def at(self, number: int) -> int:
        return self.masks[bisect_right(self.starts, number)]


def _union(entries: Sequence[tuple[Sequence[Span], int]], active: int) -> int:
    mask = 0
    while active:
        lowest = active & -active
        mask |= entries[lowest.bit_length() - 1][1]
        active ^= lowest
    return mask
