"""First match wins, over every matcher."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearpane.content.applications import Application

OBJECTS = """
addresses: {branch: 10.2.0.0/16, pool: 10.3.0.5-10.3.0.9, portal: portal.example.com}
address-groups: {sites: [branch, pool], all: [sites, portal]}
services: {https: tcp/443, https-alt: "tcp/8443,9443"}
lists: {partners: {type: address, file: partners.txt}, pinned: {type: domain, file: pinned.txt}}
user-groups: {finance: [alice, bob]}
schedules: {noon: {days: [wed], from: "12:00", to: "13:00"}, nights: {from: "22:00", to: "06:00"}}
"""
FILES = {"partners.txt": "198.51.100.0/24\n", "pinned.txt": "pinned.example\n*.example.org\n"}
CATEGORIES = {
    "shopping": "shop.example\nboth.example\n192.0.2.77\n",
    "financial-services": "bank.example\nbank.shop.example\nboth.example\nurl.example/bank\n",
}
USERS = "10.1.2.3 alice ops\n10.1.2.4 carol\n"


def of_decryption(built: Any, hello: Any, now: datetime) -> str:
    decision = built.rulebase.decide(hello, now)
    assert built.rulebase.explain(hello, now).decision == decision
    return str(decision.rule)


def of_security(built: Any, hello: Any, now: datetime) -> str:
    decision = built.security.decide(hello, now, Application.SSH)
    assert built.security.explain(hello, now, Application.SSH).decision == decision
    return str(decision.rule)


RULEBASES = pytest.mark.parametrize(
    ("file", "action", "matched"),
    [("decryption", "decrypt", of_decryption), ("of_security", "deny", of_security)],
    ids=["decryption", "security"],
)


@pytest.mark.parametrize(
    ("keys", "said", "matches"),
    [
        # zones
        pytest.param("from: trust", {}, True, id="from the zone of the source"),
        pytest.param("from: dmz", {}, False, id="from another zone"),
        pytest.param("from: [dmz, trust]", {}, True, id="from one of two zones"),
        pytest.param(
            "from: trust",
            {"source": "192.0.2.5", "listener": "regular@8080"},
            True,
            id="the listener's zone goes before the source's",
        ),
        pytest.param(
            "from: dmz",
            {"source": "192.0.2.5", "listener": "socks5@1"},
            True,
            id="a listener without a zone leaves it to the source",
        ),
        pytest.param("to: untrust", {}, True, id="to the zone of the destination"),
        pytest.param("to: dmz", {"destination": "192.0.2.9"}, True, id="to the longer network"),
        pytest.param("to: untrust", {"destination": ""}, False, id="to nowhere known"),
        pytest.param(
            "to: dmz",
            {"destination": "", "host": "192.0.2.9"},
            True,
            id="to the address that CONNECT names, behind an upstream proxy",
        ),
        # source
        pytest.param("source: 10.1.2.3", {}, True, id="source by address"),
        pytest.param("source: 10.1.2.0/24", {}, True, id="source by network"),
        pytest.param("source: branch", {"source": "10.2.9.9"}, True, id="source by object"),
        pytest.param("source: all", {"source": "10.3.0.9"}, True, id="source by nested group"),
        pytest.param("source: all", {"source": "10.3.0.10"}, False, id="source past a range"),
        pytest.param("source: partners", {"source": "198.51.100.9"}, True, id="source by list"),
        pytest.param("source: branch, negate-source: yes", {}, True, id="source not in"),
        pytest.param("source: 10.0.0.0/8, negate-source: yes", {}, False, id="source in, negated"),
        pytest.param("source: 10.0.0.0/8", {"source": "::ffff:10.1.2.3"}, True, id="IPv4-mapped"),
        # destination
        pytest.param("destination: 203.0.113.9", {}, True, id="destination by address"),
        pytest.param("destination: www.example.com", {}, True, id="destination by SNI"),
        pytest.param("destination: WWW.Example.Com.", {}, True, id="in another spelling"),
        pytest.param('destination: "*.example.com"', {}, True, id="destination by wildcard"),
        pytest.param('destination: "*.com"', {}, True, id="at any depth"),
        pytest.param(
            'destination: "*.www.example.com"', {}, False, id="a wildcard without its domain"
        ),
        pytest.param("destination: example.com", {}, False, id="a host without sub-domains"),
        pytest.param(
            "destination: example.com", {"sni": "examplexcom.test"}, False, id="dots are dots"
        ),
        pytest.param(
            "destination: straße.example",
            {"sni": "XN--STRAE-OQA.example"},
            True,
            id="unicode in the rule",
        ),
        pytest.param(
            "destination: connect.example",
            {"host": "connect.example"},
            True,
            id="the CONNECT host though the SNI differs",
        ),
        pytest.param(
            "destination: www.example.com", {"host": "other.example"}, True, id="or the SNI"
        ),
        pytest.param(
            "destination: 203.0.113.9", {"host": "other.example"}, True, id="or the address"
        ),
        pytest.param(
            "destination: [branch, www.example.com], negate-destination: true",
            {},
            False,
            id="negated, one of three matches",
        ),
        pytest.param(
            "destination: branch, negate-destination: true", {}, True, id="negated, none matches"
        ),
        pytest.param(
            "destination: all", {"sni": "portal.example.com"}, True, id="a name in a group"
        ),
        pytest.param(
            "destination: pinned", {"sni": "www.pinned.example"}, True, id="a list of domains"
        ),
        pytest.param("destination: pinned", {"sni": "example.org"}, False, id="a list's wildcard"),
        # users
        pytest.param("source-user: Alice", {}, True, id="a user of the user file"),
        pytest.param("source-user: finance", {}, True, id="a group of the objects"),
        pytest.param("source-user: ops", {}, True, id="a group of the user file"),
        pytest.param("source-user: ops", {"user": "bob"}, False, id="proxy authentication wins"),
        pytest.param("source-user: bob", {"user": "BOB"}, True, id="users in other capitals"),
        pytest.param("source-user: known-user", {}, True, id="somebody known"),
        pytest.param("source-user: unknown", {}, False, id="known, not unknown"),
        pytest.param("source-user: unknown", {"source": "10.9.9.9"}, True, id="nobody known"),
        pytest.param("source-user: known-user", {"source": "10.9.9.9"}, False, id="nobody at all"),
        pytest.param("source-user: any", {"source": "10.9.9.9"}, True, id="anybody"),
        # service
        pytest.param("service: https", {}, True, id="a named service"),
        pytest.param("service: https-alt", {"port": 9443}, True, id="its second port"),
        pytest.param("service: https-alt", {}, False, id="another port"),
        pytest.param("service: tcp/8000-9000", {"port": 8443}, True, id="a range of ports"),
        pytest.param("service: service-https", {}, True, id="the firewall's own name"),
        # category
        pytest.param("category: shopping", {"sni": "a.shop.example"}, True, id="a category"),
        pytest.param("category: shopping", {"sni": "bank.shop.example"}, False, id="most specific"),
        pytest.param("category: shopping", {"sni": "both.example"}, True, id="either of equals"),
        pytest.param("category: financial-services", {"sni": "both.example"}, True, id="or other"),
        pytest.param("category: financial-services", {"sni": "url.example"}, False, id="no URLs"),
        pytest.param(
            "category: shopping",
            {"sni": "bank.example", "host": "shop.example"},
            False,
            id="the SNI's category, not the CONNECT host's",
        ),
        pytest.param(
            "category: shopping", {"sni": "", "host": "shop.example"}, True, id="without an SNI"
        ),
        pytest.param(
            "category: shopping",
            {"sni": "", "destination": "192.0.2.77"},
            True,
            id="without any name the address is the host",
        ),
        pytest.param("category: pinned", {"sni": "a.pinned.example"}, True, id="a list of domains"),
        pytest.param("category: any", {"sni": "nowhere.test"}, True, id="any category or none"),
        # time
        pytest.param("schedule: noon", {}, True, id="on schedule"),
        pytest.param("schedule: nights", {}, False, id="off schedule"),
        pytest.param("expires: 2026-11-25", {}, True, id="on its last day"),
        pytest.param("expires: 2026-11-24", {}, False, id="expired"),
        pytest.param("disabled: true", {}, False, id="disabled"),
        # several
        pytest.param("from: trust, to: untrust, service: https", {}, True, id="all match"),
        pytest.param("from: trust, to: untrust, service: https-alt", {}, False, id="one doesn't"),
    ],
)
@RULEBASES
def test_a_rule_matches(
    build: Callable[..., Any],
    hello: Callable[..., Any],
    now: datetime,
    keys: str,
    said: dict[str, Any],
    matches: bool,
    file: str,
    action: str,
    matched: Callable[..., str],
) -> None:
    """Whether one rule with these keys matches; what the explanation says is the same."""
    built = build(
        **{file: f"rules: [{{name: r, action: {action}, {keys}}}]"},
        of_objects=OBJECTS,
        files=FILES,
        of_categories=CATEGORIES,
        users=USERS,
    )
    assert built.problems.errors == []
    assert (matched(built, hello(**said), now) == "r") is matches


def test_the_first_match_wins_and_says_all_that_a_record_needs(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    rulebase = build(
        """
