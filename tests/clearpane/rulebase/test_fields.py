"""The keys that both rulebases have: the same words, and the same messages."""

from collections.abc import Callable
from typing import Any

import pytest

OBJECTS = """
addresses: {web-server: 192.0.2.10, branch: 10.2.0.0/16, portal: portal.example.com}
services: {https-alt: tcp/8443}
lists: {pinned: {type: domain, file: pinned.txt}, partners: {type: address, file: partners.txt}}
user-groups: {finance: [alice]}
schedules: {office-hours: {from: "08:00", to: "18:00"}}
"""
FILES = {"pinned.txt": "pinned.example\n", "partners.txt": "10.0.0.1\n"}
CATEGORIES = {"shopping": "shop.example\n", "financial-services": "bank.example\n"}

# The name of the file, and the key that a rule of it must have or may have.
BOTH = pytest.mark.parametrize(
    ("file", "action"),
    [
        pytest.param("decryption", "action: decrypt", id="decryption"),
        pytest.param("security", "action: allow", id="security"),
    ],
)


def given(build: Callable[..., Any], file: str, text: str) -> Any:
    argument = {"decryption": "decryption", "security": "of_security"}[file]
    return build(**{argument: text}, of_objects=OBJECTS, files=FILES, of_categories=CATEGORIES)


def rules_of(built: Any, file: str) -> Any:
    return (built.rulebase if file == "decryption" else built.security).rules


@BOTH
def test_absent_keys_and_any_mean_anything(
    build: Callable[..., Any], file: str, action: str
) -> None:
    keys = ("from", "to", "source", "destination", "source-user", "service", "category")
    words = "".join(f"\n    {key}: {'[any]' if key < 's' else 'any'}" for key in keys)
    names = f"  - name: bare\n    {action}\n  - name: any\n    {action}{words}\n"
    built = given(build, file, f"rules:\n{names}")
    bare, spelt = rules_of(built, file)

    assert built.messages in (
        [],
        ["decryption.yaml:1:8: warning: there are no rules: nothing is decrypted (write a rule)"],
    )
    for rule in (bare, spelt):
        assert rule.from_zones == rule.to_zones == rule.users == rule.categories == ()
        assert rule.source.words == rule.destination.words == rule.service.words == ()
        assert rule.applications == ()


@BOTH
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        pytest.param("", "rule 1: name is missing", id="no name"),
        pytest.param("name: r, actoin: x", 'did you mean "action"?', id="a misspelt key"),
        pytest.param("name: yes", "the bare word yes", id="YAML's trap as a name"),
        pytest.param("name: r, source: []", "source is an empty list", id="an empty list"),
        pytest.param("name: r, disabled: maybe", "must be true or false", id="no yes or no"),
        pytest.param("name: r, expires: 30.6.2027", "must be a date", id="no date"),
        pytest.param("name: r, category: [NO]", "the bare word NO", id="YAML's trap in a list"),
        pytest.param("name: r, source-user: pre-login", "a proxy never sees", id="pre-login"),
        pytest.param("name: r, from: trsut", 'no zone trsut (did you mean "trust"?)', id="a zone"),
        pytest.param("name: r, to: [dmz, dmx]", 'did you mean "dmz"?', id="a second zone"),
        pytest.param("name: r, category: shoping", 'did you mean "shopping"?', id="a category"),
        pytest.param(
            "name: r, category: partners",
            "no category or domain list partners",
            id="a list of addresses as a category",
        ),
        pytest.param("name: r, source: brnch", 'did you mean "branch"?', id="an address object"),
        pytest.param("name: r, service: https-atl", 'mean "https-alt"?', id="a service"),
        pytest.param("name: r, schedule: ofice-hours", 'mean "office-hours"?', id="a schedule"),
        pytest.param("name: r, source: [10.0.0.0/33]", "is not a network", id="a prefix of 33"),
        pytest.param("name: r, source: www.example.com", "is a name, and of a", id="a client name"),
        pytest.param("name: r, source: portal", "is a name, and of a", id="a client's name object"),
        pytest.param(
            "name: r, destination: ['^(.+\\.)?microsoft\\.com:443$']",
            "regular expressions are not supported",
            id="a pasted regular expression",
        ),
        pytest.param(
            "name: r, destination: 'list:x.txt'", "neither an address", id="a list's file"
        ),
        pytest.param("name: r, service: [tcp/99999]", "1 to 65535", id="a port of 99999"),
        pytest.param("name: r, service: [0443]", "ports are written", id="an octal port"),
        pytest.param("name: r, source: [any, branch]", "any matches without", id="any and more"),
        pytest.param("name: r, negate-source: true", "would match nothing", id="negating any"),
        pytest.param(
            "name: r, source: any, negate-source: true", "would match nothing", id="any negated"
        ),
    ],
)
def test_slips_are_reported_once(
    build: Callable[..., Any], keys: str, message: str, file: str, action: str
) -> None:
    built = given(build, file, f"rules:\n  - {{{action}{', ' if keys else ''}{keys}}}\n")
    messages = [text for text in built.messages if text.startswith(file)]

    assert len(messages) == 1
    assert message in messages[0]
    assert messages[0].startswith(f"{file}.yaml:2:")
    assert "error: rule " in messages[0]


