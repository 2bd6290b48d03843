"""One walk over a body, shown to everybody who has something to say about it.

A body is unpacked once, whoever looks: rules, file types and data patterns see the same members.
Nothing here has an opinion; what one body can put on record is bounded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from clearpane.content import archives, multipart
from clearpane.content.detection import (
    DataSeen,
    FileSeen,
    Finding,
    Seen,
    Unread,
    Unscanned,
    distinct,
)
from clearpane.content.encodings import Decoded, decode
from clearpane.content.limits import Budget, ExhaustedError
from clearpane.content.member import Member

MOST_PARTS = 100  # of a multipart body, each a question to a daemon
MOST_SEEN = 256  # of one body, besides what comes once

type _Key = tuple[str, str | None]


class Inspector(Protocol):
    """Looks at one whole member; what is in it comes as members of their own."""

    def see(self, member: Member) -> Iterator[Finding | Seen]: ...


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found and seen; `views` are the bytes that a daemon has to be asked about."""

    findings: tuple[Finding, ...] = ()
    seen: tuple[Seen, ...] = ()
    views: tuple[bytes, ...] = ()


def inspect(
    body: bytes,
    *,
    name: str = "",
    encodings: Sequence[str] = (),
    content_type: str = "",
    inspectors: Sequence[Inspector] = (),
    budget: Budget | None = None,
    for_daemon: bool = False,
) -> Inspection:
    """A body as it came over the wire; no findings: it is clean.

    `encodings` are its content codings, the one that was applied first standing first. A daemon
    knows no form data, so that `for_daemon` the parts of it are views of their own.
    """
    budget = budget or Budget()
    decoded = decode(body, encodings, budget)
    found = [*decoded.faults, *_everything(decoded, name, content_type, inspectors, budget)]
    parts: list[Member | Unscanned] = []
    if for_daemon and multipart.is_multipart(content_type):
        parts += _parts(decoded.body, content_type)
        found += [part for part in parts if isinstance(part, Unscanned)]
    views = [part.body for part in parts if isinstance(part, Member) and part.body]
    return sorted_out(found, (*decoded.views, *views))


def show(member: Member, inspectors: Iterable[Inspector]) -> Iterator[Finding | Seen]:
    """What all of them say of one member."""
    for inspector in inspectors:
        yield from inspector.see(member)


def sorted_out(found: Iterable[Finding | Seen], views: tuple[bytes, ...] = ()) -> Inspection:
    """Findings and what was seen, each once."""
    findings: list[Finding] = []
    seen: list[Seen] = []
    for one in found:
        if isinstance(one, FileSeen | DataSeen):
            seen.append(one)
        else:
            findings.append(one)
    return Inspection(distinct(findings), together(seen), views)


def together(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """The first file of each kind, and each pattern once in each member.

    Behind MOST_SEEN of those, what a pattern counts is added to the last that it has.
    """
    first: dict[_Key, Seen] = {}
    last: dict[str, _Key] = {}
    for one in seen:
        key: _Key = (one.kind, None) if isinstance(one, FileSeen) else (one.pattern, one.member)
        if isinstance(one, DataSeen):
            full = key not in first and len(first) >= MOST_SEEN
            key = last[one.pattern] = last.get(one.pattern, key) if full else key
        known = first.setdefault(key, one)
        if known is not one and isinstance(known, DataSeen) and isinstance(one, DataSeen):
            first[key] = replace(known, count=known.count + one.count)
    return tuple(first.values())


def _everything(
    decoded: Decoded,
    name: str,
    content_type: str,
    inspectors: Sequence[Inspector],
    budget: Budget,
) -> Iterator[Finding | Seen]:
    for view in decoded.views:
        late: list[Finding | Seen] = []
        for part in archives.walk(view, name, content_type, budget):
            if not isinstance(part, Member):
                yield part
            elif not part.name and multipart.is_multipart(content_type):
                late += show(part, inspectors)  # a form may end as the file in it does
            else:
                yield from show(part, inspectors)
        yield from late
        content_type = ""  # it speaks of the body alone


def _parts(body: bytes, content_type: str) -> Iterator[Member | Unscanned]:
    """The parts of the body, as far as a daemon may be asked about them."""
    try:
        for number, part in enumerate(multipart.parts(body, content_type, Budget())):
            if number == MOST_PARTS:
                yield Unscanned(Unread.LIMIT, detail=f"more than {MOST_PARTS} parts")
                return
            yield part
    except ExhaustedError as exhausted:
        yield Unscanned(Unread.LIMIT, detail=str(exhausted))
