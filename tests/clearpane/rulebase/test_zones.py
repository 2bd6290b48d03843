"""The longest network decides; a listener's zone goes before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.hello import address
from clearpane.rulebase.addresses import network, number
from clearpane.rulebase.zones import Zones, parse

ZONES = """
trust: {networks: [10.0.0.0/8, "2001:db8::/32"], listeners: ["regular@8080"]}
lab: {networks: [10.9.0.0/16, "::ffff:10.8.0.0/112"]}
untrust: {networks: [0.0.0.0/0, "::/0"]}
"""


def zones(text: str) -> tuple[Zones, list[str]]:
    problems = Problems()
    found = parse(read(text, "settings.yaml", problems))
    return found, [str(each) for each in problems.found]


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        pytest.param("10.1.2.3", "trust", id="a network"),
        pytest.param("10.9.1.1", "lab", id="the longer of two"),
        pytest.param("10.8.1.1", "lab", id="a network written IPv4-mapped"),
        pytest.param("::ffff:10.9.1.1", "lab", id="an IPv4-mapped address"),
        pytest.param("8.8.8.8", "untrust", id="the rest of IPv4"),
        pytest.param("2001:db8::1", "trust", id="IPv6"),
        pytest.param("2001:db9::1", "untrust", id="the rest of IPv6"),
    ],
)
def test_an_address_has_a_zone(host: str, zone: str) -> None:
    found, messages = zones(ZONES)

    assert messages == []
    assert found.of_number(number(address(host))) == zone


def test_what_no_network_holds_has_no_zone() -> None:
    found, _ = zones("trust: {networks: [10.0.0.0/8]}")

    assert found.of_number(number(address("11.0.0.1"))) == ""
    assert found.of_number(number(address("2001:db8::1"))) == ""


def test_listeners_have_zones_by_their_exact_name() -> None:
    found, _ = zones(ZONES)

    assert found.of_listener("regular@8080") == "trust"
    assert found.of_listener("regular@8081") == ""
    assert found.names == ("trust", "lab", "untrust")


def test_a_zone_tells_a_listener_and_an_address_of_its_own() -> None:
    found, _ = zones(ZONES)

    assert found.listener_in("trust") == "regular@8080"
    assert found.listener_in("lab") == ""
    for zone in found.names:
        inside = found.address_in(zone)
        assert inside and found.of_number(number(inside)) == zone


def test_a_zone_without_networks_has_no_address() -> None:
    found, _ = zones("trust: {listeners: ['regular@8080']}")

    assert found.address_in("trust") is None
    assert found.address_in("nowhere") is None


def test_without_settings_there_are_no_zones() -> None:
    assert parse(None).names == ()


@pytest.mark.parametrize(
    "listener",
    [
        "regular@8080",
        "regular@127.0.0.1:8080",
        "transparent@[::1]:8081",
        "reverse:https://www.example.com@443",
        "socks5@1080",
        "local",
        "local:curl",
    ],
)
def test_a_listener_is_written_as_mitmproxy_does(listener: str) -> None:
    assert zones(f'a: {{listeners: ["{listener}"]}}')[1] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: {networks: [10.0.0.0/33]}", "is not a network", id="a prefix of 33"),
        pytest.param("a: {listeners: [8080]}", "write MODE@PORT", id="a bare port"),
        pytest.param("any: {networks: [10.0.0.0/8]}", "any is no name", id="a zone named any"),
        pytest.param("a: {network: [10.0.0.0/8]}", "unknown key network", id="an unknown key"),
        pytest.param("a: [10.0.0.0/8]", "must be a block of keys", id="no block"),
        pytest.param(
            "a: {networks: [10.0.0.0/8]}\nb: {networks: [10.1.0.0/8]}",
            "belongs to zone a already",
            id="one network in two zones",
        ),
        pytest.param(
            'a: {listeners: ["regular@1"]}\nb: {listeners: ["regular@1"]}',
            "belongs to zone a already",
            id="one listener in two zones",
        ),
    ],
)
def test_slips_are_reported_once(text: str, message: str) -> None:
    _, messages = zones(text)

    assert len(messages) == 1
    assert message in messages[0]
    assert messages[0].startswith("settings.yaml:")


networks = st.builds(
    lambda host, prefix: f"{host}/{prefix}", st.ip_addresses(v=4), st.integers(0, 32)
)


@given(st.lists(networks, min_size=1, max_size=6), st.ip_addresses(v=4))
def test_no_longer_network_is_ever_missed(given_networks: list[str], host: object) -> None:
    parsed = {network(text) for text in given_networks}
    entries = {
        (32 - each.prefixlen, number(each.network_address) >> (32 - each.prefixlen)): str(each)
        for each in parsed
    }
    holding = [each for each in parsed if host in each]
    expected = str(max(holding, key=lambda each: each.prefixlen)) if holding else ""

    assert Zones((), entries).of_number(number(address(str(host)))) == expected