@BOTH
def test_a_name_stands_once(build: Callable[..., Any], file: str, action: str) -> None:
    built = given(
        build, file, f"rules:\n  - {{name: one, {action}}}\n  - {{{action}, name: one}}\n"
    )

    assert [str(error) for error in built.problems.errors] == [
        f"{file}.yaml:3:{14 + len(action)}: error: the name one is taken by the rule at "
        f"{file}.yaml:2:12 (rename one of the two)"
    ]


@BOTH
def test_everything_wrong_is_reported_in_one_go(
    build: Callable[..., Any], file: str, action: str
) -> None:
    text = f"""rules:
  - name: first
    source: [10.0.0.0/33]
    action: decrpyt
  - name: second
    {action}
    destinaton: [any]
  - name: first
    {action}
  - service: [tcp/99999]
    name: third
    {action}
"""
    lines = [str(error).split(":")[1] for error in given(build, file, text).problems.errors]

    assert sorted(lines, key=int) == ["3", "4", "7", "8", "10"]


@BOTH
@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("rules: []", "3:8: warning: there are no rules", id="no rules on purpose"),
        pytest.param("other: []", "rules is missing", id="no key rules"),
        pytest.param("rules:", "rules has no value", id="a save caught halfway"),
        pytest.param("rules: {name: r}", "rules must be a list", id="no list"),
        pytest.param("rules: [r]", "rules must be a block of keys", id="no block"),
    ],
)
def test_the_file_itself(
    build: Callable[..., Any], text: str, message: str, file: str, action: str
) -> None:
    messages = given(build, file, f"\n\n{text}\n").messages
    messages = [each for each in messages if each.startswith(file)]

    assert any(message in each for each in messages)
    assert len(messages) <= 2


@BOTH
@pytest.mark.parametrize(
    ("word", "warned"),
    [
        pytest.param("finanec", True, id="almost a group"),
        pytest.param("know-user", True, id="almost a reserved word"),
        pytest.param("mallory", False, id="a user that proxy authentication may know"),
        pytest.param("ALICE", False, id="a user of a group"),
    ],
)
def test_users_can_not_be_checked_but_slips_are_warned_of(
    build: Callable[..., Any], word: str, warned: bool, file: str, action: str
) -> None:
    built = given(build, file, f"rules: [{{name: r, {action}, source-user: {word}}}]")

    assert built.problems.errors == []
    warnings = [each for each in built.problems.warnings if "source-user" in each.message]
    assert bool(warnings) is warned
