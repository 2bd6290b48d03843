"""What is known of a connection, and of a request that had none."""

import pytest
from mitmproxy.test import tflow

from clearpane.gateway.hellos import hello_for, hello_of, hello_of_request
from clearpane.hello import address
from gateways import Gateway, Wire


async def test_a_replay_of_a_client_without_an_address(gateway: Gateway) -> None:
    flow = tflow.tflow()
    flow.client_conn.peername = None  # type: ignore[assignment]
    assert hello_of_request(flow).source == address("0.0.0.0")


async def test_a_request_may_name_another_host_than_the_connection(gateway: Gateway) -> None:
    wire = Wire(gateway)
    wire.live.hello = hello_of(wire.context, "www.test")
    flow = tflow.tflow()
    assert hello_for(wire.live, flow, "www.test") is wire.live.hello
    other = hello_for(wire.live, flow, "other.test")
    assert (other.host, other.sni) == ("other.test", "www.test")


@pytest.mark.parametrize(
    ("mode", "server", "peer", "via", "destination", "host"),
    [
        pytest.param("transparent", ("198.51.100.7", 443), ("198.51.100.7", 443), None,
                     "198.51.100.7", "", id="by its address"),
        pytest.param("socks5", ("WWW.test", 443), ("198.51.100.7", 443), None,
                     "198.51.100.7", "www.test", id="by its name: the address is what was reached"),
        pytest.param("socks5", ("www.test", 443), None, None,
                     None, "www.test", id="not connected yet"),
        pytest.param("upstream:http://proxy.test:3128", ("www.test", 443), ("192.0.2.1", 3128),
                     ("http", ("proxy.test", 3128)), None, "www.test",
                     id="behind another proxy: its address is not the server's"),
        pytest.param("upstream:http://proxy.test:3128", ("198.51.100.7", 443), ("192.0.2.1", 3128),
                     ("http", ("proxy.test", 3128)), "198.51.100.7", "",
                     id="behind another proxy, by its address"),
    ],
)  # fmt: skip
async def test_what_is_known_at_the_hello(
    gateway: Gateway, mode: str, server: object, peer: object, via: object,
    destination: str | None, host: str,
) -> None:  # fmt: skip
    context = Wire(gateway, mode="transparent@8080").context
    context.client.proxy_mode = gateway.client(mode).proxy_mode
    context.server.address, context.server.peername = server, peer  # type: ignore[assignment]
    context.server.via = via  # type: ignore[assignment]
    hello = hello_of(context, "sni.test")
    assert hello.destination == (address(destination) if destination else None)
    assert (hello.host, hello.sni, hello.port) == (host, "sni.test", 443)
    assert hello.listener == f"{mode.partition(':')[0]}@{1080 if mode == 'socks5' else 8080}"


async def test_who_authenticated_is_the_user(gateway: Gateway) -> None:
    wire = Wire(gateway)
    proxyauth = gateway.master.addons.get("proxyauth")
    proxyauth.authenticated[wire.client] = ("alice", "secret")
    assert hello_of(wire.context, "").user == "alice"


async def test_a_request_in_the_clear_says_itself_who_sent_it(gateway: Gateway) -> None:
    """mitmproxy keeps the user of a CONNECT alone with the connection."""
    flow = tflow.tflow()
    flow.client_conn.peername = ("127.0.0.1", 4711)
    assert hello_of_request(flow).user == ""
    flow.metadata["proxyauth"] = ("alice", "secret")
    assert hello_of_request(flow).user == "alice"
