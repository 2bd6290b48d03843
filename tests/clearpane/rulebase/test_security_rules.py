"""security.yaml: what is read, and what is refused with place and cure."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from clearpane.rulebase.security import ProfileKind, ProfileNames
from clearpane.rulebase.security_rules import defaults

FULL = """
rules:
  - name: everything
    description: all keys
    tag: [one, two]
    disabled: yes
    from: [trust]
    to: dmz
    source: [10.4.0.0/16]
    destination: ["*.example.com"]
    negate-source: true
    negate-destination: false
    source-user: known-user
    service: [service-http]
    category: shopping
    schedule: nights
    expires: 2027-06-30
    application: [web-browsing, websocket]
    action: reset-client
    profiles: {virus: strict, url-filtering: none, data-filtering: cards}
"""
OBJECTS = 'schedules: {nights: {from: "22:00", to: "06:00"}}'


def given(build: Callable[..., Any], text: str) -> Any:
    return build(
        "rules: [{name: r}]",
        of_security=text,
        of_objects=OBJECTS,
        of_categories={"shopping": "shop.example\n"},
    )


def test_every_key_is_read(build: Callable[..., Any]) -> None:
    built = given(build, FULL)
    (rule,) = built.security.rules

    assert built.messages == []
    assert (rule.name, rule.place) == ("everything", "security.yaml:3:11")
    assert (rule.description, rule.tags, rule.disabled) == ("all keys", ("one", "two"), True)
    assert (rule.from_zones, rule.to_zones, rule.users) == (("trust",), ("dmz",), ("known-user",))
    assert (rule.source.words, rule.source.negate) == (("10.4.0.0/16",), True)
    assert (rule.destination.words, rule.destination.negate) == (("*.example.com",), False)
    assert (rule.service.ports, rule.categories) == (((80, 80), (8080, 8080)), ("shopping",))
    assert rule.schedule is not None and rule.expires == date(2027, 6, 30)
    assert rule.applications == ("web-browsing", "websocket")
    assert rule.action == "reset-client"
    assert rule.profiles == ProfileNames("strict", "", "default", "cards")


@pytest.mark.parametrize(
    ("profiles", "names"),
    [
        pytest.param("", ("default", "default", "default", ""), id="not said"),
        pytest.param("{}", ("default", "default", "default", ""), id="none said"),
        pytest.param("{virus: none}", ("", "default", "default", ""), id="no antivirus"),
        pytest.param(
            "{file-blocking: none, data-filtering: none}", ("default", "default", "", ""), id="none"
        ),
        pytest.param("{url-filtering: strict}", ("default", "strict", "default", ""), id="one"),
    ],
)
def test_a_kind_that_is_left_out_has_its_default_profile(
    build: Callable[..., Any], profiles: str, names: tuple[str, ...]
) -> None:
    more = f", profiles: {profiles}" if profiles else ""
    built = given(build, f"rules: [{{name: r, action: allow{more}}}]")

    assert built.messages == []
    assert built.security.rules[0].profiles == ProfileNames(*names)


def test_defaults_are_those_that_there_are() -> None:
    known = {kind: ["x"] for kind in ProfileKind}
    assert defaults(known) == ProfileNames()
    assert defaults({**known, ProfileKind.VIRUS: ["default"]}) == ProfileNames("default")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param("{name: r}", "action is missing", id="no action"),
        pytest.param(
            "{name: r, action: alow}",
            "action must be allow, deny, drop, reset-client, reset-server or reset-both "
            '(did you mean "allow"?)',
            id="a slip in the action",
        ),
        pytest.param("{name: r, action: decrypt}", "action must be allow,", id="decryption's word"),
        pytest.param("{name: r, action: deny, type: x}", "unknown key type", id="decryption's key"),
        pytest.param(
            "{name: r, action: deny, application: webbrowsing}",
            'application: there is no application webbrowsing (did you mean "web-browsing"?)',
            id="a slip in the application",
        ),
        pytest.param(
            "{name: r, action: deny, application: [any, ssh]}", "any matches without", id="any"
        ),
        pytest.param(
            "{name: r, action: deny, application: incomplete}",
            "no application incomplete",
            id="nothing was said yet",
        ),
        pytest.param(
            "{name: r, action: deny, service: application-default}",
            "service application-default is not supported: which ports are an application's own",
            id="application-default",
        ),
        pytest.param(
            "{name: r, action: deny, source-user: pre-login}", "a proxy never sees", id="pre-login"
        ),
        pytest.param(
            "{name: r, action: allow, profiles: {virus: strickt}}",
            'profiles: there is no virus profile strickt (did you mean "strict"?)',
            id="a slip in a profile",
        ),
        pytest.param(
            "{name: r, action: allow, profiles: {antivirus: strict}}",
            'unknown key antivirus (did you mean "virus"?',
            id="a slip in a kind",
        ),
        pytest.param(
            "{name: r, action: allow, profiles: strict}",
            "profiles must be a block of keys",
            id="a profile without its kind",
        ),
        pytest.param(
            "{name: interzone-default, action: allow}",
            "interzone-default is the name of a rule behind all others",
            id="a name that is taken",
        ),
    ],
)
def test_slips_are_reported_once(build: Callable[..., Any], rule: str, message: str) -> None:
    (text,) = given(build, f"rules:\n  - {rule}\n").messages

    assert message in text
    assert text.startswith("security.yaml:2:")
    assert "error: rule " in text


def test_no_rules_on_purpose_is_said(build: Callable[..., Any]) -> None:
    assert given(build, "rules: []").messages == [
        "security.yaml:1:8: warning: there are no rules: what stays in its zone is allowed, "
        "everything else is denied (write a rule)"
    ]
