"""The moment a connection opens or ends: a Session begins, bytes are counted, the end is explained.

No hook of mitmproxy tells a reset from a clean end or counts bytes, so the two streams of each
connection are watched: reads and writes are counted as they pass, and a stream keeps the error that
ended it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import mitmproxy_rs
from mitmproxy import connection, ctx
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.server import ConnectionHandler, ConnectionIO
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.core import Core
from clearpane.gateway.live import Live
from clearpane.sessions.ends import EndReason

_STREAMS = 8


class Connections:
    """Opens and closes Sessions."""

    name = "clearpane-connections"

    def __init__(self, core: Core) -> None:
        self._core = core

    @fail_closed
    def client_connected(self, client: connection.Client) -> None:
        if client.transport_protocol != "tcp":
            return
        if not self._core.accepts:
            client.error = "refused: records can't be written (on-log-failure: block)"
            return
        handler = ctx.master.addons.get("proxyserver").connections[client.id]
        live = self._core.open(client.id, client, handler)
        _watch_idle(handler, live)
        _count(handler.transports[client], live)
        _keep_stream(live, "client", handler.transports[client])
        live.from_client.watch(handler.transports[client])

    @fail_closed
    def server_connected(self, data: ServerConnectionHookData) -> None:
        live = self._core.of(data.client)
        if live is None or live.handler is None or data.server.transport_protocol != "tcp":
            return
        io = live.handler.transports[data.server]
        _keep_stream(live, "server", io)
        live.from_servers.watch(io)
        if data.server.peername and not _is_proxy(data):
            live.session.destination, live.session.port = data.server.peername[:2]

    def server_connect_error(self, data: ServerConnectionHookData) -> None:
        live = self._core.of(data.client)
        if live and data.server.address:
            host, port = data.server.address[:2]
            if not _is_proxy(data):
                live.session.host, live.session.port = live.session.host or host, port
            live.session.note("server-unreachable")

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        if live := self._core.of(data.client):
            live.courses.pop(data.server.id, None)

    def client_disconnected(self, client: connection.Client) -> None:
        if live := self._core.of(client):
            _let_go(live)
            live.session.ends(_how_it_ended(live))
            self._core.close(live)


def _let_go(live: Live) -> None:
    """2026-11, mitmproxy 12.3: a connection that is ended while its last bytes wait for their turn
    leaves its socket open for good; a client that sends 64 KiB in one go can bring that about."""
    for io in tuple(live.handler.transports.values()) if live.handler else ():
        if io.handler and io.handler.done() and io.writer:
            io.writer.close()


def _is_proxy(data: ServerConnectionHookData) -> bool:
    """In upstream mode what is connected to is the proxy behind this one, never the server."""
    return isinstance(data.client.proxy_mode, mode_specs.UpstreamMode)


def _how_it_ended(live: Live) -> EndReason:
    if live.session.end_reason is EndReason.AGED_OUT:
        return EndReason.AGED_OUT  # we ended it: the ends of its sockets tell nothing
    for side, stream in live.streams:
        if isinstance(stream.exception(), ConnectionResetError):
            return EndReason.RESET_BY_CLIENT if side == "client" else EndReason.RESET_BY_SERVER
    return EndReason.FINISHED


def _keep_stream(live: Live, side: str, io: ConnectionIO) -> None:
    """Only the last few: an explicit proxy's client may go through many servers."""
    if isinstance(io.reader, asyncio.StreamReader):
        live.streams = [*live.streams[-_STREAMS:], (side, io.reader)]


def _count(io: ConnectionIO, live: Live) -> None:
    """Counts as the client does: what it sent, and what it was sent."""
    if isinstance(io.reader, mitmproxy_rs.Stream):
        io.reader = io.writer = _Stream(io.reader)  # type: ignore[assignment]
    read: Callable[[int], Awaitable[bytes]] = io.reader.read  # type: ignore[union-attr]
    write: Callable[[bytes], None] = io.writer.write  # type: ignore[union-attr]
    session = live.session

    async def counted_read(size: int) -> bytes:
        data = await read(size)
        session.bytes_sent += len(data)
        return data

    def counted_write(data: bytes) -> None:
        session.bytes_received += len(data)
        write(data)

    io.reader.read = counted_read  # type: ignore[union-attr, method-assign]
    io.writer.write = counted_write  # type: ignore[union-attr, method-assign]


class _Stream:
    """A stream of mitmproxy_rs (WireGuard, TUN), whose own methods can't be replaced."""

    def __init__(self, stream: mitmproxy_rs.Stream) -> None:
        self._stream, self.read, self.write = stream, stream.read, stream.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _watch_idle(handler: ConnectionHandler, live: Live) -> None:
    """mitmproxy closes an idle connection without a word to any hook."""
    close = handler.timeout_watchdog.callback

    async def aged_out() -> None:
        live.session.ends(EndReason.AGED_OUT)
        await close()

    handler.timeout_watchdog.callback = aged_out