rules:
  - {name: off, disabled: true, action: decrypt}
  - {name: banks, from: trust, category: financial-services, profile: strict, log-fail: false}
  - {name: inbound, to: dmz, action: decrypt, type: ssl-inbound-inspection, certificates: [www]}
  - {name: rest, from: trust, action: decrypt, log-success: true}
""",
        of_categories=CATEGORIES,
    ).rulebase

    bank = rulebase.decide(hello("www.bank.example"), now)
    assert (bank.action, bank.reason, bank.rule) == ("no-decrypt", "rule", "banks")
    assert (bank.profile, bank.log_success, bank.log_fail) == ("strict", False, False)
    assert (bank.from_zone, bank.to_zone) == ("trust", "untrust")
    assert bank.category == "financial-services"
    inbound = rulebase.decide(hello(destination="192.0.2.10"), now)
    assert (inbound.type, inbound.certificates) == ("ssl-inbound-inspection", ("www",))
    rest = rulebase.decide(hello("shop.example"), now)
    assert (rest.action, rest.reason, rest.rule) == ("decrypt", "", "rest")
    assert (rest.log_success, rest.category) == (True, "shopping")
    none = rulebase.decide(hello(source="198.51.100.1"), now)
    assert (none.action, none.reason, none.rule) == ("no-decrypt", "no-rule", "")
    assert (none.from_zone, none.category) == ("untrust", "any")


def test_the_category_that_the_rule_asked_for_is_named(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    rule = "rules: [{name: r, category: [shopping]}]"
    rulebase = build(rule, of_categories=CATEGORIES).rulebase

    assert rulebase.decide(hello("both.example"), now).category == "shopping"
    assert (
        build(of_categories=CATEGORIES).rulebase.decide(hello("both.example"), now).category
        == "financial-services"
    )


def test_exclusions_go_before_all_rules(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    rulebase = build(
        "rules: [{name: all, action: decrypt}]",
        of_exclusions='exclusions: [{name: "*.pinned.example"}]',
    ).rulebase

    own = rulebase.decide(hello("a.pinned.example", host="www.example.com"), now)
    assert (own.action, own.reason) == ("no-decrypt", "excluded-custom")
    assert (own.exclusion, own.rule, own.from_zone) == ("*.pinned.example", "", "trust")
    shipped = rulebase.decide(hello("web.whatsapp.net"), now)
    assert (shipped.reason, shipped.exclusion) == ("excluded-predefined", "*.whatsapp.net")
    assert rulebase.explain(hello("web.whatsapp.net"), now).decision == shipped
    assert rulebase.explain(hello("web.whatsapp.net"), now).skipped == ()
    # The SNI counts, not what CONNECT asked for.
    assert rulebase.decide(hello("x.test", host="a.pinned.example"), now).rule == "all"
    assert rulebase.decide(hello("", host="a.pinned.example"), now).rule == ""


def test_exclusions_look_at_certificates_too(build: Callable[..., Any], now: datetime) -> None:
    rulebase = build().rulebase

    excluded = rulebase.excluded_certificate(["x.test", "AnyDesk Client"], now)
    assert (excluded.action, excluded.reason) == ("no-decrypt", "excluded-predefined")
    assert excluded.exclusion == "AnyDesk Client"
    assert rulebase.excluded_certificate(["x.test"], now) is None


def test_given_categories_stand_in_for_those_of_the_host(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    """A borrowed SNI is decided as if it had no category."""
    rulebase = build(
        "rules: [{name: banks, category: financial-services}, {name: lists, category: pinned},"
        " {name: rest, action: decrypt}]",
        of_objects="lists: {pinned: {type: domain, file: pinned.txt}}",
        files=FILES,
        of_categories=CATEGORIES,
    ).rulebase

    for name, rule in (("bank.example", "banks"), ("pinned.example", "lists")):
        assert rulebase.decide(hello(name), now).rule == rule
        assert rulebase.decide(hello(name), now, frozenset()).rule == "rest"
        assert rulebase.explain(hello(name), now, frozenset()).decision.rule == "rest"
    asked = rulebase.explain(hello("x.test"), now, frozenset(["financial-services"]))
    assert asked.decision.rule == "banks"


def test_given_zones_stand_in_for_those_of_the_addresses(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    rule = "rules: [{name: r, from: dmz, to: trust}]"
    explain = build(rule).rulebase.explain

    assert explain(hello(), now).decision.rule == ""
    explanation = explain(hello(destination=""), now, from_zone="dmz", to_zone="trust")
    assert explanation.decision.rule == "r"
    assert (explanation.decision.from_zone, explanation.decision.to_zone) == ("dmz", "trust")


choices: dict[str, list[str]] = {
    "from": ["trust", "dmz"],
    "to": ["untrust", "dmz"],
    "source": ["10.1.0.0/16", "10.2.0.0/16", "partners"],
    "destination": ["www.shop.example", '"*.shop.example"', "203.0.113.0/24", "pinned"],
    "source-user": ["alice", "finance", "known-user", "unknown"],
    "service": ["https", "https-alt"],
    "category": ["shopping", "financial-services", "pinned"],
}


@st.composite
def rule_keys(draw: st.DrawFn) -> str:
    keys = [
        f"{key}: {draw(st.sampled_from(words))}"
        for key, words in choices.items()
        if draw(st.booleans()) and draw(st.booleans())
    ]
    for key in ("source", "destination"):
        if any(each.startswith(f"{key}:") for each in keys) and draw(st.booleans()):
            keys.append(f"negate-{key}: true")
    return "".join(f", {each}" for each in keys)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(rule_keys(), max_size=6),
    st.sampled_from(["10.1.2.3", "10.2.2.3", "192.0.2.1"]),
    st.sampled_from(["www.shop.example", "bank.example", "a.pinned.example", ""]),
    st.sampled_from(["203.0.113.9", "192.0.2.10"]),
    st.sampled_from([443, 8443]),
)
def test_all_rules_together_decide_as_each_alone(
    build: Callable[..., Any],
    hello: Callable[..., Any],
    now: datetime,
    rules: list[str],
    source: str,
    sni: str,
    destination: str,
    port: int,
) -> None:
    client = hello(sni, source=source, destination=destination, port=port)

    def rulebase(texts: dict[int, str]) -> Any:
        listed = "".join(f"  - {{name: r{n}{keys}}}\n" for n, keys in texts.items())
        return build(
            f"rules:\n{listed}" if listed else "rules: []",
            of_objects=OBJECTS,
            files=FILES,
            of_categories=CATEGORIES,
            users=USERS,
        ).rulebase

    alone = [n for n, keys in enumerate(rules) if rulebase({n: keys}).decide(client, now).rule]
    together = rulebase(dict(enumerate(rules)))
    explanation = together.explain(client, now)

    assert together.decide(client, now) == explanation.decision
    assert explanation.decision.rule == (f"r{alone[0]}" if alone else "")
    assert len(explanation.skipped) == (alone[0] if alone else len(rules))


def test_days_are_those_of_the_moment_that_is_given(
    build: Callable[..., Any], hello: Callable[..., Any], now: datetime
) -> None:
    rulebase = build("rules: [{name: r, expires: 2026-11-25}]").rulebase

    assert now.date() == date(2026, 11, 25)
    assert rulebase.decide(hello(), now.replace(hour=23, minute=59)).rule == "r"
    assert rulebase.decide(hello(), now.replace(day=26, hour=0)).rule == ""
