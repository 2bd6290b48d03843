"""Where a word of a file stands.

Every value that an administrator wrote keeps its place, so that a message can name it, however far
from the file it is found to be wrong.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file as the administrator named it, with line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Text(str):
    """A scalar as it was written; `plain` says that it stood without quotes."""

    __slots__ = ("place", "plain")

    place: Place
    plain: bool

    def __new__(cls, value: str, place: Place, plain: bool = False) -> Self:
        made = super().__new__(cls, value)
        made.place = place
        made.plain = plain
        return made
