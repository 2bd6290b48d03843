"""`show` and `clear system setting ssl-decrypt exclude-cache`: the servers that were learned."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from clearpane.control.answer import Answer
from clearpane.control.table import Cell, Table
from clearpane.rulebase.learned import LIMIT, Entry, LearnedExclusions

_COLUMNS = ("SERVER", "ADDRESS", "CLIENT", "REASON", "PROFILE", "COUNT", "LEARNED", "TIMEOUT")
_ANY = "any"


def show(learned: LearnedExclusions, now: datetime) -> Answer:
    """Newest first; TIMEOUT is in seconds."""
    return Answer(table=partial(_table, learned.entries(now), now))


def clear(learned: LearnedExclusions, server: str) -> Answer:
    """All entries, or those of one server by its name, address or `host:port`."""
    gone = learned.clear(server)
    return Answer(text=f"{gone} {'entry' if gone == 1 else 'entries'} cleared")


def _table(entries: Sequence[Entry], now: datetime) -> Table:
    rows = tuple(_row(entry, now) for entry in entries)
    return Table(_COLUMNS, rows, footer=f"total entries: {len(rows)}, limit {LIMIT}")


def _row(entry: Entry, now: datetime) -> tuple[Cell, ...]:
    return (
        str(entry.server),
        entry.server.address,
        entry.client or _ANY,
        str(entry.cause),
        entry.profile.name,
        entry.count,
        entry.learned.isoformat(timespec="seconds"),
        int((entry.expires - now).total_seconds()),
    )
