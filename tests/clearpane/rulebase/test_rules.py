"""decryption.yaml: what is read, and what is refused with place and cure."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

FULL = """
rules:
  - name: everything
    description: all keys
    tag: [one, two]
    disabled: yes
    from: [trust]
    to: dmz
    source: [branch, 10.4.0.0/16]
    destination: ["*.example.com", web-server, pinned]
    negate-source: true
    negate-destination: false
    source-user: [known-user, Finance]
    service: [https-alt, tcp/443, service-http]
    category: [shopping, pinned]
    schedule: office-hours
    action: decrypt
    type: ssl-inbound-inspection
    certificates: [www, mail]
    profile: strict
    log-success: true
    log-fail: false
    expires: 2027-06-30
"""
OBJECTS = """
addresses: {web-server: 192.0.2.10, branch: 10.2.0.0/16, portal: portal.example.com}
services: {https-alt: tcp/8443}
lists: {pinned: {type: domain, file: pinned.txt}, partners: {type: address, file: partners.txt}}
user-groups: {finance: [alice]}
schedules: {office-hours: {from: "08:00", to: "18:00"}}
"""
FILES = {"pinned.txt": "pinned.example\n", "partners.txt": "10.0.0.1\n"}
THIRTEEN = ", ".join(f"c{n}" for n in range(13))
CATEGORIES = {"shopping": "shop.example\n", "financial-services": "bank.example\n"}


def given(build: Callable[..., Any], decryption: str) -> Any:
    return build(decryption, of_objects=OBJECTS, files=FILES, of_categories=CATEGORIES)


def test_every_key_is_read(build: Callable[..., Any]) -> None:
    built = given(build, FULL)
    (rule,) = built.rulebase.rules

    assert built.problems.found == []
    assert (rule.name, rule.place) == ("everything", "decryption.yaml:3:11")
    assert (rule.description, rule.tags, rule.disabled) == ("all keys", ("one", "two"), True)
    assert (rule.from_zones, rule.to_zones) == (("trust",), ("dmz",))
    assert rule.source.words == ("branch", "10.4.0.0/16")
    assert (rule.source.negate, rule.destination.negate) == (True, False)
    assert rule.users == ("known-user", "Finance")
    assert rule.service.ports == ((80, 80), (443, 443), (8080, 8080), (8443, 8443))
    assert rule.categories == ("shopping", "pinned")
    assert rule.schedule is not None
    assert (rule.action, rule.type) == ("decrypt", "ssl-inbound-inspection")
    assert rule.certificates == ("www", "mail")
    assert (rule.profile, rule.log_success, rule.log_fail) == ("strict", True, False)
    assert rule.expires == date(2027, 6, 30)


def test_absent_keys_and_any_mean_anything(build: Callable[..., Any]) -> None:
    keys = ("from", "to", "source", "destination", "source-user", "service", "category")
    words = "".join(f"\n    {key}: {'[any]' if key < 's' else 'any'}" for key in keys)
    built = given(build, f"rules:\n  - name: bare\n  - name: any{words}\n")
    bare, spelt = built.rulebase.rules

    assert built.problems.found == []
    for rule in (bare, spelt):
        assert rule.from_zones == rule.to_zones == rule.users == rule.categories == ()
        assert rule.source.words == rule.destination.words == rule.service.words == ()
    assert (bare.action, bare.log_success, bare.log_fail) == ("no-decrypt", False, True)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param("{action: decrypt}", "rule 1: name is missing", id="no name"),
        pytest.param("{name: r, actoin: decrypt}", 'did you mean "action"?', id="a misspelt key"),
        pytest.param("{name: r, action: Decrypt}", 'did you mean "decrypt"?', id="capitals"),
        pytest.param("{name: r, action: decrpyt}", 'did you mean "decrypt"?', id="a slip"),
        pytest.param(
            "{name: r, action: decrypt-and-forward}", "never leaves the gateway", id="forwarding"
        ),
        pytest.param("{name: r, type: ssh-proxy}", "SSH is no TLS", id="ssh"),
        pytest.param(
            "{name: r, service: application-default}",
            "no application is known",
            id="application-default",
        ),
        pytest.param("{name: r, profile: defualt}", 'did you mean "default"?', id="a profile"),
        pytest.param(
            "{name: r, action: decrypt, type: ssl-inbound-inspection}",
            "needs certificates",
            id="inbound without certificates",
        ),
        pytest.param(
            "{name: r, certificates: [a]}", "are for the type", id="certificates without inbound"
        ),
        pytest.param(
            f"{{name: r, type: ssl-inbound-inspection, certificates: [{THIRTEEN}]}}",
            "13 are over the limit of 12",
            id="thirteen certificates",
        ),
    ],
)
def test_slips_are_reported_once(build: Callable[..., Any], rule: str, message: str) -> None:
    built = given(build, f"rules:\n  - {rule}\n")

    assert len(built.messages) == 1
    assert message in built.messages[0]
    assert built.messages[0].startswith("decryption.yaml:2:")
    assert "error: rule " in built.messages[0]


def test_twelve_certificates_are_allowed(build: Callable[..., Any]) -> None:
    names = ", ".join(f"c{n}" for n in range(12))
    rule = f"{{name: r, type: ssl-inbound-inspection, certificates: [{names}]}}"

    assert given(build, f"rules: [{rule}]").problems.found == []


INBOUND = "name: r, type: ssl-inbound-inspection"


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("{" + INBOUND + "}", id="without certificates"),
        pytest.param("{" + INBOUND + ", certificates: www}", id="with certificates"),
        pytest.param("{" + INBOUND + ", action: no-decrypt}", id="spelt out"),
    ],
)
def test_an_inbound_rule_may_pass_sessions_through(build: Callable[..., Any], rule: str) -> None:
    """As on the firewall; none of its certificates is shown then."""
    built = given(build, f"rules: [{rule}]")

    assert built.problems.found == []
    assert built.rulebase.rules[0].action == "no-decrypt"


@pytest.mark.parametrize(
    ("known", "cure"),
    [
        pytest.param(["www", "mail"], 'did you mean "www"? else put', id="a slip"),
        pytest.param(["mail"], "put wwww.crt and wwww.key, or wwww.p12, there", id="nothing near"),
        pytest.param([], "put wwww.crt and wwww.key, or wwww.p12, there", id="none at all"),
    ],
)
@pytest.mark.parametrize("more", ["", ", action: decrypt", ", disabled: yes"])
def test_certificates_must_be_there(
    build: Callable[..., Any], more: str, known: list[str], cure: str
) -> None:
    rule = f"{{{INBOUND}, certificates: [wwww]{more}}}"
    built = build(f"rules:\n  - {rule}\n", inbound=known)

    (said,) = built.messages
    assert said.startswith(
        'decryption.yaml:2:60: error: rule "r": certificates: there is no certificate wwww in '
        f"ca/inbound ({cure}"
    )


def test_certificates_that_nobody_knows_are_not_doubted(build: Callable[..., Any]) -> None:
    rule = f"{{{INBOUND}, certificates: [a, b], action: decrypt}}"

    assert build(f"rules: [{rule}]").problems.found == []
    assert build(f"rules: [{rule}]", inbound=["b", "a"]).problems.found == []


def test_a_list_and_a_category_can_not_share_a_name(build: Callable[..., Any]) -> None:
    built = build(
        of_objects="lists: {shopping: {type: domain, file: pinned.txt}}",
        files=FILES,
        of_categories=CATEGORIES,
    )

    assert "shopping is the name of a category too" in str(built.problems.errors[0])


def test_monitor_is_read_and_said_to_do_nothing_yet(build: Callable[..., Any]) -> None:
    assert given(build, "rules: [{name: r, monitor: false}]").messages == []
    (message,) = given(build, "rules: [{name: r, monitor: true}]").messages
    assert "warning" in message
    assert "monitor is not acted on yet" in message
