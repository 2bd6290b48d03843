"""`clearpane test security-policy-match`: which security rule matches, and what inspects then.

The question is that of `decryption-policy-match` with the word `application`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from clearpane.cli import match
from clearpane.configuration.configuration import DEFAULT, Policy
from clearpane.content.applications import Application
from clearpane.rulebase.security import (
    ProfileNames,
    SecurityAction,
    SecurityDecision,
    SecurityExplanation,
)

USAGE = f"{match.USAGE}, application APPLICATION"
WORDS = (*match.WORDS, "application")
_USUAL = Application.WEB_BROWSING

# What holds where there is no security.yaml.
_OPEN = SecurityDecision("", SecurityAction.ALLOW, ProfileNames(DEFAULT, DEFAULT, DEFAULT, DEFAULT))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rulebase says."""

    explanation: SecurityExplanation
    assumed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        decision = self.explanation.decision
        return {
            "rule": decision.rule,
            "action": str(decision.action),
            "profiles": dict(profiles(decision.profiles)),
            "category": decision.category,
            "skipped": match.skipped_json(self.explanation.skipped),
        }

    def __str__(self) -> str:
        said = _said(self.explanation.decision)
        return match.text(said, self.explanation.skipped, self.assumed)


def ask(words: Sequence[str], policy: Policy, now: datetime) -> Answer:
    """The answer; raises ClearpaneError with all that is wrong with the words."""
    security = policy.security
    question = match.read(words, security or policy.rulebase, WORDS)
    if security is None:
        return Answer(SecurityExplanation(_OPEN))
    found = security.explain(
        question.hello,
        now,
        question.application or _USUAL,
        question.categories,
        question.from_zone,
        question.to_zone,
    )
    assumed = () if question.application else (f"application {_USUAL}",)
    return Answer(found, (*question.assumed, *assumed))


def profiles(names: ProfileNames) -> Iterator[tuple[str, str]]:
    """Each kind by its key in a rule, with the profile or `none`."""
    yield "virus", names.virus or "none"
    yield "url-filtering", names.url_filtering or "none"
    yield "file-blocking", names.file_blocking or "none"
    yield "data-filtering", names.data_filtering or "none"


def _said(decision: SecurityDecision) -> list[str]:
    inspected = ", ".join(f"{kind} {name}" for kind, name in profiles(decision.profiles))
    if not decision.rule:
        return ["no security.yaml: everything is allowed", inspected]
    where = decision.place or "no rule of security.yaml matches"
    more = f", {inspected}" if decision.allows else ""
    return [
        f"matched rule: {decision.rule}, {decision.action}",
        f"{where}: category {decision.category}{more}",
    ]
