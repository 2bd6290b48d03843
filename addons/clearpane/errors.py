"""The root of the error tree, and what a message to an administrator is made of.

Every other error lives beside what raises it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How a problem is shown by `clearpane check`; only errors make it fail."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place, with its cure.

    `place` is `FILE:LINE:COLUMN`, `FILE:LINE`, a file or an option; lines and columns count from 1.
    """

    place: str
    message: str
    cure: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        text = f"{self.place}: {self.severity}: {self.message}" if self.place else self.message
        return f"{text} ({self.cure})" if self.cure else text


@dataclass(slots=True)
class Problems:
    """Collects what is wrong, so that everything is reported in one go."""

    found: list[Problem] = field(default_factory=list)

    def error(self, place: object, message: str, cure: str = "") -> None:
        self.found.append(Problem(str(place), message, cure))

    def warning(self, place: object, message: str, cure: str = "") -> None:
        self.found.append(Problem(str(place), message, cure, Severity.WARNING))

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.found if p.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Problem]:
        return [p for p in self.found if p.severity is Severity.WARNING]


class ClearpaneError(Exception):
    """Something the user can cure; it carries the problems and is never shown as a traceback."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem("", p) for p in problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> "ClearpaneError":
        return cls(*problems)
