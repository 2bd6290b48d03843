"""Whether a zip archive's directory tells the same story as the members that went by.

Readers that believe the directory see what it lists; so each entry has to be a member that was read
as the entry says, or the archive is not what it seems.
"""

import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from clearpane.content import directory
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import END, UNKNOWN, Claim

MOST_LISTED = 100_000  # members in one body; Java's largest libraries have a tenth
FIELDS = 4  # numbers kept for each

_END = struct.Struct("<4s4H2IH")


@dataclass(frozen=True, slots=True)
class Read:
    """How a member was read: where its header stood in the body, and what its data took."""

    offset: int
    method: int
    encrypted: bool
    packed: int
    size: int


class Listed:
    """The members that went by, and then the entries of the directory behind them."""

    def __init__(self) -> None:
        self._members = array("Q")
        self._base: int | None = None  # where the archive's first member stands
        self._first: int | None = None  # where its directory begins
        self._right: set[int] = set()  # what may stand in front of it, so that all entries fit
        self._wide: tuple[int, int, int] | None = None

    @property
    def held(self) -> int:
        return len(self._members) * self._members.itemsize

    def add(self, one: Read, path: str) -> Iterator[Unscanned]:
        self._base = one.offset if self._base is None else self._base
        known = len(self._members) // FIELDS
        if known < MOST_LISTED:
            row = (one.offset, one.method << 1 | one.encrypted, one.packed, one.size)
            self._members.extend(row)
            if known + 1 == MOST_LISTED:
                detail = f"zip archives of more than {MOST_LISTED} members"
                yield Unscanned(Unread.LIMIT, path, detail)

    def entry(self, raw: bytes, at: int) -> None:
        """One entry of the directory, which stands at `at` in the body."""
        if self._first is None:
            self._first, self._right = at, {0, self._base or 0}
        # The reader of whole archives is given one that has this entry alone.
        alone = raw + _END.pack(END, 0, 0, 1, 1, len(raw), 0, 0)
        for claim in directory.entries(alone):
            self._right = {shift for shift in self._right if self._agrees(claim, shift)}

    def wide_end(self, raw: bytes, at: int) -> None:
        """The zip64 record in front of the end."""
        self._wide = (at, *struct.unpack_from("<QQ", raw, 40))

    def end(self, raw: bytes, at: int, path: str) -> Iterator[Unscanned]:
        """The end of one archive; another one may follow."""
        size, offset = struct.unpack_from("<II", raw, 12)
        if UNKNOWN in (size, offset) and self._wide:
            at, size, offset = self._wide
        begin = at - size
        told = begin == self._first and begin - offset in self._right
        if self._first is not None and not told:
            detail = "the zip directory does not tell what is in the archive"
            yield Unscanned(Unread.MALFORMED, path, detail)
        self._base = self._first = self._wide = None

    def _agrees(self, claim: Claim, shift: int) -> bool:
        wanted, count = claim.offset + shift, len(self._members) // FIELDS
        row = bisect_left(range(count), wanted, key=lambda row: self._members[row * FIELDS])
        if row == count:
            return False
        offset, method, packed, size = self._members[row * FIELDS : (row + 1) * FIELDS]
        if offset != wanted or method != (claim.method << 1 | claim.encrypted):
            return False
        return claim.encrypted or (packed, size) == (claim.packed, claim.size)
