"""When a rule holds: days and hours in local time.

A window that ends before it starts crosses midnight and belongs to the day on which it began. The
end itself is outside; `24:00` is the end of the day.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from clearpane.documents.mapping import Mapping
from clearpane.documents.nearest import did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Schedule:
    """`start` and `end` in minutes since midnight; `days` counts from Monday, 0."""

    name: str
    days: frozenset[int] = frozenset(range(7))
    start: int = 0
    end: int = _DAY

    def holds(self, now: datetime) -> bool:
        """Whether the moment, given in local time, lies within."""
        minute, today = now.hour * 60 + now.minute, now.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        if minute >= self.start:
            return today in self.days
        return minute < self.end and (today - 1) % 7 in self.days


def parse(name: str, block: Mapping) -> Schedule:
    """One entry of `schedules`; what is left out is every day, or the whole day."""
    block.only("days", "from", "to")
    days = block.texts("days") or DAYS
    for day in days:
        if day not in DAYS:
            block.error(day, f"days: {day} is no day", did_you_mean(day, DAYS) or ", ".join(DAYS))
    numbers = frozenset(DAYS.index(day) for day in days if day in DAYS)
    start = _clock(block, "from", 0)
    end = _clock(block, "to", _DAY) or _DAY
    if start in (end, _DAY):
        block.error("from", "from and to leave no time between them", "leave both out for all day")
        end = _DAY
    return Schedule(name, numbers, start, end)


def _clock(block: Mapping, key: str, default: int) -> int:
    text = block.text(key)
    if not text:
        return default
    try:
        return clock(text)
    except ValueError as error:
        block.error(key, f"{key}: {error}")
        return default


def clock(text: str) -> int:
    """Minutes since midnight of `HH:MM`; ValueError says what is wrong."""
    parts = _CLOCK.fullmatch(text)
    if not parts or int(parts[2]) > 59 or int(parts[1]) * 60 + int(parts[2]) > _DAY:
        raise ValueError(f"{text!r} is not a time of day such as 08:00")
    return int(parts[1]) * 60 + int(parts[2])
