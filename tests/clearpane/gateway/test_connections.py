"""Connections over loopback through mitmproxy's own server: opened, counted, and why they ended."""

import asyncio
import struct
from collections.abc import Callable
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET

import pytest
from mitmproxy.connection import Server
from mitmproxy.proxy.commands import StartHook
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.server import ConnectionHandler, ConnectionIO
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from clearpane.gateway.live import Live
from gateways import CLIENT, Gateway, connected, ok, request, serving, until


class Handler(ConnectionHandler):
    """Holds connections that no loop serves."""

    async def handle_hook(self, hook: StartHook) -> None:
        raise AssertionError(hook.name)


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends with RST instead of FIN."""
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def the_one(gateway: Gateway) -> Live:
    """The connection that is open."""
    await until(lambda: gateway.core._live)
    (live,) = gateway.core._live.values()
    return live


def last_record(gateway: Gateway) -> dict[str, object]:
    (record,) = gateway.records("traffic")
    return record


async def test_a_session_from_its_first_byte_to_its_record(gateway: Gateway) -> None:
    body = b"x" * 5000
    async with serving(lambda _: ok(body)) as origin, gateway.listening("regular@0") as port:
        asked = request(f"http://127.0.0.1:{origin}/a", f"127.0.0.1:{origin}")
        async with connected(port) as (reader, writer):
            writer.write(asked)
            assert await reader.readexactly(len(ok(body))) == ok(body)
            live = await the_one(gateway)
            assert live.handler
            assert live.session.listener == "regular@0"
    record = last_record(gateway)
    assert record["session_end_reason"] == "tcp-fin"
    assert (record["bytes_sent"], record["bytes_received"]) == (len(asked), len(ok(body)))
    assert (record["src"], record["dst"], record["dport"]) == ("127.0.0.1", "127.0.0.1", origin)
    assert record["app"] == "web-browsing"


async def test_a_connection_that_says_nothing_leaves_no_record(gateway: Gateway) -> None:
    async with gateway.listening("regular@0") as port, connected(port):
        await the_one(gateway)
    assert gateway.records("traffic") == []
    assert len(gateway.core.sessions) == 0


async def test_a_client_that_resets(gateway: Gateway) -> None:
    async with (
        serving(ok) as origin,
        gateway.listening("regular@0") as port,
        connected(port) as (reader, writer),
    ):
        writer.write(request(f"http://127.0.0.1:{origin}/", f"127.0.0.1:{origin}"))
        await reader.read(10)
        reset(writer)
    assert last_record(gateway)["session_end_reason"] == "tcp-rst-from-client"


async def test_a_server_that_resets(gateway: Gateway) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    origin = server.sockets[0].getsockname()[1]
    async with server, gateway.listening("regular@0") as port, connected(port) as (reader, writer):
        writer.write(request(f"http://127.0.0.1:{origin}/", f"127.0.0.1:{origin}"))
        assert (await reader.read(100)).startswith(b"HTTP/1.1 502 ")
        writer.close()
    assert last_record(gateway)["session_end_reason"] == "tcp-rst-from-server"


async def test_a_server_that_cannot_be_reached(gateway: Gateway) -> None:
    async with serving(ok) as origin:
        pass  # its port is free again
    async with gateway.listening("regular@0") as port, connected(port) as (reader, writer):
        writer.write(f"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\n\r\n".encode())
        assert (await reader.read(100)).startswith(b"HTTP/1.1 502 ")
        writer.close()
    record = last_record(gateway)
    assert record["reason"] == ["server-unreachable"]
    assert record["dport"] == origin


async def test_new_sessions_are_refused_where_nothing_can_be_recorded(gateway: Gateway) -> None:
    gateway.edit("settings", "on-log-failure: continue", "on-log-failure: block")
    async with gateway.listening("regular@0") as port:
        gateway.core.reporter.close()  # as a full disk would
        async with connected(port) as (reader, _):
            assert await reader.read(10) == b""
    assert len(gateway.core.sessions) == 0


async def test_a_datagram_is_no_session(gateway: Gateway) -> None:
    client = gateway.client()
    client.transport_protocol = "udp"
    gateway.connections.client_connected(client)
    assert gateway.core.of(client) is None


@pytest.mark.parametrize(
    "hook",
    ["server_connected", "server_connect_error", "server_disconnected"],
)
async def test_a_connection_that_nobody_knows(gateway: Gateway, hook: str) -> None:
    data = ServerConnectionHookData(Server(address=("127.0.0.1", 1)), gateway.client())
    called: Callable[[ServerConnectionHookData], None] = getattr(gateway.connections, hook)
    called(data)
    gateway.connections.client_disconnected(data.client)
    assert gateway.records("traffic") == []


async def test_a_client_that_cannot_be_watched_is_refused(gateway: Gateway) -> None:
    """mitmproxy does not know it: nothing could be counted or ended."""
    client = gateway.client()
    gateway.connections.client_connected(client)
    assert client.error == "refused: a decision could not be made"


async def test_the_verdict_on_a_closed_server_connection_is_forgotten(gateway: Gateway) -> None:
    client, live = gateway.open()
    server = Server(address=CLIENT)
    live.courses[server.id] = object()  # type: ignore[assignment]
    gateway.connections.server_disconnected(ServerConnectionHookData(server, client))
    assert live.courses == {}


async def test_only_the_last_streams_are_kept(gateway: Gateway) -> None:
    async with (
        serving(ok) as one,
        serving(ok) as other,
        gateway.listening("regular@0") as port,
        connected(port) as (reader, writer),
    ):
        for number in range(6):
            for origin in (one, other):
                writer.write(request(f"http://127.0.0.1:{origin}/{number}", f"127.0.0.1:{origin}"))
                await reader.readuntil(b"Host: 127.0.0.1:%d\r\n\r\n" % origin)
        assert len((await the_one(gateway)).streams) <= 9


async def test_a_connection_that_stays_idle(gateway: Gateway) -> None:
    async with (
        serving(ok) as origin,
        gateway.listening("regular@0") as port,
        connected(port) as (reader, writer),
    ):
        writer.write(request(f"http://127.0.0.1:{origin}/", f"127.0.0.1:{origin}"))
        await reader.read(10)
        live = await the_one(gateway)
        assert live.handler
        await live.handler.timeout_watchdog.callback()
    assert last_record(gateway)["session_end_reason"] == "aged-out"


async def test_behind_this_proxy_is_another(gateway: Gateway) -> None:
    """It is no destination, reached or not."""
    client = gateway.client("upstream:http://192.0.2.20:3128@8080")
    _, live = gateway.open(client)
    live.handler = Handler(Context(client, gateway.master.options))
    live.session.destination, live.session.port = "198.51.100.7", 443
    proxy = Server(address=("192.0.2.20", 3128), peername=("192.0.2.20", 3128))
    live.handler.transports[proxy] = ConnectionIO()
    data = ServerConnectionHookData(proxy, client)
    gateway.connections.server_connected(data)
    gateway.connections.server_connect_error(data)
    assert (live.session.destination, live.session.port) == ("198.51.100.7", 443)
    assert live.session.reasons == ["server-unreachable"]


async def test_64_kib_in_one_go_leave_no_socket_open(gateway: Gateway) -> None:
    """A hello that is too large is refused while its last bytes wait for their turn."""
    async with (
        serving(ok) as origin,
        gateway.listening("regular@0") as port,
        connected(port) as (reader, writer),
    ):
        writer.write(f"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        record = b"\x16\x03\x01\x40\x00" + b"\x01\x01\x00\x00\x03\x03".ljust(16_384, b"\0")
        writer.write(record + 3 * (b"\x16\x03\x01\x40\x00" + bytes(16_384)))
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(10), 10) == b""
