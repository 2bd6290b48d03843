"""The demonstration on one screen: 24 lines of 80 columns, the prompt included."""

from collections.abc import Sequence
from typing import TextIO

from clearpane.cli.demonstration.cases import Row
from clearpane.cli.demonstration.threat_log import Record, short

WIDTH = 80
_CASE, _SEEN = 31, 39
_LOGGED = 4


class Progress:
    """One line that is written over again and again, on a terminal alone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None

    def say(self, words: str) -> None:
        if self._stream:
            self._stream.write(f"\r{cut(words, WIDTH - 1):{WIDTH - 1}}")
            self._stream.flush()

    def clear(self) -> None:
        if self._stream:
            self._stream.write(f"\r{'':{WIDTH - 1}}\r")
            self._stream.flush()


def table(rows: Sequence[Row]) -> list[str]:
    return [_line("case", "what the client saw", "verdict"), *map(_row, rows)]


def threats(records: Sequence[Record]) -> list[str]:
    """The last lines of the log, and how many more there are."""
    if not records:
        return ["threat log: empty"]
    shown = [cut(f"  {short(record)}") for record in records[-_LOGGED:]]
    return [f"threat log, the last {len(shown)} of {len(records)} records:", *shown]


def _row(row: Row) -> str:
    return _line(row.case, row.seen, "ok" if row.ok else "WRONG")


def _line(case: str, seen: str, verdict: str) -> str:
    return f"{cut(case, _CASE):{_CASE}}  {cut(seen, _SEEN):{_SEEN}} {verdict}"


def cut(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
