"""The engine in our own process: YARA rules over a body and all that is in it.

A body is unpacked by `content` within its limits; each member is matched by itself. Rules are
compiled once. Matching lets other threads run, so that large bodies can be scanned beside the loop.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import boreal

from clearpane.antivirus import threats
from clearpane.content.detection import Detection, Finding, Severity, Unread, Unscanned
from clearpane.content.inspection import inspect
from clearpane.content.limits import Budget, Limits
from clearpane.content.member import Member
from clearpane.documents.nearest import listed
from clearpane.errors import ClearpaneError, Problem, Problems

type Externals = dict[str, str | bytes | int | float | bool]

NAME = "embedded"
SECONDS = 30  # for the rules on one member; clamd's time-out is the same
# What public rule sets expect to be defined.
EXTERNALS: Externals = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")

_ERROR = re.compile(r"mem:(\d+:\d+): error: (.*)", re.DOTALL)


class Embedded:
    """Compiled rules; `scan` may be called from any thread."""

    def __init__(self, rules: Mapping[str, str], limits: Limits | None = None) -> None:
        """`rules` are sources by file name; ClearpaneError names every file that is wrong."""
        self._limits = limits or Limits()
        self._rules, problems = _compile(rules), Problems()
        self._threats = dict(_threats(self._rules, rules, problems))
        if not self._threats:
            cure = "put a .yar file into rules/threats"
            problems.error("", "the embedded engine has no rules", cure)
        if problems.errors:
            raise ClearpaneError.of(problems.found)

    def scan(
        self, body: bytes, name: str = "", encodings: Sequence[str] = (), content_type: str = ""
    ) -> tuple[Finding, ...]:
        """What is found in a body as it came over the wire; nothing: it is clean.

        `encodings` are its content codings, the one that was applied first standing first.
        """
        budget = Budget(self._limits)
        found = inspect(
            body,
            name=name,
            encodings=encodings,
            content_type=content_type,
            inspectors=(self,),
            budget=budget,
        )
        return found.findings

    @property
    def count(self) -> int:
        """How many threats the rules know."""
        return len(self._threats)

    def see(self, member: Member) -> Iterator[Finding]:
        """What the rules say of these very bytes."""
        name = member.name.rpartition("/")[2]
        extension = "." + name.rpartition(".")[2] if "." in name else ""
        externals = EXTERNALS | {"filename": name, "filepath": member.name, "extension": extension}
        try:
            found = self._rules.match(data=member.body, externals=externals, timeout=SECONDS)
        except boreal.TimeoutError:
            detail = f"the rules took longer than {SECONDS} s"
            yield Unscanned(Unread.LIMIT, member.name, detail)
        except boreal.Error as fault:
            yield Unscanned(Unread.ENGINE_DOWN, member.name, f"the rules failed: {fault}")
        else:
            for match in found:
                if threat := self._threats.get((match.namespace, match.rule)):
                    yield replace(threat, member=member.name)


def _compile(rules: Mapping[str, str]) -> "boreal.Scanner":
    try:
        return boreal.compile(sources=dict(rules), externals=dict(EXTERNALS), includes=False)
    except boreal.AddRuleError:
        raise ClearpaneError.of(_faults(rules)) from None


def _faults(rules: Mapping[str, str]) -> Iterator[Problem]:
    """The first fault of each file; a compiler goes no further."""
    for file, source in rules.items():
        try:
            boreal.compile(sources={file: source}, externals=dict(EXTERNALS), includes=False)
        except boreal.AddRuleError as fault:
            found = _ERROR.match(str(fault))
            place, message = (f"{file}:{found[1]}", found[2]) if found else (file, str(fault))
            yield Problem(place, f"YARA: {message}")


def _threats(
    compiled: "boreal.Scanner", rules: Mapping[str, str], problems: Problems
) -> Iterator[tuple[tuple[str, str], Detection]]:
    """What to report for each rule; private rules and global ones only serve others."""
    for rule in compiled:
        if not (rule.is_private or rule.is_global):
            place = _place(rule.namespace, rule.identifier, rules[rule.namespace])
            yield (rule.namespace, rule.identifier), _threat(rule, place, problems)


def _threat(rule: "boreal.Rule", place: str, problems: Problems) -> Detection:
    meta = {key: _text(value) for key, value in rule.meta.items()}
    name = str(meta.get("threat", rule.identifier))
    number = meta.get("id", threats.number(name))
    if not isinstance(number, int) or not threats.EICAR_NUMBER <= number <= threats.LAST:
        problems.error(
            place,
            f"rule {rule.identifier}: id {number} is not the number of a virus",
            f"numbers go from {threats.EICAR_NUMBER} to {threats.LAST}",
        )
        number = 0
    severity = meta.get("severity", Severity.MEDIUM)
    if severity not in list(Severity):
        message = f"rule {rule.identifier}: there is no severity {severity}"
        problems.error(place, message, f"it is {listed(Severity)}")
        severity = Severity.MEDIUM
    return Detection(name, number, severity=Severity(severity), engine=NAME)


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _place(file: str, rule: str, source: str) -> str:
    found = re.search(rf"^[^\n]*?\brule\s+{re.escape(rule)}\b", source, re.MULTILINE)
    return f"{file}:{source.count(chr(10), 0, found.start()) + 1}" if found else file
