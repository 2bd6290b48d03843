"""First match wins: the rules of one rulebase, compiled, and what they are compared with.

Both rulebases are rule sets; what a match means is for each of them to say.
"""

from datetime import datetime

from clearpane.hello import Address, Hello, address, host_name
from clearpane.rulebase.addresses import number
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.explanation import Skipped, because
from clearpane.rulebase.index import Facts, Index
from clearpane.rulebase.matchers import Matchers
from clearpane.rulebase.objects import Objects


class RuleSet[R: Matchers]:
    """Rules with the objects and categories that they name. It never changes.

    `now` is an aware moment in local time everywhere: schedules and days of expiry are local.
    """

    __slots__ = ("_enabled", "categories", "index", "objects", "rules")

    def __init__(self, rules: tuple[R, ...], objects: Objects, categories: Categories) -> None:
        self.rules = rules
        self.objects = objects
        self.categories = categories
        self.index = Index(rules, objects.domain_lists)
        self._enabled = sum(1 << n for n, rule in enumerate(rules) if not rule.disabled)

    def first(self, facts: Facts, now: datetime) -> R | None:
        """The first rule that matches."""
        candidates = self._enabled
        for mask in self.index.masks(facts):
            candidates &= mask
        while candidates:
            lowest = candidates & -candidates
            rule = self.rules[lowest.bit_length() - 1]
            if rule.holds(now):
                return rule
            candidates ^= lowest
        return None

    def walk(
        self, hello: Hello, facts: Facts, now: datetime
    ) -> tuple[R | None, tuple[Skipped, ...]]:
        """The same, with why each rule above it did not match."""
        masks = self.index.masks(facts)
        skipped: list[Skipped] = []
        for n, rule in enumerate(self.rules):
            matched = [bool(mask >> n & 1) for mask in masks]
            if all(matched) and rule.holds(now):
                return rule, tuple(skipped)
            why = because(rule, matched, hello, facts, self.user_of(hello), now)
            skipped.append(Skipped(rule.name, why))
        return None, tuple(skipped)

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

    def facts(
        self,
        hello: Hello,
        categories: frozenset[str] | None = None,
        from_zone: str | None = None,
        to_zone: str | None = None,
        application: str = "",
    ) -> Facts:
        """What the rules are compared with; what is given stands in for what the hello says."""
        destination = _destination(hello)
        return Facts(
            from_zone=self.from_zone(hello) if from_zone is None else from_zone,
            to_zone=self.to_zone(hello) if to_zone is None else to_zone,
            source=number(hello.source),
            destination=number(destination) if destination else None,
            names=tuple(dict.fromkeys(name for name in (hello.sni, hello.host) if name)),
            words=self.objects.users.words(self.user_of(hello)),
            port=hello.port,
            categories=self._categories(compared_name(hello)) if categories is None else categories,
            application=application,
        )

    def _categories(self, name: str) -> frozenset[str]:
        return self.with_lists(self.categories.of_host(name), name)

    def with_lists(self, found: frozenset[str], name: str) -> frozenset[str]:
        """Categories proper, and the domain lists that some rule names under `category`."""
        for word, names in self.index.lists.items():
            if names.covers(name):
                found |= {word}
        return found


def compared_name(hello: Hello) -> str:
    """What categories and exclusions look at: where there is no name, the address is the host."""
    return hello.name or str(hello.destination or "")


def category_of(rule: Matchers, facts: Facts) -> str:
    """The category that the rule asked for, else the first; `any` where there is none."""
    return min(facts.categories.intersection(rule.categories) or facts.categories, default="any")


def _destination(hello: Hello) -> Address | None:
    """The address that was connected to; behind an upstream proxy the one that was asked for."""
    if hello.destination or not hello.host:
        return hello.destination
    try:
        return address(hello.host)
    except ValueError:
        return None
