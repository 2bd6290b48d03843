"""Warnings: shadowed rules, unused words, dates past; and nothing that is fine."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearpane.errors import Problems
from clearpane.rulebase.lint import lint, shadowed

OBJECTS = """
addresses: {branch: 10.2.0.0/16, web: 192.0.2.10, spare: 10.9.9.9}
address-groups: {servers: [web], idle: [branch]}
services: {https: tcp/443, alt: tcp/8443}
lists: {partners: {type: address, file: partners.txt}, pinned: {type: domain, file: pinned.txt}}
user-groups: {Finance: [alice], board: [finance, carol]}
schedules: {noon: {from: "12:00", to: "13:00"}, nights: {from: "22:00", to: "06:00"}}
"""
FILES = {"partners.txt": "198.51.100.0/24\n", "pinned.txt": "pinned.example\n"}
CATEGORIES = {"shopping": "shop.example\n", "financial-services": "bank.example\n"}


def built(build: Callable[..., Any], text: str) -> Any:
    found = build(text, of_objects=OBJECTS, files=FILES, of_categories=CATEGORIES)
    assert found.problems.errors == []
    return found.rulebase


def secured(build: Callable[..., Any], *rules: str) -> Any:
    """Security rules a, b and so on with these keys."""
    texts = (
        f"{{name: {name}, action: deny, {keys}}}" for name, keys in zip("abc", rules, strict=False)
    )
    found = build(
        of_security=f"rules: [{', '.join(texts)}]",
        of_objects=OBJECTS,
        files=FILES,
        of_categories=CATEGORIES,
    )
    assert found.problems.errors == []
    return found.security


@pytest.mark.parametrize(
    ("earlier", "later", "never"),
    [
        pytest.param("", "destination: bank.example", True, id="all above one"),
        pytest.param("destination: bank.example", "", False, id="one above all"),
        pytest.param("from: trust", "from: trust", True, id="the same zone"),
        pytest.param("from: [trust, dmz]", "from: dmz", True, id="one of its zones"),
        pytest.param("from: dmz", "from: [trust, dmz]", False, id="more zones"),
        pytest.param("to: dmz", "to: trust", False, id="another zone"),
        pytest.param("source: 10.0.0.0/8", "source: [branch, 10.9.0.1]", True, id="networks"),
        pytest.param("source: branch", "source: 10.2.3.0/24", True, id="a literal in an object"),
        pytest.param("source: branch", "source: [10.2.3.0/24, 10.3.0.1]", False, id="partly"),
        pytest.param(
            "source: [10.0.0.0/9, 10.128.0.0/9]", "source: 10.0.0.0/8", True, id="in two halves"
        ),
        pytest.param("source: 10.0.0.0/8", "", False, id="any is more than a network"),
        pytest.param(
            "source: branch, negate-source: true", "source: 10.2.0.1", False, id="negated above"
        ),
        pytest.param(
            "source: branch, negate-source: true",
            "source: [branch, 10.3.0.0/16], negate-source: true",
            True,
            id="negated both, the upper leaves out less",
        ),
        pytest.param(
            "source: [branch, 10.3.0.0/16], negate-source: true",
            "source: branch, negate-source: true",
            False,
            id="negated both, the upper leaves out more",
        ),
        pytest.param(
            'destination: "*.example"', 'destination: ["*.a.example", b.example]', True, id="names"
        ),
        pytest.param(
            'destination: "*.b.example"', "destination: b.example", False, id="not the domain"
        ),
        pytest.param("destination: pinned", "destination: a.pinned.example", True, id="a list"),
        pytest.param("destination: servers", "destination: web", True, id="a group's member"),
        pytest.param("source-user: known-user", "source-user: alice", True, id="known users"),
        pytest.param("source-user: known-user", "source-user: unknown", False, id="not unknown"),
        pytest.param("source-user: known-user", "source-user: finance", True, id="a known group"),
        pytest.param("source-user: finance", "source-user: ALICE", True, id="a group's user"),
        pytest.param("source-user: board", "source-user: alice", True, id="a nested group's user"),
        pytest.param("source-user: alice", "source-user: finance", False, id="one of a group"),
        pytest.param("source-user: alice", "source-user: bob", False, id="another user"),
        pytest.param("service: [tcp/1-1000]", "service: https", True, id="ports"),
        pytest.param(
            "source: [branch, 10.1.0.0/16]", "source: [branch, 10.4.0.0/16]", False, id="overlap"
        ),
        pytest.param("source: branch", "source: branch, negate-source: true", False, id="below"),
        pytest.param("", "source: branch, negate-source: true", True, id="any above negated"),
        pytest.param("source-user: [alice]", "source-user: [alice, bob]", False, id="one of two"),
        pytest.param("service: https", "service: [https, alt]", False, id="more ports"),
        pytest.param("category: [shopping, pinned]", "category: pinned", True, id="categories"),
        pytest.param("category: shopping", "category: financial-services", False, id="another"),
        pytest.param("category: shopping", "", False, id="any is more than a category"),
        pytest.param("schedule: noon", "schedule: noon", True, id="the same schedule"),
        pytest.param("schedule: noon", "", False, id="only at noon"),
        pytest.param("", "schedule: noon", True, id="always above at noon"),
        pytest.param("expires: 2027-01-01", "", False, id="the upper one will expire"),
        pytest.param("expires: 2027-01-01", "expires: 2026-12-31", True, id="but not before"),
        pytest.param("disabled: true", "", False, id="the upper one is disabled"),
        pytest.param("", "disabled: true", False, id="the lower one is disabled anyway"),
    ],
)
def test_a_rule_never_matches(
    build: Callable[..., Any], earlier: str, later: str, never: bool
) -> None:
    rulebase = built(build, f"rules:\n  - {{name: a, {earlier}}}\n  - {{name: b, {later}}}\n")
    security = secured(build, earlier, later)
    expected = [("b", "a")] if never else []

    assert [(rule.name, other.name) for rule, other in shadowed(rulebase)] == expected
    assert [(rule.name, other.name) for rule, other in shadowed(security)] == expected


@pytest.mark.parametrize(
    ("earlier", "later", "never"),
    [
        pytest.param("application: [ssh, rdp]", "application: ssh", True, id="one of two"),
        pytest.param("application: ssh", "application: [ssh, rdp]", False, id="more applications"),
        pytest.param("application: ssh", "", False, id="any is more than an application"),
        pytest.param("", "application: ssh", True, id="any above an application"),
    ],
)
def test_a_security_rule_never_matches(
    build: Callable[..., Any], earlier: str, later: str, never: bool
) -> None:
    assert bool(list(shadowed(secured(build, earlier, later)))) is never


def test_the_first_rule_that_takes_all_is_named(build: Callable[..., Any]) -> None:
    rulebase = built(
        build,
        "rules: [{name: a, source: branch}, {name: b}, {name: c}, {name: d, source: 10.2.0.1}]",
    )

    assert [(rule.name, other.name) for rule, other in shadowed(rulebase)] == [
        ("c", "b"),
        ("d", "a"),
    ]


def test_warnings_name_place_and_cure(build: Callable[..., Any], now: datetime) -> None:
    found = build(
        """
