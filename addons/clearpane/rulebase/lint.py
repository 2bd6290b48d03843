"""What is allowed but hardly meant: rules that never match, words that nobody uses, dates past.

Only sure cases are named: a rule counts as shadowed where one earlier rule alone matches all that
it matches.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from clearpane.errors import Problems
from clearpane.rulebase import spans, users
from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.matchers import AddressField, Matchers
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.ruleset import RuleSet
from clearpane.rulebase.security import SecurityRulebase

_KINDS = {
    "addresses": "address",
    "address-groups": "address group",
    "services": "service",
    "lists": "list",
    "user-groups": "user group",
    "schedules": "schedule",
}


def lint(
    rulebase: Rulebase,
    today: date,
    problems: Problems,
    security: SecurityRulebase | None = None,
    lists: Iterable[str] = (),
) -> None:
    """Records a warning for each finding. `lists` are those that profiles use."""
    _rules(rulebase, today, problems)
    if security:
        _rules(security, today, problems)
    for entry in rulebase.exclusions.custom:
        if entry.expired(today):
            message = f"the exclusion {entry.name} expired on {entry.expires} and no longer holds"
            problems.warning(entry.place, message, "remove it or set a later day")
    rules = (*rulebase.rules, *(security.rules if security else ()))
    used = {*_used(rules, rulebase.objects), *(("lists", name) for name in lists)}
    _unused(used, rulebase.objects, problems)


def _rules[R: Matchers](ruleset: RuleSet[R], today: date, problems: Problems) -> None:
    for rule, other in shadowed(ruleset):
        message = (
            f'rule "{rule.name}" never matches: rule "{other.name}" above it matches all of it'
        )
        problems.warning(rule.place, message, "move it up or remove it")
    for rule in ruleset.rules:
        if rule.expired(today):
            message = f'rule "{rule.name}" expired on {rule.expires} and no longer matches'
            problems.warning(rule.place, message, "remove it or set a later day")


def shadowed[R: Matchers](ruleset: RuleSet[R]) -> Iterator[tuple[R, R]]:
    """Rules that never match, each with the first rule that takes all of its connections."""
    for number, rule in enumerate(ruleset.rules):
        if rule.disabled:
            continue
        said = [_said_of(word, ruleset.objects) for word in rule.users]
        candidates = ruleset.index.covering(rule, said) & ((1 << number) - 1)
        while candidates:
            lowest = candidates & -candidates
            earlier = ruleset.rules[lowest.bit_length() - 1]
            if covers(earlier, rule, ruleset.objects):
                yield rule, earlier
                break
            candidates ^= lowest


def covers(earlier: Matchers, later: Matchers, objects: Objects) -> bool:
    """Whether the earlier rule surely matches whatever the later one matches, at any time."""
    return (
        not earlier.disabled
        and (
            earlier.expires is None
            or (later.expires is not None and later.expires <= earlier.expires)
        )
        and (earlier.schedule is None or earlier.schedule == later.schedule)
        and _words_cover(earlier.from_zones, later.from_zones)
        and _words_cover(earlier.to_zones, later.to_zones)
        and _words_cover(earlier.categories, later.categories)
        and _words_cover(earlier.applications, later.applications)
        and _users_cover(earlier.users, later.users, objects)
        and _ports_cover(earlier, later)
        and _addresses_cover(earlier.source, later.source)
        and _addresses_cover(earlier.destination, later.destination)
    )


def _words_cover(earlier: tuple[str, ...], later: tuple[str, ...]) -> bool:
    return not earlier or (bool(later) and set(later) <= set(earlier))


def _users_cover(earlier: tuple[str, ...], later: tuple[str, ...], objects: Objects) -> bool:
    """A user is covered by a group, and everyone but nobody by `known-user`."""
    if not earlier or not later:
        return not earlier
    wanted = {word.casefold() for word in earlier}
    return all(_said_of(word, objects) & wanted for word in later)


def _said_of(word: str, objects: Objects) -> frozenset[str]:
    """The words of which each one matches whomever this word matches."""
    name, known = word.casefold(), objects.users
    if name == users.UNKNOWN:
        return frozenset([name])
    if name in known.groups or name == users.KNOWN:
        return frozenset([name, users.KNOWN])
    return known.words(name)


def _ports_cover(earlier: Matchers, later: Matchers) -> bool:
    if not earlier.service.words or not later.service.words:
        return not earlier.service.words
    return spans.contain(earlier.service.ports, later.service.ports)


def _addresses_cover(earlier: AddressField, later: AddressField) -> bool:
    if not earlier.words or not later.words:
        return not earlier.words
    if earlier.negate != later.negate:
        return False
    if earlier.negate:
        return set(earlier.words) <= set(later.words)
    if set(later.words) <= set(earlier.words):
        return True
    return AddressSet.union(earlier.sets).contains(AddressSet.union(later.sets))


def _unused(used: Collection[tuple[str, str]], objects: Objects, problems: Problems) -> None:
    for each in objects.defined:
        name = each.name.casefold() if each.section == "user-groups" else each.name
        if (each.section, name) not in used:
            message = f"no rule uses the {_KINDS[each.section]} {each.name}"
            problems.warning(each.place, message, "remove it")


def _used(rules: Iterable[Matchers], objects: Objects) -> Iterator[tuple[str, str]]:
    """The sections in which a rule's words, or a group's members, may be defined."""
    for rule in rules:
        for word in (*rule.source.words, *rule.destination.words):
            yield from (("addresses", word), ("address-groups", word), ("lists", word))
        yield from (("lists", word) for word in rule.categories)
        yield from (("services", word) for word in rule.service.words)
        yield from (("user-groups", word.casefold()) for word in rule.users)
        if rule.schedule:
            yield "schedules", rule.schedule.name
    for each in objects.defined:
        for member in each.members:
            if each.section == "user-groups":
                yield "user-groups", member.casefold()
            else:
                yield from ((s, member) for s in ("addresses", "address-groups", "lists"))
