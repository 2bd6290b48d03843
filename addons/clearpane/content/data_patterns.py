"""How often data of a kind stands in a body: payment cards, national ids, an administrator's own.

Candidates are found by an engine that takes linear time whatever it is given (re2), and counted
only if their check digits are right. What was matched never leaves here but masked.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, Protocol

import re2

from clearpane.content import searchable
from clearpane.content.detection import DataSeen, Unread, Unscanned
from clearpane.content.file_types import OPAQUE, kind_of
from clearpane.content.identifier import Identifier
from clearpane.content.member import Member
from clearpane.content.national_ids import NATIONAL_IDS
from clearpane.content.payments import PAYMENTS
from clearpane.content.searchable import Coding

MOST_MATCHES = 10_000  # of one pattern in one member
# Candidates cost microseconds each: a list of numbers that are none must not cost a minute.
MOST_CANDIDATES = 250_000
_MOST_CHARACTERS = 1_000
# re2 counts instructions; above this its fast automaton may outgrow its memory.
_MOST_INSTRUCTIONS = 2_000
# Bytes behind a match that say whether it ends there; escaped ones are three times as long.
_MARGIN = 96
# The groups behind the first may be those of another number.
_IN_GROUPS = re.compile(rb"[0-9A-Z][ -][0-9A-Z]")
# Whatever matches nothing somewhere would match everywhere.
_PROBES = (b"", b"a", b"1 a", b"\n")


@dataclass(frozen=True, slots=True)
class Definition:
    """A pattern; `weight` is what one match counts where a profile says nothing else."""

    name: str
    regex: str
    weight: int = 1


IDENTIFIERS = {identifier.name: identifier for identifier in (*PAYMENTS, *NATIONAL_IDS)}
PREDEFINED = {name: Definition(name, each.form) for name, each in IDENTIFIERS.items()}


class _Match(Protocol):
    def span(self) -> tuple[int, int]: ...


class _Compiled(Protocol):
    def finditer(self, text: bytes, pos: int) -> Iterator[_Match]: ...


@dataclass(frozen=True, slots=True)
class _Pattern:
    name: str
    compiled: _Compiled
    identifier: Identifier | None = None

    def spans(self, text: bytes) -> Iterator[tuple[int, int] | None]:
        """Where the matches stand, without overlaps, in order; None where it was given up."""
        at: int | None = 0
        looked = 0
        while at is not None:
            found = self.compiled.finditer(text, at)
            at = None
            for match in islice(found, MOST_CANDIDATES - looked):
                looked += 1
                start, end = match.span()
                span = self.identifier.span(text, start, end) if self.identifier else (start, end)
                if span:
                    yield span
                if span and span[1] < end:
                    at = span[1]
                    break
                if not span and _IN_GROUPS.search(text, start + 1, end):
                    at = start + 1
                    break
        if looked >= MOST_CANDIDATES:
            yield None


def _predefined(identifier: Identifier) -> _Pattern:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # what stands around it may be in any encoding
    return _Pattern(identifier.name, re2.compile(identifier.form.encode(), options), identifier)


class DataPatterns:
    """The patterns in use; without any it is falsy and sees nothing.

    It is pickled as what it was made of, and compiled anew.
    """

    __slots__ = ("_made_of", "_patterns")

    def __init__(
        self, definitions: Iterable[Definition] = (), predefined: Collection[str] = ()
    ) -> None:
        """`predefined` are names of `PREDEFINED`; a definition without a regex is left out."""
        own = tuple(definitions)
        self._made_of = (own, tuple(predefined))
        self._patterns = tuple(
            _Pattern(each.name, _compiled(each.regex)) for each in own if each.regex
        ) + tuple(_predefined(IDENTIFIERS[name]) for name in predefined)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    @property
    def made_of(self) -> tuple[tuple[Definition, ...], tuple[str, ...]]:
        """The definitions and the predefined names that make the same patterns elsewhere."""
        return self._made_of

    def __reduce__(self) -> tuple[object, ...]:
        return DataPatterns, self._made_of

    def see(self, member: Member) -> Iterator[DataSeen | Unscanned]:
        """The patterns that match in a whole member, and what was too much to look at."""
        if self:
            counter = self.counter(member.name)
            counter.window(0, member.body)
            yield from counter.seen()
            if counter.given_up:
                detail = f"over {MOST_CANDIDATES:,} candidates of data pattern {counter.given_up}"
                yield Unscanned(Unread.LIMIT, member.name, detail)

    def counter(self, member: str = "") -> "DataCounter":
        """Counts over a member that comes in pieces."""
        return DataCounter(member, self._patterns)


@dataclass(slots=True)
class _Count:
    """What was found of one pattern; `open` are matches that the next window may show longer."""

    count: int = 0
    sample: str = ""
    open: list[str] = field(default_factory=list)

    def add(self, value: bytes) -> None:
        self.sample = self.sample or masked(value)
        self.count += 1


class DataCounter:
    """Counts each match once in windows that overlap and come in order."""

    __slots__ = ("_coding", "_counts", "_done", "_member", "_patterns", "given_up")

    def __init__(self, member: str, patterns: tuple[_Pattern, ...]) -> None:
        self._member = member
        self._patterns = patterns
        self._counts = [_Count() for _ in patterns]
        self._coding: Coding | None = None
        self.given_up = ""  # the pattern that had too many candidates to look at all of them
        self._done = 0  # the byte of the member up to which matches are counted

    def window(self, start: int, body: bytes) -> None:
        """Counts in `body`, which stands at byte `start` of the member.

        Windows overlap by more than a match is long, and by 128 bytes at least.
        """
        if self._coding is None:
            if kind_of(body, self._member) in OPAQUE:
                self._patterns = ()
            self._coding = searchable.coding(body)
        if self._coding in searchable.WIDE and start % 2:
            start, body = start + 1, body[1:]
        if self._patterns:
            self._search(start, body, self._coding)

    def _search(self, start: int, body: bytes, how: Coding) -> None:
        low = len(searchable.text(body[: max(self._done - start, 0)], how))
        end = searchable.cut(body, len(body) - _MARGIN, how)
        text, high = body, end
        if how is not Coding.PLAIN:
            text = searchable.text(body[:end], how)
            high = len(text)
            text += searchable.text(body[end:], how)
        self._done = max(start + end, self._done)
        for pattern, counted in zip(self._patterns, self._counts, strict=True):
            counted.open.clear()
            for span in pattern.spans(text):
                if span is None:
                    self.given_up = pattern.name
                    break
                if counted.count >= MOST_MATCHES:
                    break
                at, stop = span
                if stop > high:
                    counted.open.append(masked(text[at:stop]))
                elif stop > low:
                    counted.add(text[at:stop])

    def seen(self) -> tuple[DataSeen, ...]:
        """The patterns that matched, once the last window was shown."""
        found = []
        for pattern, counted in zip(self._patterns, self._counts, strict=False):
            count = min(counted.count + len(counted.open), MOST_MATCHES)
            sample = counted.sample or next(iter(counted.open), "")
            if count:
                found.append(DataSeen(pattern.name, count, sample, self._member))
        return tuple(found)


def masked(value: bytes) -> str:
    """What may be written down of a match: its end, a third of it and four characters at most."""
    shown = value.decode(errors="replace")
    kept = min(4, sum(character.isalnum() for character in shown) // 3)
    end = shown[len(shown) - kept :] if kept else ""
    return "****…" + "".join(each if each.isprintable() else "." for each in end)


def total(seen: Iterable[DataSeen]) -> int:
    """How many matches there are in a body, given what was seen of one pattern in each member.

    What stands in a part often shows in the whole too, and must not count twice: a member counts
    for what it shows itself or for what its parts show, whichever is more.
    """
    own: dict[str, int] = {"": 0}
    for each in seen:
        own[each.member] = own.get(each.member, 0) + each.count
    for member in _seen_twice(own):
        del own[member]
    parts = dict.fromkeys(own, 0)
    for member in sorted(own, key=len, reverse=True):
        if member:
            parts[_outer(member, own)] += max(own[member], parts[member])
    return max(own[""], parts[""])


def _seen_twice(own: Mapping[str, int]) -> Iterator[str]:
    """Members that two readers came upon, one of whom did not know what they lie in: a form that
    ends with an archive can be opened from its end, too."""
    spelled = sorted((count, f"/{member}"[::-1], member) for member, count in own.items() if member)
    for (count, way, member), (other, further, _) in pairwise(spelled):
        if count == other and further != way and further.startswith(way):
            yield member


def _outer(member: str, members: Collection[str]) -> str:
    """The nearest member that this one is in; the body itself, which has no name, is the last."""
    outer = member.rpartition("/")[0]
    while outer not in members:
        outer = outer.rpartition("/")[0]
    return outer


def fault(regex: str) -> str:
    """Why an administrator's regular expression can't be used; empty where it can."""
    if len(regex) > _MOST_CHARACTERS:
        return f"is longer than {_MOST_CHARACTERS} characters"
    try:
        compiled = _compiled(regex)
    except re2.error as error:
        return f"can't be used: {_reason(error)}"
    if any(match.end() == match.start() for each in _PROBES for match in compiled.finditer(each)):
        return "matches where there is nothing"
    if compiled.programsize > _MOST_INSTRUCTIONS:
        return "is too large: repeat less"
    return ""


def _reason(error: re2.error) -> str:
    return error.args[0].decode(errors="replace") if error.args else "it is wrong"


def _compiled(regex: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(regex, options)
