"""`clearpane test decryption-policy-match`: the question in the firewall's words, and its answer.

`security-policy-match` asks the same question with a word more. What is not said is not made up: it
lies in no zone, has no address and no name, and is said to.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

from clearpane.content.applications import Application
from clearpane.documents.nearest import did_you_mean, listed
from clearpane.errors import ClearpaneError, Problems
from clearpane.hello import Address, Hello, address, host_name
from clearpane.rulebase.decision import Decision
from clearpane.rulebase.explanation import Explanation, Skipped
from clearpane.rulebase.rule import Rule
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.ruleset import RuleSet
from clearpane.rulebase.security_rules import APPLICATIONS
from clearpane.rulebase.users import UNKNOWN

USAGE = (
    "words: from ZONE, to ZONE, source IP, destination IP-OR-HOST, destination-port N, "
    "source-user USER, category CATEGORY"
)
WORDS = ("from", "to", "source", "destination", "destination-port", "source-user", "category")
_ANY = "any"
_TLS_PORT = 443
_NO_SOURCE = IPv4Address(0)


@dataclass(frozen=True, slots=True)
class Question:
    """One connection as far as it was described; None stands for what the rest tells.

    `assumed` says what was taken for what was not said.
    """

    hello: Hello
    from_zone: str | None = None
    to_zone: str | None = None
    categories: frozenset[str] | None = None
    application: Application | None = None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rulebase says; `rule` is the one that matched."""

    explanation: Explanation
    rule: Rule | None
    assumed: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        decision = self.explanation.decision
        return {
            "rule": decision.rule,
            "action": str(decision.action),
            "profile": decision.profile,
            "reason": str(decision.reason),
            "exclusion": decision.exclusion,
            "skipped": skipped_json(self.explanation.skipped),
        }

    def __str__(self) -> str:
        said = _said(self.explanation.decision, self.rule)
        return text(said, self.explanation.skipped, self.assumed)


def text(said: Sequence[str], skipped: Iterable[Skipped], assumed: Sequence[str]) -> str:
    """An answer in lines, with the rules above it and what was taken for what was not said."""
    lines = [*said, *(f"skipped {each.rule}: {each.because}" for each in skipped)]
    if assumed:
        lines.append(f"not said, so taken as: {'; '.join(assumed)}")
    return "\n".join(lines)


def skipped_json(skipped: Iterable[Skipped]) -> list[dict[str, str]]:
    return [{"rule": each.rule, "because": each.because} for each in skipped]


def read(words: Sequence[str], rulebase: RuleSet[Any], known: Sequence[str] = WORDS) -> Question:
    """The question; raises ClearpaneError with all that is wrong with its words.

    `known` are the words that it may have.
    """
    problems = Problems()
    said = _pairs(words, known, problems)
    zones = rulebase.objects.zones.names
    categories = (*rulebase.categories.names, *rulebase.objects.domain_lists)
    _known(said, ("from", "to"), "zone", zones, problems)
    _known(said, ("category",), "category", categories, problems)
    _known(said, ("application",), "application", APPLICATIONS, problems)
    source = _value(said, "source", address, problems)
    port = _value(said, "destination-port", _port, problems)
    destination = _value(said, "destination", _destination, problems)
    if problems.errors:
        raise ClearpaneError.of(problems.errors)
    name = destination if isinstance(destination, str) else ""
    user = said.get("source-user", "")
    hello = Hello(
        source or _NO_SOURCE,
        None if isinstance(destination, str) else destination,
        port or _TLS_PORT,
        host=name,
        sni=name,
        user="" if user == UNKNOWN else user,
    )
    from_zone = said.get("from", None if source else "")
    category = frozenset([said["category"]]) if "category" in said else None
    application = Application(said["application"]) if "application" in said else None
    assumed = tuple(_assumed(said, hello))
    return Question(hello, from_zone, said.get("to"), category, application, assumed)


def ask(question: Question, rulebase: Rulebase, now: datetime) -> Answer:
    found = rulebase.explain(
        question.hello, now, question.categories, question.from_zone, question.to_zone
    )
    matched = next((rule for rule in rulebase.rules if rule.name == found.decision.rule), None)
    return Answer(found, matched, question.assumed)


def _said(decision: Decision, rule: Rule | None) -> list[str]:
    if decision.exclusion:
        return [
            "no rule matches: not decrypted",
            f"{decision.reason}: {decision.exclusion}; exclusions go before every rule",
        ]
    if rule is None:
        return ["no rule matches: not decrypted"]
    profile = f"profile {decision.profile}" if decision.profile else "no profile"
    return [
        f"matched rule: {rule.name}, {rule.action}",
        f"{rule.place}: {rule.type}, {profile}, category {decision.category}",
    ]


def _pairs(words: Sequence[str], known: Sequence[str], problems: Problems) -> dict[str, str]:
    """The words by two; `any` says nothing."""
    said: dict[str, str] = {}
    for key, value in zip(words[::2], [*words[1::2], ""], strict=False):
        if key not in known:
            cure = did_you_mean(key, known) or f"use {listed(known)}"
            problems.error("", f"{key!r} is no word of the question", cure)
        elif not value:
            problems.error("", f"{key} has no value", USAGE)
        elif key in said:
            problems.error("", f"{key} is said twice", "say it once")
        else:
            said[key] = value
    return {key: value for key, value in said.items() if value != _ANY}


def _known(
    said: dict[str, str],
    keys: Sequence[str],
    kind: str,
    names: Sequence[str],
    problems: Problems,
) -> None:
    for key in keys:
        if key in said and said[key] not in names:
            cure = did_you_mean(said[key], names) or f"known: {', '.join(names) or 'none'}"
            problems.error("", f"{key}: there is no {kind} {said[key]}", cure)


def _value[T](
    said: dict[str, str], key: str, parse: Callable[[str], T], problems: Problems
) -> T | None:
    try:
        return parse(said[key]) if key in said else None
    except ValueError as error:
        problems.error("", f"{key}: {error}")
        return None


def _destination(text: str) -> Address | str:
    try:
        return address(text)
    except ValueError:
        return host_name(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise ValueError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _assumed(said: dict[str, str], hello: Hello) -> list[str]:
    assumed = []
    if "source" not in said:
        assumed.append(f"a client at {_NO_SOURCE}" + ("" if "from" in said else ", in no zone"))
    if "to" not in said and hello.destination is None:
        assumed.append("a server in no zone")
    if "destination-port" not in said:
        assumed.append(f"destination-port {_TLS_PORT}")
    return assumed
