"""What traffic may do: the first rule that matches says it, and which profiles inspect it.

The rules are asked when the application is known: for each request of a web session, once for any
other session. Where none matches, the two rules that a firewall has behind all others decide.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clearpane.content.applications import Application
from clearpane.hello import Hello
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.explanation import Skipped
from clearpane.rulebase.index import Facts
from clearpane.rulebase.matchers import Matchers
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.ruleset import RuleSet, category_of

# PAN-OS: traffic within a zone passes, traffic between zones does not.
INTRAZONE = "intrazone-default"
INTERZONE = "interzone-default"


class SecurityAction(StrEnum):
    """What happens to traffic; `deny` is what fits the application, a page where it can be shown.

    `drop` says nothing to either side, a reset ends the connection of the side that it names.
    """

    ALLOW = "allow"
    DENY = "deny"
    DROP = "drop"
    RESET_CLIENT = "reset-client"
    RESET_SERVER = "reset-server"
    RESET_BOTH = "reset-both"


class ProfileKind(StrEnum):
    """The kinds of profiles that inspect content, by the keys of a rule's `profiles`."""

    VIRUS = "virus"
    URL_FILTERING = "url-filtering"
    FILE_BLOCKING = "file-blocking"
    DATA_FILTERING = "data-filtering"


@dataclass(frozen=True, slots=True)
class ProfileNames:
    """One profile per kind; empty where nothing of the kind is inspected."""

    virus: str = ""
    url_filtering: str = ""
    file_blocking: str = ""
    data_filtering: str = ""


@dataclass(frozen=True, slots=True)
class SecurityRule(Matchers):
    """One rule; its profiles count where it allows."""

    action: SecurityAction = SecurityAction.DENY
    profiles: ProfileNames = ProfileNames()


@dataclass(frozen=True, slots=True)
class SecurityDecision:
    """The answer, and what a record needs to say why.

    `rule` may be one of the two behind all others, which stand at no `place`. `category` is the one
    that the rule asked for, else the first, `any` where there is none.
    """

    rule: str
    action: SecurityAction
    profiles: ProfileNames
    category: str = "any"
    place: str = ""

    @property
    def allows(self) -> bool:
        return self.action is SecurityAction.ALLOW


@dataclass(frozen=True, slots=True)
class SecurityExplanation:
    """A decision with every rule that was passed over on the way to it."""

    decision: SecurityDecision
    skipped: tuple[Skipped, ...] = ()


class SecurityRulebase(RuleSet[SecurityRule]):
    """Rules, objects and categories, compiled together; `defaults` are the profiles of traffic
    that no rule matches."""

    __slots__ = ("defaults",)

    def __init__(
        self,
        rules: tuple[SecurityRule, ...],
        objects: Objects,
        categories: Categories,
        defaults: ProfileNames,
    ) -> None:
        super().__init__(rules, objects, categories)
        self.defaults = defaults

    @property
    def names(self) -> tuple[str, ...]:
        """All that a decision can name, for hit counts."""
        return (*(rule.name for rule in self.rules), INTRAZONE, INTERZONE)

    def decide(
        self,
        hello: Hello,
        now: datetime,
        application: Application,
        categories: frozenset[str] | None = None,
    ) -> SecurityDecision:
        """The answer; `categories` are those of the URL (`of_url`), None stands for the host's."""
        facts = self.facts(hello, categories, application=application)
        rule = self.first(facts, now)
        return _decision(rule, facts) if rule else self._no_rule(facts)

    def explain(
        self,
        hello: Hello,
        now: datetime,
        application: Application,
        categories: frozenset[str] | None = None,
        from_zone: str | None = None,
        to_zone: str | None = None,
    ) -> SecurityExplanation:
        """The decision, and why each rule above it did not match; zones may be given instead."""
        facts = self.facts(hello, categories, from_zone, to_zone, application)
        rule, skipped = self.walk(hello, facts, now)
        return SecurityExplanation(
            _decision(rule, facts) if rule else self._no_rule(facts), skipped
        )

    def of_url(self, name: str, path: str) -> frozenset[str]:
        """What `category` compares for a URL: its categories, and the domain lists of its host.

        `name` has the form of `hello.host_name`, or is an address; `path` includes the query.
        """
        return self.with_lists(self.categories.of_url(name, path), name)

    def _no_rule(self, facts: Facts) -> SecurityDecision:
        """What lies in no zone is in no zone together with anything."""
        within = bool(facts.from_zone) and facts.from_zone == facts.to_zone
        return SecurityDecision(
            rule=INTRAZONE if within else INTERZONE,
            action=SecurityAction.ALLOW if within else SecurityAction.DENY,
            profiles=self.defaults,
            category=min(facts.categories, default="any"),
        )


def _decision(rule: SecurityRule, facts: Facts) -> SecurityDecision:
    return SecurityDecision(
        rule.name, rule.action, rule.profiles, category_of(rule, facts), rule.place
    )
