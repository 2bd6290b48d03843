"""Addresses, networks, ranges and names, and what is none of them."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.hello import address
from clearpane.rulebase.addresses import (
    AddressSet,
    network,
    number,
    numbered,
    parse,
    parse_addresses,
    resolve,
)


@pytest.mark.parametrize(
    ("entry", "host", "held"),
    [
        pytest.param("192.0.2.10", "192.0.2.10", True, id="an address"),
        pytest.param("192.0.2.10", "192.0.2.11", False, id="its neighbour"),
        pytest.param("10.2.0.0/16", "10.2.255.255", True, id="the end of a network"),
        pytest.param("10.2.0.0/16", "10.3.0.0", False, id="past the end"),
        pytest.param("10.2.3.4/16", "10.2.0.1", True, id="host bits don't count"),
        pytest.param("10.0.0.0/255.0.0.0", "10.9.9.9", True, id="a mask in octets"),
        pytest.param("10.3.0.5-10.3.0.9", "10.3.0.5", True, id="the start of a range"),
        pytest.param("10.3.0.5-10.3.0.9", "10.3.0.9", True, id="the end of a range"),
        pytest.param("10.3.0.5-10.3.0.9", "10.3.0.10", False, id="past a range"),
        pytest.param("2001:db8::/32", "2001:db8:1::1", True, id="IPv6"),
        pytest.param("2001:db8::1-2001:db8::9", "2001:db8::5", True, id="an IPv6 range"),
        pytest.param("10.0.0.0/8", "::ffff:10.1.2.3", True, id="an IPv4-mapped client"),
        pytest.param("::ffff:10.0.0.0/104", "10.1.2.3", True, id="an IPv4-mapped network"),
        pytest.param("::ffff:10.0.0.1", "10.0.0.1", True, id="an IPv4-mapped address"),
        pytest.param("::/0", "10.1.2.3", False, id="all of IPv6 holds no IPv4"),
        pytest.param("::/80", "10.1.2.3", False, id="nor where it ends IPv4-mapped"),
        pytest.param("::/80", "::5", True, id="but its own addresses"),
        pytest.param("0.0.0.0/0", "2001:db8::1", False, id="all of IPv4 holds no IPv6"),
        pytest.param("0.0.0.0/0", "255.255.255.255", True, id="all of IPv4"),
    ],
)
def test_an_entry_holds(entry: str, host: str, held: bool) -> None:
    assert parse(entry).holds(address(host)) is held


@pytest.mark.parametrize("text", ["0.0.0.0", "10.1.2.3", "::", "::10.1.2.3", "2001:db8::1"])
def test_a_number_leads_back_to_its_address(text: str) -> None:
    assert numbered(number(ip_address(text))) == ip_address(text)


def test_mapped_and_plain_addresses_are_one_number() -> None:
    assert number(ip_address("::ffff:10.1.2.3")) == number(ip_address("10.1.2.3"))
    assert number(ip_address("::10.1.2.3")) != number(ip_address("10.1.2.3"))


def test_a_name_is_kept_as_a_name() -> None:
    assert parse("portal.example.com").names.covers("portal.example.com")
    assert parse("*.example.com").names.covers("a.example.com")
    assert parse("my-host.example.com").names.covers("my-host.example.com")
    assert parse("portal.example.com").spans == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("10.0.0.0/33", "network", id="a prefix of 33"),
        pytest.param("10.0.0.0/x", "network", id="no prefix"),
        pytest.param("10.0.0.256", "not an address", id="an octet over 255"),
        pytest.param("10.0.0", "not an address", id="three octets"),
        pytest.param("010.0.0.1", "not an address", id="an octal octet"),
        pytest.param("10.0.0.9-10.0.0.5", "ends before it starts", id="a range backwards"),
        pytest.param("10.0.0.5-9", "whole addresses", id="half an end"),
        pytest.param("10.0.0.5-2001:db8::1", "two families", id="two families"),
        pytest.param("2001:db8::zz", "neither an address", id="no IPv6 address"),
        pytest.param("https://example.com/", "URL", id="a URL"),
        pytest.param("^10\\.0", "regular expression", id="a regular expression"),
        pytest.param("fe80::1%eth0", "neither an address", id="a zone index"),
    ],
)
def test_slips_are_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


def test_lists_of_addresses_hold_no_names() -> None:
    assert parse_addresses("10.0.0.1") == (number(IPv4Address("10.0.0.1")),) * 2
    with pytest.raises(ValueError, match="not an address, a network or a range"):
        parse_addresses("example.com")


def test_words_are_objects_first_and_hosts_only_with_a_dot() -> None:
    known = {"branch": parse("10.2.0.0/16"), "www.example.com": parse("10.9.9.9")}

    assert resolve("branch", known).holds(address("10.2.0.1"))
    assert resolve("www.example.com", known).holds(address("10.9.9.9"))
    assert resolve("other.example.com", known).names.covers("other.example.com")
    with pytest.raises(ValueError, match="no address, group or list is named brnch"):
        resolve("brnch", known)


def test_a_union_matches_what_any_part_matches() -> None:
    union = AddressSet.union([parse("10.0.0.0/9"), parse("10.128.0.0/9"), parse("a.example")])

    assert union.spans == parse("10.0.0.0/8").spans
    assert union.contains(parse("10.0.0.0/8"))
    assert union.contains(parse("a.example"))
    assert not union.contains(parse("11.0.0.0/32"))
    assert not union.contains(parse("*.example"))


hosts = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(hosts, st.integers(0, 128), hosts)
def test_networks_agree_with_the_standard_library(base: object, prefix: int, host: object) -> None:
    width = 32 if isinstance(base, IPv4Address) else 128
    text = f"{base}/{min(prefix, width)}"
    expected = ip_network(text, strict=False)
    mapped = getattr(host, "ipv4_mapped", None) or network(text) != expected

    if not mapped:
        assert parse(text).holds(address(str(host))) is (ip_address(str(host)) in expected)


@given(hosts, hosts, hosts)
def test_ranges_agree_with_comparison(first: object, last: object, host: object) -> None:
    low, high, middle = (address(str(each)) for each in (first, last, host))
    if low.version != high.version or number(high) < number(low):
        return
    expected = middle.version == low.version and int(low) <= int(middle) <= int(high)

    assert parse(f"{low}-{high}").holds(middle) is expected
