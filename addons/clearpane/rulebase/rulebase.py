"""Whether to decrypt: the first rule that matches says it.

Exclusions come first, then the rules in their order; where none matches, nothing is decrypted. A
rulebase never changes: another one takes its place as a whole.
"""

from collections.abc import Iterable
from datetime import datetime

from clearpane.hello import Hello
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.rulebase.exclusions import Exclusion, Exclusions
from clearpane.rulebase.explanation import Explanation
from clearpane.rulebase.index import Facts
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.rule import Rule
from clearpane.rulebase.ruleset import RuleSet, category_of, compared_name


class Rulebase(RuleSet[Rule]):
    """Rules, objects, categories and exclusions, compiled together.

    `now` is an aware moment in local time everywhere: schedules and days of expiry are local.
    """

    __slots__ = ("exclusions",)

    def __init__(
        self,
        rules: tuple[Rule, ...],
        objects: Objects,
        categories: Categories,
        exclusions: Exclusions,
    ) -> None:
        super().__init__(rules, objects, categories)
        self.exclusions = exclusions

    def decide(
        self, hello: Hello, now: datetime, categories: frozenset[str] | None = None
    ) -> Decision:
        """The answer for one ClientHello; `categories` stand in for those of the host."""
        facts = self.facts(hello, categories)
        excluded = self.exclusions.find(compared_name(hello), now.date())
        if excluded:
            return _excluded(excluded, facts)
        rule = self.first(facts, now)
        return _decision(rule, facts) if rule else _no_rule(facts)

    def explain(
        self,
        hello: Hello,
        now: datetime,
        categories: frozenset[str] | None = None,
        from_zone: str | None = None,
        to_zone: str | None = None,
    ) -> Explanation:
        """The decision, and why each rule above it did not match; zones may be given instead."""
        facts = self.facts(hello, categories, from_zone, to_zone)
        excluded = self.exclusions.find(compared_name(hello), now.date())
        if excluded:
            return Explanation(_excluded(excluded, facts))
        rule, skipped = self.walk(hello, facts, now)
        return Explanation(_decision(rule, facts) if rule else _no_rule(facts), skipped)

    def excluded_certificate(self, names: Iterable[str], now: datetime) -> Decision | None:
        """The same for what the server's certificate shows: DNS names and CommonNames."""
        excluded = self.exclusions.find_certificate(names, now.date())
        return _excluded(excluded) if excluded else None


def _decision(rule: Rule, facts: Facts) -> Decision:
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
        category=category_of(rule, facts),
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
