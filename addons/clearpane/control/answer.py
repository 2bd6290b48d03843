"""What a command came to: a table, a sentence, or why it could not be done.

It goes over the control socket as one JSON document and becomes text only where it is read.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from clearpane.control.table import Table

DONE, NOT_DONE = 0, 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the three is there; `code` is what the command exits with.

    `table` makes the table out of a snapshot: a large one takes milliseconds, so that is left
    to the thread that needs it.
    """

    text: str = ""
    table: Callable[[], Table] | None = None
    error: str = ""

    @property
    def code(self) -> int:
        return NOT_DONE if self.error else DONE

    def __str__(self) -> str:
        return self.error or (str(self.table()) if self.table else self.text)

    def to_json(self) -> str:
        """For a program: the rows of the table, or an object that holds the sentence."""
        if self.table and not self.error:
            return json.dumps(self.table().as_json(), indent=2)
        return json.dumps({"error": self.error} if self.error else {"text": self.text}, indent=2)

    def to_wire(self) -> bytes:
        """One line of JSON."""
        table = self.table().to_wire() if self.table else None
        return json.dumps({"text": self.text, "table": table, "error": self.error}).encode() + b"\n"

    @classmethod
    def from_wire(cls, document: bytes) -> Self:
        """What `to_wire` wrote; raises ValueError."""
        try:
            found = json.loads(document)
        except RecursionError as deep:
            raise ValueError("nested too deeply") from deep
        match found:
            case {"text": str(text), "table": table, "error": str(error)}:
                made = None if table is None else Table.from_wire(table)
                return cls(text, (lambda: made) if made else None, error)
        raise ValueError("no answer")
