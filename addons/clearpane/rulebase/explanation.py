"""Why a rule did not match, in words that name the rule's key.

The first field that does not match is the reason; what is said is what was compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clearpane.hello import Hello
from clearpane.rulebase.decision import Decision
from clearpane.rulebase.index import FIELDS, Facts
from clearpane.rulebase.matchers import AddressField, Matchers
from clearpane.rulebase.schedules import DAYS

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule above the decision, and why it did not match."""

    rule: str
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with every rule that was passed over on the way to it."""

    decision: Decision
    skipped: tuple[Skipped, ...] = ()


def because(
    rule: Matchers, matched: Sequence[bool], hello: Hello, facts: Facts, user: str, now: datetime
) -> str:
    """The first reason; `matched` says per field of `FIELDS` whether it matched."""
    if rule.disabled:
        return "disabled"
    if rule.expired(now.date()):
        return f"expires {rule.expires} is past"
    for name, fits in zip(FIELDS, matched, strict=True):
        if not fits:
            return _field(name, rule, hello, facts, user)
    schedule = rule.schedule.name if rule.schedule else ""
    return f"schedule {schedule} does not hold on {DAYS[now.weekday()]} at {now:%H:%M}"


def _field(name: str, rule: Matchers, hello: Hello, facts: Facts, user: str) -> str:
    match name:
        case "from":
            zone = f"zone {facts.from_zone}" if facts.from_zone else "no zone"
            return _outside("from", zone, rule.from_zones)
        case "to":
            zone = f"zone {facts.to_zone}" if facts.to_zone else "no zone"
            return _outside("to", zone, rule.to_zones)
        case "source":
            return _address("source", str(hello.source), rule.source)
        case "destination":
            return _address("destination", _destination(hello, facts), rule.destination)
        case "source-user":
            return _outside("source-user", user or "nobody known", rule.users)
        case "service":
            return _outside("service", f"tcp/{facts.port}", rule.service.words)
        case "application":
            return _outside("application", facts.application or "not known", rule.applications)
        case _:
            found = ", ".join(sorted(facts.categories)) or "of none"
            return _outside("category", found, rule.categories)


def _destination(hello: Hello, facts: Facts) -> str:
    shown = [*facts.names, *([str(hello.destination)] if hello.destination else [])]
    return " or ".join(dict.fromkeys(shown)) or "unknown"


def _address(key: str, shown: str, field: AddressField) -> str:
    if field.negate:
        return f"{key} {shown} is in {_listed(field.words)}, which negate-{key} leaves out"
    return _outside(key, shown, field.words)


def _outside(key: str, shown: str, words: Sequence[str]) -> str:
    return f"{key} {shown} is not in {_listed(words)}"


def _listed(words: Sequence[str]) -> str:
    if len(words) <= _SHOWN:
        return ", ".join(words)
    return f"{', '.join(words[:_SHOWN])} and {len(words) - _SHOWN} more"
