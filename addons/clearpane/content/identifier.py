"""A kind of number that is known by its form and its check digits.

The form finds candidates in linear time; the rest is asked of these alone. Numbers that are but a
piece of something longer (a decimal fraction, a UUID, a hash) never count.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

# What stands in front of a number, and is part of the match: not a digit and a point, which make it
# a fraction, nor the + of a telephone number. A backslash and a letter stand for a line's end or a
# tab where text is written inside JSON.
START = r"(?:\A\.?|[^0-9A-Za-z_.+]|[^0-9]\.|\\[nrtf])"
END = r"\b"

_SEPARATORS = b" -./"
_BEFORE = re.compile(rb"\d[0-9A-Za-z]{0,12}-\Z")
_BEHIND = re.compile(rb"\.\d|-[0-9A-Za-z]{0,12}\d")
_GROUP_BEFORE = re.compile(rb"\d[ -]\Z")
_GROUP_BEHIND = re.compile(rb"[ -]\d")
_BACKSLASH, _POINT = b"\\."
_NO_DIGITS = bytes(byte for byte in range(256) if byte not in b"0123456789")
_LOOK = 26  # bytes on each side


@dataclass(frozen=True, slots=True)
class Identifier:
    """`regex` is its form; `length` says how many bytes of a candidate are one, 0 for none.

    `lonely` is for forms that are groups of a longer number just as well: no further group may
    stand beside them. `named` is for forms that say nothing by themselves: one of these words has
    to stand in front, in any capitals.
    """

    name: str
    regex: str
    length: Callable[[bytes], int]
    lonely: bool = False
    named: str = ""

    @property
    def form(self) -> str:
        """The regular expression of a candidate, its name included."""
        name = f"(?i:{self.named})[^0-9]{{0,32}}[^0-9A-Za-z_.+]" if self.named else ""
        return f"{START}{name}(?:{self.regex}){END}"

    def span(self, text: bytes, start: int, end: int) -> tuple[int, int] | None:
        """Where in a match of the form the number stands; None where there is none."""
        if self.named:
            start = end - len(text[start:end].lstrip(_NO_DIGITS))
        elif text[start] == _BACKSLASH or text[start + 1] == _POINT:
            start += 2
        elif not text[start : start + 1].isalnum():
            start += 1
        length = self.length(text[start:end])
        if not length or not self._stands_alone(text, start, start + length):
            return None
        return start, start + length

    def _stands_alone(self, text: bytes, start: int, end: int) -> bool:
        before, behind = text[max(start - _LOOK, 0) : start], text[end : end + _LOOK]
        if _BEFORE.search(before) or _BEHIND.match(behind):
            return False
        return not (self.lonely and (_GROUP_BEFORE.search(before) or _GROUP_BEHIND.match(behind)))


def whole(valid: Callable[[bytes], bool]) -> Callable[[bytes], int]:
    """A `length` that takes a candidate as a whole, and shows it to `valid` without separators."""

    def length(candidate: bytes) -> int:
        compact = candidate.translate(None, _SEPARATORS)
        return len(candidate) if valid(compact) else 0

    return length


def evenly(valid: Callable[[bytes], bool]) -> Callable[[bytes], int]:
    """The same for numbers whose groups must all be separated in the same way."""
    check = whole(valid)

    def length(candidate: bytes) -> int:
        separators = {byte for byte in candidate if byte in _SEPARATORS}
        return check(candidate) if len(separators) < 2 else 0

    return length
