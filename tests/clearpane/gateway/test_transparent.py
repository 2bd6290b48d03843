"""Listeners that are fit for TPROXY, and destinations that are the gateway's own."""

import logging
import socket
from collections.abc import Iterator

import pytest
from mitmproxy.connection import Server
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from clearpane.gateway import transparent
from clearpane.gateway.transparent import Transparent
from gateways import Gateway

IPV4, IPV6 = (socket.IPPROTO_IP, 19), (socket.IPPROTO_IPV6, 75)  # IP_TRANSPARENT, ip(7), ipv6(7)


class Listening:
    """A socket of a process that may mark it, or may not."""

    def __init__(self, family: int, *, allowed: bool = True) -> None:
        self.family, self.options = family, list[tuple[int, int, int]]()
        self._allowed = allowed

    def setsockopt(self, level: int, option: int, value: int, /) -> None:
        if not self._allowed:
            raise PermissionError(1, "Operation not permitted")
        self.options.append((level, option, value))


@pytest.mark.parametrize(
    ("family", "option"),
    [
        pytest.param(socket.AF_INET, IPV4, id="IPv4 has its own option"),
        pytest.param(socket.AF_INET6, IPV6, id="IPv6 too"),
    ],
)
def test_a_listener_is_marked(family: int, option: tuple[int, int]) -> None:
    listening = Listening(family)
    assert transparent.make_transparent(listening)
    assert listening.options == [(*option, 1)]


def test_a_process_that_may_not() -> None:
    assert not transparent.make_transparent(Listening(socket.AF_INET, allowed=False))


@pytest.mark.parametrize(
    ("host", "local"),
    [
        pytest.param("127.0.0.1", True, id="loopback"),
        pytest.param("::1", True, id="loopback of IPv6"),
        pytest.param("::ffff:127.0.0.1", True, id="loopback as a mapped address"),
        pytest.param("0.0.0.0", True, id="the unspecified address stands for this machine"),
        pytest.param("198.51.100.7", False, id="an address of nobody's"),
        pytest.param("2001:db8::7", False, id="the same of IPv6"),
        pytest.param("localhost", False, id="a name is not looked up"),
    ],
)
def test_addresses_of_this_machine(host: str, local: bool) -> None:
    assert transparent.is_local(host) is local


@pytest.fixture
def addon(gateway: Gateway) -> Iterator[Transparent]:
    made = Transparent()
    gateway.master.addons.add(made)
    yield made
    gateway.master.addons.remove(made)


def marked(gateway: Gateway, level: int, option: int) -> list[int]:
    """What each listening socket says of itself."""
    servers = gateway.master.addons.get("proxyserver").servers
    sockets = [each for server in servers for bound in server._servers for each in bound.sockets]
    return [each.getsockopt(level, option) for each in sockets]


def may_mark() -> bool:
    with socket.socket() as own:
        return transparent.make_transparent(own)


async def test_listeners_of_transparent_mode_are_marked_as_they_come(
    gateway: Gateway, addon: Transparent, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the process may; else one line says what does not work."""
    caplog.set_level(logging.INFO)
    addon.running()
    async with gateway.listening("transparent@0"):
        assert marked(gateway, *IPV4) == [int(may_mark())]
    async with gateway.listening("transparent@0"):
        assert marked(gateway, *IPV4) == [int(may_mark())]
    told = [text for text in caplog.messages if "TPROXY" in text]
    assert len(told) == (0 if may_mark() else 1)


async def test_other_listeners_are_left_alone(gateway: Gateway, addon: Transparent) -> None:
    async with gateway.listening("regular@0"):
        addon.running()
        assert marked(gateway, *IPV4) == [0]


@pytest.mark.parametrize(
    ("host", "own_port", "refused"),
    [
        pytest.param("127.0.0.1", True, True, id="the listener itself"),
        pytest.param("127.0.0.2", True, True, id="another address of this machine, same port"),
        pytest.param("127.0.0.1", False, False, id="another service of this machine"),
        pytest.param("198.51.100.7", True, False, id="another machine at the same port"),
        pytest.param("localhost", True, False, id="a name waits until it comes round"),
    ],
)
async def test_no_connection_to_ourselves(
    gateway: Gateway, addon: Transparent, host: str, own_port: bool, refused: bool
) -> None:
    async with gateway.listening("regular@0") as port:
        server = Server(address=(host, port if own_port else 1))
        data = ServerConnectionHookData(server, gateway.client("transparent@8080"))
        addon.server_connect(data)
    assert server.error == ("refused: the gateway would connect to itself" if refused else None)


async def test_a_connection_without_an_address(gateway: Gateway, addon: Transparent) -> None:
    data = ServerConnectionHookData(Server(address=None), gateway.client())
    addon.server_connect(data)
    assert data.server.error is None
