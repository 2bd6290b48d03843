"""mitmproxy's objects in the product's words."""

import pytest
from mitmproxy.proxy import mode_specs

from clearpane.gateway import facts
from gateways import Gateway


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", "", id="an address is no name"),
        pytest.param(
            "::ffff:192.0.2.1", "192.0.2.1", "", id="a mapped address is its IPv4 address"
        ),
        pytest.param("2001:db8::1%eth0", "2001:db8::1", "", id="a zone index is dropped"),
        pytest.param("WWW.Example.com.", None, "www.example.com", id="a name is normalised"),
        pytest.param("Straße.example", None, "xn--strae-oqa.example", id="IDNA 2008"),
        pytest.param("a b", None, "", id="junk is neither"),
        pytest.param("", None, "", id="nothing is neither"),
    ],
)
def test_address_or_name(text: str, address: str | None, name: str) -> None:
    found = facts.address_of(text)
    assert (str(found) if found else None, facts.name_of(text)) == (address, name)


@pytest.mark.parametrize(
    ("mode", "listener"),
    [
        ("regular@8080", "regular@8080"),
        ("regular", "regular@9090"),
        ("tun:clearpane0", "tun@0"),
        ("socks5@1080", "socks5@1080"),
        ("transparent@127.0.0.1:8443", "transparent@8443"),
        ("reverse:https://192.0.2.1@443", "reverse@443"),
    ],
)
async def test_listener_of(gateway: Gateway, mode: str, listener: str) -> None:
    """The option `listen_port` counts where a mode names no port; TUN has none at all."""
    gateway.master.options.listen_port = 9090
    assert facts.listener_of(mode_specs.ProxyMode.parse(mode)) == listener
