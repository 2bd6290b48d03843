"""Layers of our own where mitmproxy's would go raw or invisible.

They move bytes and ask `bypass` and nothing else; what is decided, counted and recorded stands in
the addons.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mitmproxy import connection, flow, tcp
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import ClientTLSLayer, ServerTLSLayer
from mitmproxy.proxy.layers.tcp import TcpEndHook, TcpErrorHook, TcpStartHook
from mitmproxy.proxy.layers.tls import TlsClienthelloHook, TLSLayer
from mitmproxy.tls import ClientHello, ClientHelloData

from clearpane.content.direction import Direction
from clearpane.content.naming import SPAN
from clearpane.verification.failures import alert_of


class Closed(layer.Layer):
    """Ends both sides; where a decision could not be made, nothing flows."""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            if self.context.server.connected:
                yield commands.CloseConnection(self.context.server)
            yield commands.CloseConnection(self.context.client)


class PassThrough(layer.Layer):
    """Relays a session that is not decrypted; where flows are shown, as one that keeps no bytes.

    mitmproxy's own `TCPLayer(ignore=True)` would be invisible, and a visible one keeps every
    message in memory. Without a user interface no flow is made: its hooks would cost a sixth of
    the session, and the traffic record says it all. Bytes injected from a user interface are not
    sent: they would be nobody's.
    """

    def __init__(self, context: Context, *, shown: bool) -> None:
        super().__init__(context)
        self.flow = tcp.TCPFlow(context.client, context.server, True) if shown else None

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield from self._start()
        elif isinstance(event, events.DataReceived):
            if peer := self._peer(event.connection):
                yield commands.SendData(peer, event.data)
        elif isinstance(event, events.ConnectionClosed) and (peer := self._peer(event.connection)):
            yield from self._closed(peer)

    def _start(self) -> layer.CommandGenerator[None]:
        if self.flow:
            yield TcpStartHook(self.flow)
        if self.context.server.timestamp_start is not None:
            return
        error = yield commands.OpenConnection(self.context.server)
        if error:
            if self.flow:
                self.flow.error = flow.Error(error)
                yield TcpErrorHook(self.flow)
            yield commands.CloseConnection(self.context.client)

    def _peer(self, side: connection.Connection) -> connection.Connection | None:
        """The other side; none for a connection that was replaced before the relay began."""
        if side is self.context.client:
            return self.context.server
        return self.context.client if side is self.context.server else None

    def _closed(self, peer: connection.Connection) -> layer.CommandGenerator[None]:
        client, server = self.context.client, self.context.server
        if (client.state | server.state) & connection.ConnectionState.CAN_READ:
            yield commands.CloseTcpConnection(peer, half_close=True)
            return
        for side in (server, client):
            if side.state is not connection.ConnectionState.CLOSED:
                yield commands.CloseConnection(side)
        if self.flow and self.flow.live:
            self.flow.live = False
            yield TcpEndHook(self.flow)


@dataclass(slots=True)
class Chunk:
    """What one side said in a protocol that is not HTTP; the addons say what goes on of it."""

    client: connection.Client
    direction: Direction
    data: bytes
    end: bool = False  # this side says no more
    release: bytes = b""
    close: bool = False
    done: bool = False  # nothing more is asked: the rest passes


@dataclass
class ClearpaneChunkHook(commands.StartHook):
    """A side of a session that is relayed said something."""

    chunk: Chunk


class Watched(PassThrough):
    """Relays what the addons let go, until they have seen enough."""

    _watching = True

    def __init__(self, context: Context, *, shown: bool, greeting: bytes = b"") -> None:
        """`greeting`: what the server said before, and was passed on."""
        super().__init__(context, shown=shown)
        self.greeting = greeting

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if not self._watching or isinstance(event, events.Start):
            yield from super()._handle_event(event)
        elif isinstance(event, events.DataReceived):
            yield from self._ask(event.connection, event.data)
        elif isinstance(event, events.ConnectionClosed):
            yield from self._ask(event.connection, b"", end=True)
            yield from super()._handle_event(event)

    def _ask(
        self, side: connection.Connection, data: bytes, *, end: bool = False
    ) -> layer.CommandGenerator[None]:
        peer = self._peer(side)
        if peer is None:
            return
        from_client = side is self.context.client
        direction = Direction.UPLOAD if from_client else Direction.DOWNLOAD
        chunk = Chunk(self.context.client, direction, data, end)
        yield ClearpaneChunkHook(chunk)
        self._watching = self._watching and not chunk.done
        if chunk.release and peer.state & connection.ConnectionState.CAN_WRITE:
            yield commands.SendData(peer, chunk.release)
        if chunk.close:
            # What came meanwhile waits in line: none of it goes on either.
            self._handle_event = self._over  # type: ignore[assignment, method-assign]
            for each in (self.context.server, self.context.client):
                yield commands.CloseConnection(each)

    def _over(self, _: events.Event) -> layer.CommandGenerator[None]:
        yield from ()


class ServerFirst(layer.Layer):
    """Relays what a server says unasked and hands over at the client's first byte.

    mitmproxy would take such a connection for raw TCP for good, a later ClientHello included.
    `greeting` is how the server began.
    """

    greeting = b""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        client, server = self.context.client, self.context.server
        if isinstance(event, events.DataReceived) and event.connection is server:
            self.greeting = (self.greeting + event.data)[:SPAN]
            yield commands.SendData(client, event.data)
        elif isinstance(event, events.DataReceived):
            child = layer.NextLayer(self.context)
            self._handle_event = child.handle_event  # type: ignore[method-assign]
            yield from child.handle_event(events.Start())
            yield from child.handle_event(event)
        elif isinstance(event, events.ConnectionClosed):
            for side in (server, client):
                if side.state is not connection.ConnectionState.CLOSED:
                    yield commands.CloseConnection(side)


class ClientTLS(ClientTLSLayer):
    """TLS with the client, after the server's handshake has told what to do.

    `name` is the normalised server name: mitmproxy's own reading of a hello knows ASCII alone.
    `rejected` is told of a fatal alert that comes after the handshake.

    Stock mitmproxy goes on with its default authority when the server's handshake fails, and can
    pass a session through only before it; here `bypass` is asked in between.
    """

    def __init__(
        self,
        context: Context,
        hello: ClientHello,
        name: str,
        bypass: Callable[[Context], bool],
        rejected: Callable[[Context, str], None],
        *,
        shown: bool,
    ) -> None:
        super().__init__(context)
        self._shown = shown
        self._hello, self._name = hello, name
        self._bypass, self._rejected = bypass, rejected

    def receive_handshake_data(
        self, data: bytes
    ) -> layer.CommandGenerator[tuple[bool, str | None]]:
        if self.client_hello_parsed:
            return (yield from TLSLayer.receive_handshake_data(self, data))
        self.client_hello_parsed = True
        self.conn.sni, self.conn.alpn_offers = self._name or None, self._hello.alpn_protocols
        yield TlsClienthelloHook(ClientHelloData(self.context, self._hello))
        yield from self.start_server_tls()  # its failure is told to the addons by a hook
        if self._bypass(self.context):
            return (yield from self._pass_through(data))
        yield from self.start_tls()
        if not self.conn.connected or not self.tls:
            return False, "connection closed early"
        return (yield from TLSLayer.receive_handshake_data(self, data))

    def receive_data(self, data: bytes) -> layer.CommandGenerator[None]:
        """In TLS 1.3 a client may end its handshake and only then say that it will not have the
        certificate; stock mitmproxy logs that and tells no hook."""
        refused = False
        relay = super().receive_data(data)
        command = next(relay, None)
        while command is not None:
            if alert := _alert_in(command):
                self._rejected(self.context, alert)
                refused = True
            reply = yield command
            try:
                command = relay.send(reply)
            except StopIteration:
                break
        if refused:  # OpenSSL counts the connection as closed, so nobody would tell of its end
            yield commands.CloseConnection(self.conn)
            yield from self.event_to_child(events.ConnectionClosed(self.conn))

    def _pass_through(self, data: bytes) -> layer.CommandGenerator[tuple[bool, str | None]]:
        """The client's hello goes to a fresh connection; this layer and its parent step aside."""
        old = self.context.server
        self.conn = self.tunnel_connection = connection.Client(peername=("", 0), sockname=("", 0))
        parent = self.context.layers[self.context.layers.index(self) - 1]
        assert isinstance(parent, ServerTLSLayer)
        parent.conn = parent.tunnel_connection = connection.Server(address=None)
        self.context.server = connection.Server(address=old.address, via=old.via)
        yield commands.CloseConnection(old)
        error = yield commands.OpenConnection(self.context.server)
        if error:
            yield commands.CloseConnection(self.context.client)
            return False, error
        self.child_layer = PassThrough(self.context, shown=self._shown)
        yield from self.event_to_child(events.DataReceived(self.context.client, data))
        return True, None


def _alert_in(command: commands.Command) -> str:
    """The alert of which stock logs; what layers inside log holds a stranger's words."""
    if isinstance(command, commands.Log) and command.message.startswith("TLS Error: "):
        return alert_of(command.message)
    return ""
