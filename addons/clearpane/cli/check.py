"""`clearpane check`: all that is wrong with rules/ and ca/, in one go.

Warnings alone are no fault: the gateway starts with them.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.authorities.summary import Summary, summarise
from clearpane.cli.clock import now as current_time
from clearpane.cli.counted import counted
from clearpane.cli.folders import add_folders
from clearpane.configuration.configuration import Policy, ReadCategory
from clearpane.configuration.load import load, load_rules
from clearpane.errors import ClearpaneError, Problem, Severity

_VALID, _WRONG = 0, 1


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found; `policy` is None where something is wrong. `inbound` are the protected
    servers' certificates."""

    problems: tuple[Problem, ...]
    policy: Policy | None
    inbound: tuple[Summary, ...] = ()

    def __str__(self) -> str:
        """All problems, the inbound certificates, and the summary in the last line."""
        servers = (
            f"inbound certificate {each.name}: {each.subject}, to {each.not_after[:10]}, "
            f"SHA-256 {each.fingerprint}"
            for each in self.inbound
        )
        return "\n".join([*map(str, self.problems), *servers, self._summary()])

    def _summary(self) -> str:
        warnings = sum(problem.severity is Severity.WARNING for problem in self.problems)
        if self.policy is None:
            errors = counted(len(self.problems) - warnings, "error")
            return f"rules are not valid: {errors}, {counted(warnings, 'warning')}"
        rules = counted(len(self.policy.rulebase.rules), "rule")
        if self.policy.security:
            rules += f", {counted(len(self.policy.security.rules), 'security rule')}"
        listed = _listed(self.policy.categories)
        return f"rules are valid: {rules}, {listed}, {counted(warnings, 'warning')}"


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "validate rules/ and ca/"
    parser = verbs.add_parser("check", help=text, description=text)
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    checked = validate(args.rules, args.ca, current_time())
    print(checked)
    return _WRONG if checked.policy is None else _VALID


def validate(rules: Path, ca: Path, now: datetime) -> Checked:
    """What the gateway would say to the two folders at its start."""
    try:
        policy = load(rules, ca, now, store.load, load_inbound)
    except ClearpaneError as error:
        if not store.is_new(ca):
            return Checked(error.problems, None)
        return _before_first_start(rules, ca, now, error.problems)
    found = policy.inbound.values()
    servers = (summarise(each.certificate, each.name, each.file, now) for each in found)
    return Checked(policy.warnings, policy, tuple(servers))


def _before_first_start(
    rules: Path, ca: Path, now: datetime, problems: tuple[Problem, ...]
) -> Checked:
    """That there are no authorities yet is no error: the first start makes them."""
    cure = "the first start makes them, or `clearpane ca init`"
    note = Problem(str(ca), "there are no authorities yet", cure, Severity.WARNING)
    places = [store.places(ca, slot) for slot in store.missing(ca)]
    missing = {path for pair in places for path in (pair.certificate, pair.key)}
    found = (*(problem for problem in problems if problem.place not in missing), note)
    if any(problem.severity is Severity.ERROR for problem in found):
        return Checked(found, None)
    return Checked(found, load_rules(rules, now))


def _listed(categories: Mapping[str, ReadCategory]) -> str:
    entries = sum(len(read.category.listed) for read in categories.values())
    kinds = "category" if len(categories) == 1 else "categories"
    of = "entry" if entries == 1 else "entries"
    return f"{len(categories)} {kinds} with {entries:,} {of}"
