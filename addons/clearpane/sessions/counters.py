"""Counts of what the gateway did, bounded whatever it meets.

The names counted are few and our own, but one of an outsider's making must not grow the table:
past the limit everything new counts as `other`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

LIMIT = 256


class Counters:
    """Names and how often they were counted."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}

    def count(self, name: str, by: int = 1) -> None:
        if name not in self._counts and len(self._counts) >= self._limit:
            name = "other"
        self._counts[name] = self._counts.get(name, 0) + by

    def __getitem__(self, name: str) -> int:
        return self._counts.get(name, 0)

    def all(self) -> dict[str, int]:
        """A copy, by name."""
        return dict(sorted(self._counts.items()))


@dataclass(frozen=True, slots=True)
class Hits:
    """How often a rule matched, and when for the first and the last time."""

    count: int
    first: datetime
    last: datetime


class HitCounts:
    """Hits by rule. It grows with the rulebase only: `keep` forgets the rules that are gone."""

    def __init__(self) -> None:
        self._hits: dict[str, Hits] = {}

    def hit(self, rule: str, now: datetime) -> None:
        before = self._hits.get(rule)
        self._hits[rule] = (
            Hits(before.count + 1, before.first, now) if before else Hits(1, now, now)
        )

    def all(self) -> dict[str, Hits]:
        return dict(self._hits)

    def keep(self, rules: Collection[str]) -> None:
        """After a new rulebase: rules that stayed keep their counts, as on the firewall."""
        names = frozenset(rules)
        self._hits = {rule: hits for rule, hits in self._hits.items() if rule in names}
