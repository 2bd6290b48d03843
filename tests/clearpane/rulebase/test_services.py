"""Ports, and what is no port of ours."""

import pytest

from clearpane.rulebase.services import PREDEFINED, parse


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        pytest.param("tcp/443", ((443, 443),), id="one port"),
        pytest.param("tcp/8443,9443", ((8443, 8443), (9443, 9443)), id="two ports"),
        pytest.param("tcp/8000-8099", ((8000, 8099),), id="a range"),
        pytest.param("tcp/9443, 443,444-450", ((443, 450), (9443, 9443)), id="mixed, merged"),
        pytest.param("TCP/1-65535", ((1, 65535),), id="capitals and all ports"),
    ],
)
def test_ports_are_read(text: str, ports: tuple[tuple[int, int], ...]) -> None:
    assert parse(text) == ports


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("443", "written tcp/443", id="a bare number"),
        pytest.param("0443", "written tcp/443", id="octal"),
        pytest.param("tcp/0443", "leading zero", id="octal behind tcp"),
        pytest.param("tcp/99999", "1 to 65535", id="a port over 65535"),
        pytest.param("tcp/65536", "1 to 65535", id="the first port too many"),
        pytest.param("tcp/0", "1 to 65535", id="port 0"),
        pytest.param("tcp/" + "9" * 5000, "1 to 65535", id="a very long number"),
        pytest.param("tcp/", "not a port", id="no port"),
        pytest.param("tcp/443,", "not a port", id="a trailing comma"),
        pytest.param("tcp/٤٤٣", "not a port", id="digits of another script"),
        pytest.param("tcp/9-1", "ends before it starts", id="a range backwards"),
        pytest.param("udp/443", "over tcp alone", id="udp"),
        pytest.param("https", "written tcp/443", id="an unknown name"),
    ],
)
def test_slips_are_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


def test_the_firewalls_own_names_are_there() -> None:
    assert PREDEFINED["service-https"] == parse("tcp/443")
    assert PREDEFINED["service-http"] == parse("tcp/80,8080")