rules:
  - {name: all, action: decrypt}
  - {name: bank, destination: bank.case.test}
  - {name: old, expires: 2026-11-24}
""",
        of_exclusions="exclusions: [{name: gone.example, expires: 2026-11-24}]",
    )
    problems = Problems()
    lint(found.rulebase, now.date(), problems)

    assert problems.errors == []
    assert [str(each) for each in problems.found] == [
        'decryption.yaml:4:12: warning: rule "bank" never matches: rule "all" above it matches '
        "all of it (move it up or remove it)",
        'decryption.yaml:5:12: warning: rule "old" never matches: rule "all" above it matches '
        "all of it (move it up or remove it)",
        'decryption.yaml:5:12: warning: rule "old" expired on 2026-11-24 and no longer matches '
        "(remove it or set a later day)",
        "exclusions.yaml:1:21: warning: the exclusion gone.example expired on 2026-11-24 and no "
        "longer holds (remove it or set a later day)",
    ]


def test_unused_words_are_named(build: Callable[..., Any], now: datetime) -> None:
    problems = Problems()
    lint(built(build, "rules: [{name: r}]"), now.date(), problems)
    messages = [str(each).split(": ")[2].removesuffix(" (remove it)") for each in problems.found]

    # branch, web and finance are members of groups.
    assert messages == [
        "no rule uses the address spare",
        "no rule uses the address group servers",
        "no rule uses the address group idle",
        "no rule uses the service https",
        "no rule uses the service alt",
        "no rule uses the list partners",
        "no rule uses the list pinned",
        "no rule uses the user group board",
        "no rule uses the schedule noon",
        "no rule uses the schedule nights",
    ]


def test_words_that_security_rules_or_profiles_use_are_used(
    build: Callable[..., Any], now: datetime
) -> None:
    problems = Problems()
    words = "source: idle, destination: [servers, spare], service: [https, alt], source-user: board"
    security = secured(build, words, "schedule: noon, source: partners", "schedule: nights")
    lint(built(build, "rules: []"), now.date(), problems, security, ["pinned"])

    assert problems.found == []


def test_security_rules_are_looked_at_too(build: Callable[..., Any], now: datetime) -> None:
    found = build(
        of_security="rules:\n  - {name: a, action: allow}\n"
        "  - {name: b, action: deny, expires: 2026-11-24}\n"
    )
    problems = Problems()
    lint(found.rulebase, now.date(), problems, found.security)

    assert [str(each).split(" (")[0] for each in problems.found] == [
        'security.yaml:3:12: warning: rule "b" never matches: rule "a" above it matches all of it',
        'security.yaml:3:12: warning: rule "b" expired on 2026-11-24 and no longer matches',
    ]


def test_used_words_are_not(build: Callable[..., Any], now: datetime) -> None:
    problems = Problems()
    rules = """
