"""`clearpane test url`: in which categories a host is, who says so, and which rules that leads to.

Decryption knows the host alone; a path counts for security rules and URL filtering.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import urlsplit

from clearpane.configuration.configuration import DEFAULT, Policy
from clearpane.errors import ClearpaneError, Problem
from clearpane.filtering.url import UrlFiltering
from clearpane.hello import address, host_name
from clearpane.rulebase import categories
from clearpane.rulebase.matchers import AddressField, Matchers
from clearpane.rulebase.rule import Rule
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.security import (
    INTERZONE,
    INTRAZONE,
    ProfileNames,
    SecurityAction,
    SecurityRule,
)

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SHOWN_RULES, _SHOWN_WORDS = 12, 5


def answer(text: str, policy: Policy, now: datetime) -> str:
    """All lines; raises ClearpaneError where `text` names no host."""
    host, path = split(text)
    rulebase = policy.rulebase
    at_hello = rulebase.categories.of_host(host)
    with_path = rulebase.categories.of_url(host, path)
    known = {**rulebase.index.lists, **policy.url_lists}
    lists = [name for name, names in known.items() if names.covers(host)]
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
    lines += _security(policy.url_categories(host, path), policy)
    return "\n".join(lines)


def split(text: str) -> tuple[str, str]:
    """Host and path of a URL or of a part of one; raises ClearpaneError."""
    try:
        parts = urlsplit(with_authority(text))
        host = parts.hostname or ""
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return _host(host), path
    except ValueError:
        message = f"{text!r} names no host"
        raise ClearpaneError(Problem("", message, "write HOST or HOST/PATH")) from None


def with_authority(text: str) -> str:
    """With the two slashes that stand before a host, and an IPv6 address in its brackets."""
    if _SCHEME.match(text):
        return text
    host, slash, path = text.partition("/")
    try:
        return f"//[{IPv6Address(host)}]{slash}{path}"
    except ValueError:
        return f"//{text}"


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
    leading = _leading(found, rules)
    if not leading:
        yield "no rule is for it: not decrypted"
        return
    yield "rules for it, of which the first that matches decides:"
    yield from _shown(
        f"  {rule.place}: {rule.name}, {rule.action} ({_asks(rule, found)})" for rule in leading
    )


def _security(found: frozenset[str], policy: Policy) -> Iterator[str]:
    """The same for security rules, with what the URL profile of each does."""
    if policy.security is None:
        default = policy.content_profiles(None).url
        yield f"no security.yaml: allowed{_judged(found, default, DEFAULT)}"
        return
    leading = _leading(found, policy.security.rules)
    if leading:
        yield "security rules for it, of which the first that matches decides:"
    yield from _shown(_security_rule(rule, found, policy) for rule in leading)
    filtered = _filtered(found, policy.security.defaults, policy)
    yield f"where no security rule matches: {INTRAZONE}, allow{filtered}; {INTERZONE}, deny"


def _security_rule(rule: SecurityRule, found: frozenset[str], policy: Policy) -> str:
    allows = rule.action is SecurityAction.ALLOW
    filtered = _filtered(found, rule.profiles, policy) if allows else ""
    return f"  {rule.place}: {rule.name}, {rule.action} ({_asks(rule, found)}){filtered}"


def _filtered(found: frozenset[str], names: ProfileNames, policy: Policy) -> str:
    name = names.url_filtering
    return _judged(found, policy.url_profiles.get(name), name)


def _judged(found: frozenset[str], profile: UrlFiltering | None, name: str) -> str:
    if profile is None:
        return ", no url-filtering"
    judged = profile.judge(found)
    return f", url-filtering {name}: {judged.action} for {judged.category}"


def _leading[R: Matchers](found: frozenset[str], rules: Iterable[R]) -> list[R]:
    return [
        rule
        for rule in rules
        if not rule.disabled and (not rule.categories or found.intersection(rule.categories))
    ]


def _shown(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:_SHOWN_RULES]
    if len(every) > _SHOWN_RULES:
        yield f"  and {len(every) - _SHOWN_RULES} more"


def _asks(rule: Matchers, found: frozenset[str]) -> str:
    wanted = sorted(found.intersection(rule.categories))
    asks = [("category", wanted or ["any"]), *_conditions(rule)]
    return "; ".join(f"{key} {_some(words)}" for key, words in asks if words)


def _some(words: Sequence[str]) -> str:
    more = [f"and {len(words) - _SHOWN_WORDS} more"] if len(words) > _SHOWN_WORDS else []
    return ", ".join([*words[:_SHOWN_WORDS], *more])


def _conditions(rule: Matchers) -> Iterator[tuple[str, Sequence[str]]]:
    """What the rule asks for besides the category."""
    yield "from", rule.from_zones
    yield "to", rule.to_zones
    yield _key("source", rule.source), rule.source.words
    yield _key("destination", rule.destination), rule.destination.words
    yield "source-user", rule.users
    yield "service", rule.service.words
    yield "application", rule.applications
    yield "schedule", [rule.schedule.name] if rule.schedule else []


def _key(name: str, field: AddressField) -> str:
    return f"{name} not" if field.negate else name
