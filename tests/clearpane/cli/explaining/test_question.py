"""Which server is meant, and which client: each junk is one error with its cure."""

import pytest

from clearpane.cli.explaining.question import Target, client, target
from clearpane.errors import ClearpaneError
from clearpane.hello import address
from clearpane.rulebase.rulebase import Rulebase
from sites import Site

SETTINGS = """\
zones:
  trust: {networks: [127.0.0.0/8, 10.0.0.0/8, 192.0.2.1/32]}
  lab: {networks: [10.9.0.0/16], listeners: ["regular@8081"]}
  guests: {networks: ["2001:db8::/32"]}
  hidden: {networks: [192.0.2.0/31]}
"""


@pytest.fixture
def rulebase(site: Site) -> Rulebase:
    site.write("settings.yaml", SETTINGS)
    site.write("decryption.yaml", "rules: []\n")
    return site.load().rulebase


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("www.test", "www.test", 443),
        ("WWW.Test.:8443", "www.test", 8443),
        ("https://www.test/a?b#c", "www.test", 443),
        ("https://www.test:1/", "www.test", 1),
        ("https://www.test/r?to=https://other.test/", "www.test", 443),
        ("192.0.2.1:444", "192.0.2.1", 444),
        ("::1", "::1", 443),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ("[::ffff:192.0.2.1]", "192.0.2.1", 443),
        ("stra\u00dfe.test", "xn--strae-oqa.test", 443),
    ],
)
def test_a_server_is_meant(text: str, host: str, port: int) -> None:
    assert target(text) == Target(host, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ":443", "www.test:", "www.test:0", "www.test:65536", "www.test:-1"),
        *("www.test:x", "a b", "[::1", "::1]:443", "[www.test]", "user@www.test", "a..b", "\x00"),
        *("https://", "/path", "*.test", "x" * 300, "www.test:\u0663"),
    ],
)
def test_no_server_is_meant(text: str) -> None:
    with pytest.raises(ClearpaneError, match="names no server"):
        target(text)


@pytest.mark.parametrize(
    ("to", "shown"),
    [(Target("a.test"), "a.test:443"), (Target("::1", 1), "[::1]:1")],
)
def test_a_server_is_written_as_it_can_be_read_again(to: Target, shown: str) -> None:
    assert str(to) == shown
    assert target(shown) == to


@pytest.mark.parametrize(
    ("words", "source", "zone"),
    [
        pytest.param("", "127.0.0.1", "trust", id="nothing said: this device"),
        pytest.param("source 10.9.1.1", "10.9.1.1", "lab", id="an address tells its zone"),
        pytest.param("from lab", "127.0.0.1", "lab", id="a zone with a listener"),
        pytest.param("from lab source 10.1.1.1", "10.1.1.1", "lab", id="a listener and an address"),
        pytest.param("from guests", "2001:db8::1", "guests", id="a zone with a network alone"),
        pytest.param("from trust source 10.1.1.1", "10.1.1.1", "trust", id="both say the same"),
    ],
)
def test_a_client_is_meant(rulebase: Rulebase, words: str, source: str, zone: str) -> None:
    hello = client(words.split(), Target("www.test", 8443), rulebase)

    assert hello.source == address(source)
    assert rulebase.from_zone(hello) == zone
    assert (hello.sni, hello.host, hello.port) == ("www.test", "www.test", 8443)


def test_an_address_is_no_server_name(rulebase: Rulebase) -> None:
    hello = client((), Target("192.0.2.1"), rulebase)

    assert (hello.name, hello.destination) == ("", address("192.0.2.1"))


def test_a_user_is_taken_over(rulebase: Rulebase) -> None:
    assert client(("source-user", "alice"), Target("a.test"), rulebase).user == "alice"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("destination other.test", "'destination' is no word of the question"),
        ("from nowhere", "there is no zone nowhere"),
        ("from", "from has no value"),
        ("source 300.1.1.1", "source: "),
        ("source 10.1.1.1 source 10.1.1.2", "source is said twice"),
        ("from hidden", "neither a listener nor an address"),
        ("from trust source 10.9.1.1", "source 10.9.1.1 lies in lab, not in trust"),
        ("from trust source 8.8.8.8", "source 8.8.8.8 lies in no zone, not in trust"),
    ],
)
def test_no_client_is_meant(rulebase: Rulebase, words: str, message: str) -> None:
    with pytest.raises(ClearpaneError, match=message):
        client(words.split(), Target("www.test"), rulebase)
