"""objects.yaml, the zones and the user file become one value."""

from collections.abc import Callable
from typing import Any

import pytest

from clearpane.hello import address
from clearpane.rulebase import services

OBJECTS = """
addresses: {web-server: 192.0.2.10, branch: 10.2.0.0/16, pool: 10.3.0.5-10.3.0.9,
            portal: portal.example.com, intra: intranet}
address-groups: {servers: [web-server, portal, "*.cdn.example"], all: [servers, branch, partners]}
services: {https: tcp/443, https-alt: "tcp/8443,9443"}
lists: {partners: {type: address, file: partners.txt}, pinned: {type: domain, file: pinned.txt}}
user-groups: {finance: [alice, bob], board: [finance, carol]}
schedules: {office-hours: {days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00"}}
"""
FILES = {"partners.txt": "198.51.100.0/24\n", "pinned.txt": "pinned.example\n"}


def test_every_kind_of_object(build: Callable[..., Any]) -> None:
    built = build(of_objects=OBJECTS, files=FILES, users="10.1.2.3 dave ops\n")
    objects = built.rulebase.objects

    assert built.problems.errors == []
    assert objects.addresses["branch"].holds(address("10.2.255.255"))
    assert objects.addresses["intra"].names.covers("intranet")
    assert objects.services["https-alt"] == services.parse("tcp/8443,9443")
    assert objects.services["service-https"] == services.parse("tcp/443")
    assert objects.schedules["office-hours"].start == 480
    assert set(objects.domain_lists) == {"pinned"}
    assert objects.users.words("Alice") == {"alice", "known-user", "finance", "board"}
    assert objects.users.at(address("10.1.2.3")) == "dave"
    assert objects.zones.names == ("trust", "dmz", "untrust")
    assert {each.name for each in objects.defined} >= {"all", "partners", "board", "https"}


@pytest.mark.parametrize("held", ["192.0.2.10", "10.2.0.1", "198.51.100.7"])
def test_groups_hold_objects_groups_and_lists(build: Callable[..., Any], held: str) -> None:
    found = build(of_objects=OBJECTS, files=FILES).rulebase.objects.addresses["all"]

    assert found.holds(address(held))
    assert found.names.covers("portal.example.com")
    assert found.names.covers("a.cdn.example")
    assert not found.holds(address("10.3.0.5"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("adresses: {}", 'did you mean "addresses"?', id="an unknown section"),
        pytest.param("addresses: {a: 10.0.0.0/33}", "addresses: a: '10.0.0.0/33'", id="a prefix"),
        pytest.param('addresses: {a: "^x$"}', "regular expressions", id="a regular expression"),
        pytest.param("addresses: {any: 10.0.0.1}", "any is no name", id="an object named any"),
        pytest.param("services: {a: udp/53}", "over tcp alone", id="a service over udp"),
        pytest.param(
            "addresses: {branch: 10.0.0.1}\naddress-groups: {g: [brnch]}",
            'no address, group or list is named brnch (did you mean "branch"?)',
            id="an unknown member",
        ),
        pytest.param(
            "address-groups: {a: [b], b: [a]}", "holds itself through", id="groups in a ring"
        ),
        pytest.param(
            "user-groups: {a: [b], b: [a]}", "holds itself through", id="user groups in a ring"
        ),
        pytest.param(
            "addresses: {a: 10.0.0.1}\naddress-groups: {a: [10.0.0.2]}",
            "the name of another object",
            id="an address and a group of one name",
        ),
        pytest.param(
            "addresses: {a: 10.0.0.1}\nlists: {a: {type: address, file: partners.txt}}",
            "the name of another object",
            id="an address and a list of one name",
        ),
        pytest.param(
            "address-groups: {a: [10.0.0.2]}\nlists: {a: {type: address, file: partners.txt}}",
            "the name of another object",
            id="a group and a list of one name",
        ),
        pytest.param("address-groups: {a: []}", "empty list", id="an empty group"),
        pytest.param('schedules: {s: {from: "9"}}', 'schedule "s": from', id="a time"),
        pytest.param("addresses: {no: 10.0.0.1}", "the bare word no", id="YAML's trap as a name"),
    ],
)
def test_slips_are_reported_once(build: Callable[..., Any], text: str, message: str) -> None:
    built = build(of_objects=text, files=FILES)
    errors = [str(each) for each in built.problems.errors]

    assert len(errors) == 1
    assert message in errors[0]
    assert errors[0].startswith("objects.yaml:")


def test_a_wrong_object_is_known_all_the_same(build: Callable[..., Any]) -> None:
    """One slip gives one error, not one more wherever the object is named."""
    text = "addresses: {a: 10.0.0.0/33}\naddress-groups: {g: [a]}\nservices: {s: tcp/0}"
    rule = "rules: [{name: r, source: [a, g], service: s}]"

    assert len(build(rule, of_objects=text).problems.errors) == 2


def test_slips_in_the_user_file_are_reported(build: Callable[..., Any]) -> None:
    assert "users.txt:1: error: 'alice'" in build(users="alice 10.1.2.3\n").messages[0]
