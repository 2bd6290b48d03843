"""External lists: a file of addresses or of domains under a name.

A line of a domain list covers the domain and what lies below, wherever the list is named, as the
line of a category does; lists don't compete with categories for the most specific entry.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from clearpane.documents.mapping import Mapping
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.rulebase import addresses, domains, spans
from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.names import Names
from clearpane.rulebase.spans import Span

# The text of a file that is named in a rules file; None where the reader recorded what is wrong.
type Read = Callable[[Text], str | None]

_SHOWN = 5


class ListType(StrEnum):
    """What the lines of a list are."""

    ADDRESS = "address"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class ExternalList:
    """`type` is None where it is wrong; then the list passes for either, to report a slip once."""

    type: ListType | None
    entries: AddressSet = field(default_factory=AddressSet)


def parse(block: Mapping, read: Read, problems: Problems) -> ExternalList:
    """One entry of `lists`, read and merged."""
    block.only("type", "file")
    kind = block.choice("type", ListType, None)
    file = block.text("file")
    present = [block.required(key) for key in ("type", "file")]
    text = read(file) if all(present) and kind and isinstance(file, Text) else None
    if text is None:
        return ExternalList(kind)
    before = len(problems.found)
    if kind is ListType.DOMAIN:
        listed = domains.parse(text, file, problems)
        names = Names(domains=frozenset(listed.domains), wildcards=frozenset(listed.wildcards))
        found = AddressSet(names=names)
    else:
        found = AddressSet(_spans(text, file, problems))
    if not found.spans and not found.names and len(problems.found) == before:
        block.warning("file", f"{file} lists nothing, so that the list never matches")
    return ExternalList(kind, found)


def _spans(text: str, file: str, problems: Problems) -> tuple[Span, ...]:
    found: list[Span] = []
    wrong = 0
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        word = line.split("#", 1)[0].strip()
        if not word:
            continue
        try:
            found.append(addresses.parse_addresses(word))
        except ValueError as error:
            wrong += 1
            if wrong <= _SHOWN:
                problems.error(
                    f"{file}:{number}", str(error), "one address, network or range a line"
                )
    if wrong > _SHOWN:
        problems.error(file, f"{wrong - _SHOWN} more lines are no addresses")
    return spans.merge(found)
