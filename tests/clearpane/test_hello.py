"""Addresses and names in the one form that compares."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.hello import Hello, address, host_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4-mapped is IPv4"),
        pytest.param("::FFFF:C000:0201", "192.0.2.1", id="the same in hex"),
        pytest.param("2001:DB8:0::1", "2001:db8::1", id="IPv6 in its short form"),
        pytest.param("fe80::1%eth0", "fe80::1", id="without the zone index"),
    ],
)
def test_address(text: str, expected: str) -> None:
    assert str(address(text)) == expected


@pytest.mark.parametrize("text", ["", "www.test", "192.0.2", "192.0.2.01", "0x7f.1", "[::1]", "%"])
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        address(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("www.test", "www.test", id="as it is"),
        pytest.param("WWW.Test", "www.test", id="in lower case"),
        pytest.param("www.test.", "www.test", id="without the trailing dot"),
        pytest.param(" www.test ", "www.test", id="without blanks around it"),
        pytest.param("under_score.test", "under_score.test", id="with an underscore"),
        pytest.param("-a.test", "-a.test", id="with a hyphen where none belongs"),
        pytest.param("localhost", "localhost", id="one label"),
        pytest.param("bücher.test", "xn--bcher-kva.test", id="IDNA"),
        pytest.param("BÜCHER.test", "xn--bcher-kva.test", id="IDNA in capitals"),
        pytest.param("straße.test", "xn--strae-oqa.test", id="IDNA 2008 keeps the sharp s"),
        pytest.param("a。b", "a.b", id="an ideographic full stop"),
        pytest.param("xn--bcher-kva.test", "xn--bcher-kva.test", id="encoded already"),
        pytest.param("a" * 63 + ".test", "a" * 63 + ".test", id="the longest label"),
        pytest.param(".".join(["a" * 49] * 5), ".".join(["a" * 49] * 5), id="a long name"),
    ],
)
def test_host_name(text: str, expected: str) -> None:
    assert host_name(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(".", id="the root"),
        pytest.param("a..b", id="an empty label"),
        pytest.param(".a", id="a leading dot"),
        pytest.param("a..", id="two trailing dots"),
        pytest.param("a b", id="a blank"),
        pytest.param("a\0b", id="a NUL"),
        pytest.param("a\nb", id="a line break"),
        pytest.param("*.test", id="a wildcard"),
        pytest.param("a/b", id="a path"),
        pytest.param("a:443", id="a port"),
        pytest.param("a" * 64, id="a label of 64"),
        pytest.param(".".join(["a" * 63] * 4) + ".b", id="a name of 257"),
        pytest.param("\u202eevil.test", id="a mark that turns the text around"),
        pytest.param("\ud800.test", id="a lone surrogate"),
        pytest.param("ü" * 60 + ".test", id="too long once it is encoded"),
    ],
)
def test_no_host_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        host_name(text)


@given(st.text(max_size=80))
def test_a_normal_form_is_its_own(text: str) -> None:
    try:
        name = host_name(text)
    except ValueError:
        return
    assert host_name(name) == name
    assert set(name) <= set(string.ascii_lowercase + string.digits + "-_.")


@pytest.mark.parametrize(
    ("sni", "host", "name"),
    [
        ("sni.test", "host.test", "sni.test"),
        ("", "host.test", "host.test"),
        ("sni.test", "", "sni.test"),
        ("", "", ""),
    ],
)
def test_the_name_is_the_clients_own(sni: str, host: str, name: str) -> None:
    hello = Hello(address("127.0.0.1"), None, 443, sni=sni, host=host)
    assert hello.name == name
