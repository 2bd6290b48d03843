"""What both rulebases find out of a connection, at the same cost for any number of rules."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from clearpane.rulebase.matchers import Matchers
from clearpane.rulebase.ruleset import category_of, compared_name

CATEGORIES = {"shopping": "shop.example\nboth.example\n", "banks": "bank.example\nboth.example\n"}
USERS = "10.1.2.3 alice ops\n10.1.2.4 carol\n"


def test_what_is_known_of_a_host_and_of_a_client(
    build: Callable[..., Any], hello: Callable[..., Any]
) -> None:
    rulebase = build(of_categories=CATEGORIES, users=USERS).rulebase

    assert rulebase.categories_of("WWW.Shop.Example.") == {"shopping"}
    with pytest.raises(ValueError, match="not a host name"):
        rulebase.categories_of("not a host")
    assert (rulebase.from_zone(hello()), rulebase.to_zone(hello())) == ("trust", "untrust")
    assert rulebase.user_of(hello()) == "alice"
    assert rulebase.user_of(hello(user="dave")) == "dave"
    assert rulebase.user_of(hello(source="10.9.9.9")) == ""


def test_facts_are_what_the_hello_says_unless_they_are_given(
    build: Callable[..., Any], hello: Callable[..., Any]
) -> None:
    rulebase = build(of_categories=CATEGORIES, users=USERS).rulebase
    said = rulebase.facts(hello("shop.example", host="b.example"))

    assert (said.from_zone, said.to_zone, said.port) == ("trust", "untrust", 443)
    assert (said.names, said.categories) == (("shop.example", "b.example"), {"shopping"})
    assert (said.words, said.application) == ({"alice", "ops", "known-user"}, "")
    given = rulebase.facts(hello("shop.example"), frozenset(["x"]), "a", "b", "ssh")
    assert (given.from_zone, given.to_zone, given.categories) == ("a", "b", {"x"})
    assert given.application == "ssh"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        pytest.param({"sni": "a.example", "host": "b.example"}, "a.example", id="the SNI"),
        pytest.param({"sni": "", "host": "b.example"}, "b.example", id="else the CONNECT host"),
        pytest.param({"sni": ""}, "203.0.113.9", id="else the address"),
        pytest.param({"sni": "", "destination": ""}, "", id="else nothing"),
    ],
)
def test_the_name_that_is_compared(
    hello: Callable[..., Any], said: dict[str, str], name: str
) -> None:
    assert compared_name(hello(**said)) == name


@pytest.mark.parametrize(
    ("asked", "found", "named"),
    [
        pytest.param(("b",), ("a", "b"), "b", id="the one asked for"),
        pytest.param((), ("b", "a"), "a", id="else the first"),
        pytest.param((), (), "any", id="else any"),
    ],
)
def test_the_category_of_a_decision(
    build: Callable[..., Any],
    hello: Callable[..., Any],
    asked: tuple[str, ...],
    found: tuple[str, ...],
    named: str,
) -> None:
    facts = build().rulebase.facts(hello(), frozenset(found))
    assert category_of(Matchers("r", categories=asked), facts) == named


def test_thousands_of_rules_cost_no_more_than_one(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    rules = "".join(
        f"  - {{name: r{n}, source: 10.{n // 256}.{n % 256}.0/24, action: decrypt}}\n"
        for n in range(2000)
    )
    built = build(f"rules:\n{rules}")

    assert built.problems.found == []
    for n in (0, 1, 777, 1999):
        source = f"10.{n // 256}.{n % 256}.9"
        assert built.rulebase.decide(hello(source=source), now).rule == f"r{n}"
    assert built.rulebase.decide(hello(source="10.200.0.1"), now).rule == ""
