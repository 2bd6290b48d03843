"""A table of values: aligned columns for a terminal, a list of objects for a program.

What an outsider wrote stays text: characters that move the cursor, turn the line around or can't be
seen are written as escapes.
"""

from dataclasses import dataclass
from typing import cast

type Cell = str | int | bool | None

_GAP = "  "
_EMPTY = "no entries"


@dataclass(frozen=True, slots=True)
class Table:
    """Each row has a cell for each column; a column is named as it is shown, in capitals.

    `title` and `footer` are lines above and below, empty for none.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    title: str = ""
    footer: str = ""

    def __str__(self) -> str:
        texts = [[_text(cell) for cell in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(self.columns, *texts, strict=True)]
        lines = [_line(row, widths) for row in texts] or [_EMPTY]
        rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
        above = (self.title, _line(self.columns, widths), rule)
        return "\n".join(filter(None, (*above, *lines, self.footer)))

    def as_json(self) -> list[dict[str, Cell]]:
        """The rows by the columns' names in snake_case."""
        keys = [column.lower().replace(" ", "_").replace("-", "_") for column in self.columns]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def to_wire(self) -> dict[str, object]:
        return {
            "columns": self.columns,
            "rows": self.rows,
            "title": self.title,
            "footer": self.footer,
        }

    @classmethod
    def from_wire(cls, found: object) -> "Table":
        """What `to_wire` gave, after JSON; raises ValueError."""
        match found:
            case {"columns": [*columns], "rows": [*rows], "title": str(title), "footer": str(foot)}:
                width = len(columns)
                if all(isinstance(c, str) for c in columns) and all(_fits(r, width) for r in rows):
                    cells = cast(list[list[Cell]], rows)
                    return cls(tuple(map(str, columns)), tuple(map(tuple, cells)), title, foot)
        raise ValueError("no table")


def visible(text: str) -> str:
    """The text on one line, with escapes for what is not to be seen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _fits(row: object, width: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == width
        and all(isinstance(cell, str | int | None) for cell in row)
    )


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return visible(str(cell))


def _line(cells: "list[str] | tuple[str, ...]", widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()
