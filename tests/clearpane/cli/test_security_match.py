from datetime import datetime

import pytest

from clearpane.cli import security_match
from clearpane.configuration.configuration import Policy
from clearpane.errors import ClearpaneError
from sites import NOW, Site

SECURITY = """\
rules:
  - {name: banks, category: [bank], action: allow, profiles: {virus: none}}
  - {name: shells, from: [trust], application: [ssh], action: reset-both}
  - {name: web, from: [trust], service: [tcp/443], application: [web-browsing], action: allow}
"""
INSPECTED = "url-filtering default, file-blocking default, data-filtering default"


@pytest.fixture
def policy(site: Site) -> Policy:
    site.write("security.yaml", SECURITY)
    site.write("categories/bank.txt", "bank.example\n")
    return site.load()


def ask(words: str, policy: Policy, now: datetime = NOW) -> security_match.Answer:
    return security_match.ask(words.split(), policy, now)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        pytest.param("destination www.bank.example", "banks, allow", id="the host's category"),
        pytest.param("category bank", "banks, allow", id="a category that is said"),
        pytest.param("from trust application ssh", "shells, reset-both", id="an application"),
        pytest.param("from trust", "web, allow", id="the usual application"),
        pytest.param(
            "source 10.1.1.1 destination-port 22 to untrust",
            "interzone-default, deny",
            id="no rule between zones",
        ),
        pytest.param(
            "from dmz to dmz application rdp",
            "intrazone-default, allow",
            id="no rule within a zone",
        ),
    ],
)
def test_the_first_line_is_the_answer(words: str, first: str, site: Site) -> None:
    site.write("security.yaml", SECURITY)
    site.write("categories/bank.txt", "bank.example\n")
    site.write("settings.yaml", "zones: {trust: {networks: [10.0.0.0/8]}, dmz: {}, untrust: {}}\n")
    assert str(ask(words, site.load())).splitlines()[0] == f"matched rule: {first}"


def test_what_inspects_then_and_why_the_rules_above_do_not_match(policy: Policy) -> None:
    assert str(ask("from trust to untrust destination-port 443", policy)).splitlines() == [
        "matched rule: web, allow",
        f"rules/security.yaml:4:12: category any, virus default, {INSPECTED}",
        "skipped banks: category of none is not in bank",
        "skipped shells: application web-browsing is not in ssh",
        "not said, so taken as: a client at 0.0.0.0; application web-browsing",
    ]


def test_a_rule_that_does_not_allow_inspects_nothing(policy: Policy) -> None:
    said = str(ask("from trust application ssh", policy)).splitlines()
    assert said[:2] == [
        "matched rule: shells, reset-both",
        "rules/security.yaml:3:12: category any",
    ]
    assert str(ask("application rdp", policy)).splitlines()[1] == (
        "no rule of security.yaml matches: category any"
    )


def test_the_answer_as_json(policy: Policy) -> None:
    assert ask("category bank", policy).as_json() == {
        "rule": "banks",
        "action": "allow",
        "profiles": {
            "virus": "none",
            "url-filtering": "default",
            "file-blocking": "default",
            "data-filtering": "default",
        },
        "category": "bank",
        "skipped": [],
    }


def test_without_security_rules_everything_is_allowed(site: Site) -> None:
    answer = ask("from trust application ssh", site.load())
    assert str(answer).splitlines() == [
        "no security.yaml: everything is allowed",
        f"virus default, {INSPECTED}",
    ]
    assert (answer.as_json()["rule"], answer.as_json()["action"]) == ("", "allow")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        pytest.param(
            "application web",
            "application: there is no application web",
            id="an application from nowhere",
        ),
        pytest.param(
            "aplication ssh",
            """'aplication' is no word of the question (did you mean "application"?)""",
            id="a slip in a word",
        ),
        pytest.param("from moon", "from: there is no zone moon", id="a zone from nowhere"),
    ],
)
def test_a_question_that_makes_no_sense(words: str, problem: str, policy: Policy) -> None:
    with pytest.raises(ClearpaneError) as raised:
        ask(words, policy)
    assert str(raised.value).startswith(problem)
