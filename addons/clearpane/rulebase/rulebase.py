"""First match wins.

Exclusions come first, then the rules in their order; where none matches, nothing is decrypted. A
rulebase never changes: another one takes its place as a whole.
"""

from collections.abc import Iterable
from datetime import datetime

from clearpane.hello import Address, Hello, address, host_name
from clearpane.rulebase.addresses import number
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.rulebase.exclusions import Exclusion, Exclusions
from clearpane.rulebase.explanation import Explanation, Skipped, because
from clearpane.rulebase.index import Facts, Index
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.rule import Rule


class Rulebase:
    """Rules, objects, categories and exclusions, compiled together.

    `now` is an aware moment in local time everywhere: schedules and days of expiry are local.
    """

    __slots__ = ("_enabled", "categories", "exclusions", "index", "objects", "rules")

    def __init__(
        self,
        rules: tuple[Rule, ...],
        objects: Objects,
        categories: Categories,
        exclusions: Exclusions,
    ) -> None:
        self.rules = rules
        self.objects = objects
        self.categories = categories
        self.exclusions = exclusions
        self.index = Index(rules, objects.domain_lists)
        self._enabled = sum(1 << n for n, rule in enumerate(rules) if not rule.disabled)

    def decide(
        self, hello: Hello, now: datetime, categories: frozenset[str] | None = None
    ) -> Decision:
        """The answer for one ClientHello; `categories` stand in for those of the host."""
        facts = self._facts(hello, categories)
        excluded = self.exclusions.find(_name(hello), now.date())
        if excluded:
            return _excluded(excluded, facts)
        candidates = self._enabled
        for mask in self.index.masks(facts):
            candidates &= mask
        while candidates:
            lowest = candidates & -candidates
            rule = self.rules[lowest.bit_length() - 1]
            if rule.holds(now):
                return _decision(rule, facts)
            candidates ^= lowest
        return _no_rule(facts)

    def explain(
        self,
        hello: Hello,
        now: datetime,
        categories: frozenset[str] | None = None,
        from_zone: str | None = None,
        to_zone: str | None = None,
    ) -> Explanation:
        """The decision, and why each rule above it did not match; zones may be given instead."""
        facts = self._facts(hello, categories, from_zone, to_zone)
        excluded = self.exclusions.find(_name(hello), now.date())
        if excluded:
            return Explanation(_excluded(excluded, facts))
        masks = self.index.masks(facts)
        skipped: list[Skipped] = []
        for n, rule in enumerate(self.rules):
            matched = [bool(mask >> n & 1) for mask in masks]
            if all(matched) and rule.holds(now):
                return Explanation(_decision(rule, facts), tuple(skipped))
            why = because(rule, matched, hello, facts, self.user_of(hello), now)
            skipped.append(Skipped(rule.name, why))
        return Explanation(_no_rule(facts), tuple(skipped))

    def excluded_certificate(self, names: Iterable[str], now: datetime) -> Decision | None:
        """The same for what the server's certificate shows: DNS names and CommonNames."""
        excluded = self.exclusions.find_certificate(names, now.date())
        return _excluded(excluded) if excluded else None

    def categories_of(self, name: str) -> frozenset[str]:
        """The categories of a host as an administrator writes it; ValueError if it is no name."""
        return self.categories.of_host(host_name(name))

    def from_zone(self, hello: Hello) -> str:
        """The listener's zone, else that of the source; empty where neither has one."""
        zones = self.objects.zones
        return zones.of_listener(hello.listener) or zones.of_number(number(hello.source))

    def to_zone(self, hello: Hello) -> str:
        destination = _destination(hello)
        return self.objects.zones.of_number(number(destination)) if destination else ""

    def user_of(self, hello: Hello) -> str:
        """Who proxy authentication or the user file says is there; empty where nobody is known."""
        return hello.user or self.objects.users.at(hello.source)

    def _facts(
        self,
        hello: Hello,
        categories: frozenset[str] | None = None,
        from_zone: str | None = None,
        to_zone: str | None = None,
    ) -> Facts:
        destination = _destination(hello)
        return Facts(
            from_zone=self.from_zone(hello) if from_zone is None else from_zone,
            to_zone=self.to_zone(hello) if to_zone is None else to_zone,
            source=number(hello.source),
            destination=number(destination) if destination else None,
            names=tuple(dict.fromkeys(name for name in (hello.sni, hello.host) if name)),
            words=self.objects.users.words(self.user_of(hello)),
            port=hello.port,
            categories=self._categories(_name(hello)) if categories is None else categories,
        )

    def _categories(self, name: str) -> frozenset[str]:
        """Categories proper, and the domain lists that some rule names under `category`."""
        found = self.categories.of_host(name)
        for word, names in self.index.lists.items():
            if names.covers(name):
                found |= {word}
        return found


def _name(hello: Hello) -> str:
    """What categories and exclusions look at: where there is no name, the address is the host."""
    return hello.name or str(hello.destination or "")


def _destination(hello: Hello) -> Address | None:
    """The address that was connected to; behind an upstream proxy the one that was asked for."""
    if hello.destination or not hello.host:
        return hello.destination
    try:
        return address(hello.host)
    except ValueError:
        return None


def _decision(rule: Rule, facts: Facts) -> Decision:
    wanted = facts.categories.intersection(rule.categories)
    return Decision(
        action=rule.action,
        reason=Reason.NONE if rule.action is Action.DECRYPT else Reason.RULE,
        rule=rule.name,
        type=rule.type,
        profile=rule.profile,
        log_success=rule.log_success,
        log_fail=rule.log_fail,
        certificates=rule.certificates,
        from_zone=facts.from_zone,
        to_zone=facts.to_zone,
        category=min(wanted or facts.categories, default="any"),
    )


def _no_rule(facts: Facts) -> Decision:
    return Decision(
        action=Action.NO_DECRYPT,
        reason=Reason.NO_RULE,
        from_zone=facts.from_zone,
        to_zone=facts.to_zone,
        category=min(facts.categories, default="any"),
    )


def _excluded(exclusion: Exclusion, facts: Facts | None = None) -> Decision:
    return Decision(
        action=Action.NO_DECRYPT,
        reason=Reason.EXCLUDED_CUSTOM if exclusion.custom else Reason.EXCLUDED_PREDEFINED,
        exclusion=exclusion.name,
        from_zone=facts.from_zone if facts else "",
        to_zone=facts.to_zone if facts else "",
        category=min(facts.categories, default="any") if facts else "any",
    )