rules:
  - {name: a, source: [idle, partners], destination: [servers, spare], category: pinned,
     service: [https, alt], source-user: Board, schedule: noon}
  - {name: b, schedule: nights, disabled: true}
"""
    lint(built(build, rules), now.date(), problems)

    assert problems.found == []


CHOICES: dict[str, list[str]] = {
    "source": ["10.0.0.0/8", "branch", "10.2.3.0/24", "partners"],
    "destination": ["a.pinned.example", '"*.example"', "pinned", "203.0.113.9"],
    "source-user": ["alice", "Finance", "known-user", "unknown"],
    "service": ["https", "alt", "tcp/1-9000"],
}


@st.composite
def rule_keys(draw: st.DrawFn) -> str:
    keys = []
    for key, words in CHOICES.items():
        chosen = draw(st.lists(st.sampled_from(words), max_size=2))
        if chosen:
            keys.append(f"{key}: [{', '.join(chosen)}]")
            if key in ("source", "destination") and draw(st.booleans()):
                keys.append(f"negate-{key}: true")
    return ", ".join(keys)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rule_keys(), rule_keys())
def test_a_rule_that_is_called_shadowed_decides_nothing(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime, upper: str, lower: str
) -> None:
    rulebase = built(build, f"rules:\n  - {{name: a, {upper}}}\n  - {{name: b, {lower}}}\n")
    deciding = {
        rulebase.decide(hello(sni, source=source, user=user, port=port, destination=to), now).rule
        for sni in ("a.pinned.example", "b.example", "")
        for source in ("10.2.3.4", "10.2.9.9", "10.9.9.9", "198.51.100.1", "192.0.2.1")
        for user in ("", "alice", "bob")
        for port in (443, 8443, 9443)
        for to in ("203.0.113.9", "203.0.113.10")
    }

    if list(shadowed(rulebase)):
        assert "b" not in deciding
