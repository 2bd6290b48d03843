"""`clearpane test url`: in which categories a host is, who says so, and which rules that leads to.

Decryption knows the host alone; a path counts for URL filtering.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from clearpane.configuration.configuration import Policy
from clearpane.errors import ClearpaneError, Problem
from clearpane.hello import address, host_name
from clearpane.rulebase import categories
from clearpane.rulebase.rule import AddressField, Rule
from clearpane.rulebase.rulebase import Rulebase

_SHOWN_RULES, _SHOWN_WORDS = 12, 5


def answer(text: str, policy: Policy, now: datetime) -> str:
    """All lines; raises ClearpaneError where `text` names no host."""
    host, path = split(text)
    rulebase = policy.rulebase
    at_hello = rulebase.categories.of_host(host)
    with_path = rulebase.categories.of_url(host, path)
    lists = [name for name, names in rulebase.index.lists.items() if names.covers(host)]
    lines = [f"{host} {_among(at_hello)}"]
    if with_path != at_hello:
        lines.append(f"{host}{path} {_among(with_path)}; decryption knows the host alone")
    lines += places(host, path, at_hello | with_path, policy)
    lines += _lists(lists, rulebase)
    excluded = rulebase.exclusions.find(host, now.date())
    if excluded:
        why = excluded.place if excluded.custom else f"predefined, reason {excluded.reason}"
        lines.append(f"excluded by {excluded.name} ({why}): never decrypted, no rule is asked")
    else:
        lines += _rules(at_hello.union(lists), rulebase.rules)
    return "\n".join(lines)


def split(text: str) -> tuple[str, str]:
    """Host and path of a URL or of a part of one; raises ClearpaneError."""
    try:
        parts = urlsplit(f"//{text.rpartition('://')[2]}")
        host = parts.hostname or ""
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return _host(host), path
    except ValueError:
        message = f"{text!r} names no host"
        raise ClearpaneError(Problem("", message, "write HOST or HOST/PATH")) from None


def _host(text: str) -> str:
    try:
        return str(address(text))
    except ValueError:
        return host_name(text)


def _among(names: Iterable[str]) -> str:
    return f"is in {', '.join(sorted(names))}" if names else "is in no category"


def places(host: str, path: str, found: Iterable[str], policy: Policy) -> Iterator[str]:
    """The line of each category's file that says so; the files are read for that once more."""
    for read in policy.categories.values():
        category = read.category
        if category.name in found:
            text = Path(category.file).read_text("utf-8", errors="replace")
            line = categories.where(host, path, text.split("\n"))
            if line:
                yield f"  {category.file}:{line.number}: {line.text}"


def _lists(names: Iterable[str], rulebase: Rulebase) -> Iterator[str]:
    """Lists are defined in objects.yaml; a rule can name them as it names a category."""
    for each in rulebase.objects.defined:
        if each.section == "lists" and each.name in names:
            yield f"  {each.place}: the list {each.name}"


def _rules(found: frozenset[str], rules: Iterable[Rule]) -> Iterator[str]:
    """The rules that its categories do not keep from matching, in their order."""
    leading = [
        rule
        for rule in rules
        if not rule.disabled and (not rule.categories or found.intersection(rule.categories))
    ]
    if not leading:
        yield "no rule is for it: not decrypted"
        return
    yield "rules for it, of which the first that matches decides:"
    for rule in leading[:_SHOWN_RULES]:
        yield f"  {rule.place}: {rule.name}, {rule.action} ({_asks(rule, found)})"
    if len(leading) > _SHOWN_RULES:
        yield f"  and {len(leading) - _SHOWN_RULES} more"


def _asks(rule: Rule, found: frozenset[str]) -> str:
    wanted = sorted(found.intersection(rule.categories))
    asks = [("category", wanted or ["any"]), *_conditions(rule)]
    return "; ".join(f"{key} {_some(words)}" for key, words in asks if words)


def _some(words: Sequence[str]) -> str:
    more = [f"and {len(words) - _SHOWN_WORDS} more"] if len(words) > _SHOWN_WORDS else []
    return ", ".join([*words[:_SHOWN_WORDS], *more])


def _conditions(rule: Rule) -> Iterator[tuple[str, Sequence[str]]]:
    """What the rule asks for besides the category."""
    yield "from", rule.from_zones
    yield "to", rule.to_zones
    yield _key("source", rule.source), rule.source.words
    yield _key("destination", rule.destination), rule.destination.words
    yield "source-user", rule.users
    yield "service", rule.service.words
    yield "schedule", [rule.schedule.name] if rule.schedule else []


def _key(name: str, field: AddressField) -> str:
    return f"{name} not" if field.negate else name
