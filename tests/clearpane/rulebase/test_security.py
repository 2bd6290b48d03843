"""What traffic may do: the application, the URL's categories, and the two rules behind all others.

The matchers that both rulebases have are tested with the decryption rulebase.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from clearpane.content.applications import Application
from clearpane.rulebase.security import (
    ProfileNames,
    SecurityAction,
    SecurityDecision,
    SecurityRule,
)

DEFAULTS = ProfileNames("default", "default", "default", "")
RULES = """
rules:
  - {name: off, action: allow, disabled: true}
  - {name: no-dns, application: dns-over-https, action: deny}
  - {name: remote, application: [ssh, rdp], to: untrust, action: drop}
  - {name: banks, category: banks, action: reset-both, profiles: {virus: strict}}
  - {name: web, from: trust, application: [web-browsing, ssl], action: allow}
"""
CATEGORIES = {"banks": "bank.example\nshop.example/bank\n", "shops": "shop.example\n"}


@pytest.mark.parametrize(
    ("application", "said", "categories", "rule", "action"),
    [
        pytest.param("web-browsing", {}, None, "web", "allow", id="an application"),
        pytest.param("ssl", {}, None, "web", "allow", id="one of two applications"),
        pytest.param("dns-over-https", {}, None, "no-dns", "deny", id="an application denied"),
        pytest.param("rdp", {}, None, "remote", "drop", id="an application and a zone"),
        pytest.param("grpc", {}, None, "interzone-default", "deny", id="no rule between zones"),
        pytest.param(
            "ssh",
            {"destination": "10.9.9.9"},
            None,
            "intrazone-default",
            "allow",
            id="no rule within a zone",
        ),
        pytest.param(
            "web-browsing", {"sni": "bank.example"}, None, "banks", "reset-both", id="a host"
        ),
        pytest.param(
            "web-browsing", {"sni": "bank.example"}, (), "web", "allow", id="a URL in no category"
        ),
        pytest.param(
            "web-browsing", {"sni": "a.test"}, ("banks",), "banks", "reset-both", id="a URL"
        ),
    ],
)
def test_the_first_match_wins(
    build: Callable[..., Any],
    hello: Callable[..., Any],
    now: datetime,
    application: str,
    said: dict[str, Any],
    categories: tuple[str, ...] | None,
    rule: str,
    action: str,
) -> None:
    security = build(of_security=RULES, of_categories=CATEGORIES).security
    found = None if categories is None else frozenset(categories)
    decision = security.decide(hello(**said), now, Application(application), found)

    assert (decision.rule, decision.action) == (rule, action)
    assert decision.allows is (action == "allow")
    explained = security.explain(hello(**said), now, Application(application), found)
    assert explained.decision == decision


def test_a_decision_says_all_that_a_record_needs(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    security = build(of_security=RULES, of_categories=CATEGORIES).security
    ask = security.decide

    assert ask(hello("bank.example"), now, Application.SSL) == SecurityDecision(
        "banks",
        SecurityAction.RESET_BOTH,
        ProfileNames("strict", "default", "default", ""),
        "banks",
        "security.yaml:6:12",
    )
    assert ask(hello("shop.example"), now, Application.SMTP) == SecurityDecision(
        "interzone-default", SecurityAction.DENY, DEFAULTS, "shops", ""
    )


def test_what_is_in_no_zone_is_in_no_zone_together(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    security = build(of_security="rules: []", zones="dmz: {networks: [192.0.2.0/24]}").security

    assert security.decide(hello(), now, Application.SSL).rule == "interzone-default"
    assert security.names == ("intrazone-default", "interzone-default")


def test_zones_may_be_given(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    explain = build(of_security=RULES, of_categories=CATEGORIES).security.explain

    within = explain(hello(), now, Application.SMTP, None, "dmz", "dmz")
    assert within.decision.rule == "intrazone-default"
    assert [skipped.rule for skipped in within.skipped] == [
        *("off", "no-dns", "remote", "banks", "web")
    ]


def test_the_reason_names_the_application(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    security = build(of_security="rules: [{name: r, action: allow, application: [ssh]}]").security
    (skipped,) = security.explain(hello(), now, Application.GRPC).skipped

    assert (skipped.rule, skipped.because) == ("r", "application grpc is not in ssh")


def test_hit_counts_know_the_names_of_all_rules(build: Callable[..., Any]) -> None:
    names = build(of_security=RULES, of_categories=CATEGORIES).security.names
    assert names[:2] == ("off", "no-dns")
    assert names[-2:] == ("intrazone-default", "interzone-default")


def test_a_rule_that_says_nothing_lets_nothing_through() -> None:
    assert SecurityRule("r").action == "deny"
    assert SecurityRule("r").profiles == ProfileNames("", "", "", "")
