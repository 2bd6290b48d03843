"""Layers driven by hand: events go in, commands come out."""

import pytest
from mitmproxy import connection
from mitmproxy.connection import Connection, ConnectionState, Server
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.tcp import TcpEndHook, TcpErrorHook, TcpStartHook

from chains import DAY, NOW, Party, Spec, issue, name, san
from clearpane.content.direction import Direction
from clearpane.gateway.layers import (
    Chunk,
    ClearpaneChunkHook,
    ClientTLS,
    Closed,
    PassThrough,
    ServerFirst,
    Watched,
)
from gateways import SERVER, Gateway, Origin, TlsClient, TlsOrigin, Wire, ok, request

OPEN, CLOSED = ConnectionState.OPEN, ConnectionState.CLOSED
WRITABLE = ConnectionState.CAN_WRITE


def new_context(*, connected: bool = True) -> Context:
    client = connection.Client(peername=("127.0.0.1", 1), sockname=("", 0), state=OPEN)
    context = Context(client, Options())
    context.server.address = SERVER
    if connected:
        context.server.state, context.server.timestamp_start = OPEN, 1.0
    return context


def drive(
    driven: layer.Layer, event: events.Event, error: str | None = None
) -> list[commands.Command]:
    """All that is commanded; hooks are answered, connections open unless there is an `error`."""
    said, queue = [], [event]
    while queue:
        for command in driven.handle_event(queue.pop(0)):
            said.append(command)
            if isinstance(command, commands.OpenConnection):
                queue.append(events.OpenConnectionCompleted(command, error))
            elif isinstance(command, commands.StartHook) and command.blocking:
                queue.append(events.HookCompleted(command))
    return said


def kinds(said: list[commands.Command]) -> list[type]:
    return [type(command) for command in said]


def sent(said: list[commands.Command]) -> list[tuple[connection.Connection, bytes]]:
    return [(c.connection, c.data) for c in said if isinstance(c, commands.SendData)]


def closed(said: list[commands.Command]) -> list[connection.Connection]:
    return [c.connection for c in said if isinstance(c, commands.CloseConnection)]


class TestClosed:
    def test_both_sides_end(self) -> None:
        context = new_context()
        said = drive(Closed(context), events.Start())
        assert closed(said) == [context.server, context.client]

    def test_a_server_that_nobody_asked_for_is_left_alone(self) -> None:
        context = new_context(connected=False)
        assert closed(drive(Closed(context), events.Start())) == [context.client]

    def test_nothing_flows(self) -> None:
        context = new_context()
        end = Closed(context)
        drive(end, events.Start())
        assert drive(end, events.DataReceived(context.client, b"x")) == []
        assert drive(end, events.DataReceived(context.server, b"x")) == []


class TestPassThrough:
    def test_it_relays_both_ways(self) -> None:
        context = new_context()
        relay = PassThrough(context, shown=False)
        assert drive(relay, events.Start()) == []
        up = drive(relay, events.DataReceived(context.client, b"up"))
        down = drive(relay, events.DataReceived(context.server, b"down"))
        assert sent(up + down) == [(context.server, b"up"), (context.client, b"down")]

    def test_a_shown_one_is_a_flow_that_keeps_no_bytes(self) -> None:
        context = new_context()
        relay = PassThrough(context, shown=True)
        assert kinds(drive(relay, events.Start())) == [TcpStartHook]
        drive(relay, events.DataReceived(context.client, b"secret"))
        assert relay.flow and relay.flow.messages == []

    @pytest.mark.parametrize("shown", [True, False])
    def test_the_server_is_connected_to_where_it_is_not_yet(self, shown: bool) -> None:
        relay = PassThrough(new_context(connected=False), shown=shown)
        said = drive(relay, events.Start())
        assert kinds(said) == [TcpStartHook] * shown + [commands.OpenConnection]

    @pytest.mark.parametrize("shown", [True, False])
    def test_a_server_that_cannot_be_reached_ends_the_client(self, shown: bool) -> None:
        context = new_context(connected=False)
        relay = PassThrough(context, shown=shown)
        said = drive(relay, events.Start(), error="refused")
        assert closed(said) == [context.client]
        assert (TcpErrorHook in kinds(said)) is shown
        assert relay.flow is None or (relay.flow.error and relay.flow.error.msg == "refused")

    def test_bytes_of_a_replaced_connection_go_nowhere(self) -> None:
        context = new_context()
        relay = PassThrough(context, shown=False)
        old = connection.Server(address=SERVER)
        assert drive(relay, events.DataReceived(old, b"late")) == []
        assert drive(relay, events.ConnectionClosed(old)) == []

    @pytest.mark.parametrize("first", ["client", "server"])
    def test_one_side_closes_and_then_the_other(self, first: str) -> None:
        context = new_context()
        relay = PassThrough(context, shown=True)
        drive(relay, events.Start())
        one, other = context.client, context.server
        if first == "server":
            one, other = other, one  # type: ignore[assignment]
        one.state = WRITABLE
        (half,) = drive(relay, events.ConnectionClosed(one))
        assert isinstance(half, commands.CloseTcpConnection) and half.half_close
        assert half.connection is other
        assert relay.flow and relay.flow.live
        other.state = CLOSED
        said = drive(relay, events.ConnectionClosed(other))
        assert closed(said) == [one]
        assert kinds(said)[-1] is TcpEndHook
        assert not relay.flow.live

    def test_the_other_direction_goes_on_after_a_half_close(self) -> None:
        context = new_context()
        relay = PassThrough(context, shown=False)
        drive(relay, events.Start())
        context.client.state = WRITABLE
        drive(relay, events.ConnectionClosed(context.client))
        said = drive(relay, events.DataReceived(context.server, b"answer"))
        assert sent(said) == [(context.client, b"answer")]

    def test_the_end_is_told_once(self) -> None:
        context = new_context()
        relay = PassThrough(context, shown=True)
        drive(relay, events.Start())
        context.client.state = context.server.state = CLOSED
        ends = [
            drive(relay, events.ConnectionClosed(side)) for side in (context.client, context.server)
        ]
        assert kinds(ends[0] + ends[1]) == [TcpEndHook]


class TestServerFirst:
    def test_the_greeting_is_relayed(self) -> None:
        context = new_context()
        said = drive(ServerFirst(context), events.DataReceived(context.server, b"220 hi"))
        assert sent(said) == [(context.client, b"220 hi")]

    def test_the_clients_first_bytes_are_looked_at(self) -> None:
        context = new_context()
        first = ServerFirst(context)
        (hook,) = first.handle_event(events.DataReceived(context.client, b"\x16\x03"))
        assert isinstance(hook, layer.NextLayerHook)
        assert hook.data.data_client() == b"\x16\x03"

    def test_then_the_chosen_layer_takes_over(self) -> None:
        context = new_context()
        first = ServerFirst(context)
        (hook,) = first.handle_event(events.DataReceived(context.client, b"a"))
        assert isinstance(hook, layer.NextLayerHook)
        hook.data.layer = PassThrough(context, shown=False)
        said = list(first.handle_event(events.HookCompleted(hook)))
        assert sent(said) == [(context.server, b"a")]
        again = drive(first, events.DataReceived(context.server, b"b"))
        assert sent(again) == [(context.client, b"b")]

    @pytest.mark.parametrize("side", ["client", "server"])
    def test_the_end_of_either_side_ends_both(self, side: str) -> None:
        context = new_context()
        getattr(context, side).state = CLOSED
        said = drive(ServerFirst(context), events.ConnectionClosed(getattr(context, side)))
        assert closed(said) == [context.client if side == "server" else context.server]


PINNED = 'exclusions: [{name: "*.pinned.test", description: "pinned: pinned-cert"}]\npredefined: {}'


class TestClientTLS:
    """With both TLS layers in place, as `decide` puts them."""

    async def test_the_server_is_asked_before_the_client_is_answered(
        self, gateway: Gateway, root: Party
    ) -> None:
        wire = await Wire(gateway, lambda: TlsOrigin(issue(root, Spec()))).start()
        await TlsClient("www.test").shake_hands(wire)
        order = [hook for hook in wire.hooks if hook.startswith("tls")]
        assert order == [
            "tls_clienthello",
            "tls_start_server",
            "tls_established_server",
            "tls_start_client",
            "tls_established_client",
        ]

    async def test_a_failed_server_does_not_lead_to_stocks_own_authority(
        self, gateway: Gateway
    ) -> None:
        wire = await Wire(gateway, lambda: Origin(lambda _: b"no TLS here\r\n\r\n")).start()
        client = TlsClient("www.test")  # trusts Forward Trust alone
        await client.shake_hands(wire)
        assert b"503" in await client.ask(wire, request())

    async def test_without_a_context_the_client_is_closed(
        self, gateway: Gateway, root: Party
    ) -> None:
        wire = await Wire(gateway, lambda: TlsOrigin(issue(root, Spec()))).start()
        gateway.core.close(wire.live)  # nobody knows the connection any more
        await wire.say(TlsClient("www.test").hello())
        assert wire.client in wire.closed
        assert wire.heard() == b""

    @pytest.fixture
    def pinned(self, gateway: Gateway, root: Party) -> Party:
        """A server whose certificate is exempt under a name that no client asks for."""
        gateway.apply(exclusions=PINNED)
        names = san("www.test", "api.pinned.test")
        return issue(root, Spec(subject=name("www.test"), extensions=(names,)))

    async def test_a_bypass_replays_the_hello_to_a_fresh_connection(
        self, gateway: Gateway, pinned: Party
    ) -> None:
        origins: list[TlsOrigin] = []

        def origin() -> TlsOrigin:
            origins.append(TlsOrigin(pinned, answer=lambda _: ok(b"untouched")))
            return origins[-1]

        wire = await Wire(gateway, origin).start()
        first = wire.context.server
        client = TlsClient("www.test", checks=False)
        await client.shake_hands(wire)
        assert client.tls.getpeercert(True) == pinned.der
        assert (await client.ask(wire, request())).endswith(b"untouched")
        assert len(origins) == 2
        assert first in wire.closed
        assert wire.context.server is not first
        assert wire.client not in wire.closed
        assert wire.live.session.reasons == ["excluded-custom"]
        assert not wire.live.session.decrypted
        assert wire.live.timer is None
        assert "tls_start_client" not in wire.hooks

    async def test_a_bypass_whose_fresh_connection_fails_ends(
        self, gateway: Gateway, pinned: Party
    ) -> None:
        answers: list[Origin | str] = ["gone", TlsOrigin(pinned)]
        wire = await Wire(gateway, answers.pop).start()
        await wire.say(TlsClient("www.test").hello())
        assert wire.client in wire.closed
        assert wire.heard() == b""
        assert wire.live.session.reasons == ["excluded-custom", "server-unreachable"]

    async def test_a_bypassed_session_ends_with_its_server(
        self, gateway: Gateway, pinned: Party
    ) -> None:
        wire = await Wire(gateway, lambda: TlsOrigin(pinned)).start()
        client = TlsClient("www.test", checks=False)
        await client.shake_hands(wire)
        wire.client.state = WRITABLE
        await wire.leave(wire.context.server)
        assert {wire.client, wire.context.server} <= set(wire.closed)

    async def test_a_bad_chain_is_not_exempt_by_a_hosts_name(self, gateway: Gateway) -> None:
        gateway.apply(exclusions=PINNED)
        names = san("www.test", "api.pinned.test")
        forged = issue(None, Spec(subject=name("www.test"), extensions=(names,), end=NOW + DAY))
        wire = await Wire(gateway, lambda: TlsOrigin(forged)).start()
        client = TlsClient("www.test", checks=False)
        await client.shake_hands(wire)
        assert wire.live.session.decrypted
        assert wire.live.session.authority == "forward-untrust"
        assert isinstance(wire.context.layers[2], ClientTLS)


class Relayed:
    """A relay and what it asks."""

    def __init__(self, relay: Watched) -> None:
        self.layer, context = relay, relay.context
        self.client, self.server = context.client, context.server
        self._asked: ClearpaneChunkHook | None = None
        assert not [*relay.handle_event(events.Start())]

    def hears(self, side: Connection, data: bytes | None) -> Chunk:
        """`None`: this side ends."""
        said = events.ConnectionClosed(side) if data is None else events.DataReceived(side, data)
        (asked,) = self.layer.handle_event(said)
        assert isinstance(asked, ClearpaneChunkHook)
        self._asked = asked
        return asked.chunk

    def rest(self) -> list[commands.Command]:
        """What is done once the answer is there."""
        assert self._asked
        return [*self.layer.handle_event(events.HookCompleted(self._asked))]

    def goes_on(self) -> list[tuple[Connection, bytes]]:
        sent = [each for each in self.rest() if isinstance(each, commands.SendData)]
        return [(each.connection, each.data) for each in sent]


class TestWatched:
    """A relay that asks of each word what goes on of it, until nothing more is asked."""

    @pytest.fixture
    def relay(self) -> Relayed:
        return Relayed(Watched(new_context(), shown=False))

    def test_what_is_let_go_goes_on(self, relay: Relayed) -> None:
        chunk = relay.hears(relay.client, b"hello")
        assert (chunk.direction, chunk.data, chunk.end) == (Direction.UPLOAD, b"hello", False)
        chunk.release = b"hel"
        assert relay.goes_on() == [(relay.server, b"hel")]
        chunk = relay.hears(relay.server, b"welcome")
        assert chunk.direction is Direction.DOWNLOAD
        chunk.release = b"welcome"
        assert relay.goes_on() == [(relay.client, b"welcome")]

    def test_what_is_not_let_go_waits(self, relay: Relayed) -> None:
        relay.hears(relay.client, b"hello")
        assert relay.goes_on() == []

    def test_where_enough_was_seen_nothing_is_asked(self, relay: Relayed) -> None:
        chunk = relay.hears(relay.client, b"hello")
        chunk.release, chunk.done = b"hello", True
        assert relay.goes_on() == [(relay.server, b"hello")]
        (sent,) = relay.layer.handle_event(events.DataReceived(relay.server, b"x"))
        assert isinstance(sent, commands.SendData)
        assert (sent.connection, sent.data) == (relay.client, b"x")

    def test_a_word_that_closes(self, relay: Relayed) -> None:
        relay.hears(relay.client, b"hello").close = True
        closed = [each for each in relay.rest() if isinstance(each, commands.CloseConnection)]
        assert [each.connection for each in closed] == [relay.server, relay.client]

    def test_nothing_that_came_meanwhile_goes_on_either(self, relay: Relayed) -> None:
        chunk = relay.hears(relay.client, b"hello")
        assert not [*relay.layer.handle_event(events.DataReceived(relay.client, b" again"))]
        chunk.close = True
        assert relay.goes_on() == []
        assert not [*relay.layer.handle_event(events.DataReceived(relay.server, b"x"))]

    def test_an_end_is_a_word_too(self, relay: Relayed) -> None:
        relay.client.state = ConnectionState.CAN_WRITE
        chunk = relay.hears(relay.client, None)
        assert (chunk.data, chunk.end) == (b"", True)
        chunk.release = b"what was held"
        sent, closed = relay.rest()
        assert isinstance(sent, commands.SendData) and sent.data == b"what was held"
        assert isinstance(closed, commands.CloseTcpConnection) and closed.half_close

    def test_nothing_goes_to_who_listens_no_more(self, relay: Relayed) -> None:
        relay.server.state = ConnectionState.CAN_READ
        relay.hears(relay.client, b"hello").release = b"hello"
        assert relay.goes_on() == []

    def test_a_word_of_a_connection_that_was_replaced(self, relay: Relayed) -> None:
        stranger = Server(address=("198.51.100.8", 22))
        assert not [*relay.layer.handle_event(events.DataReceived(stranger, b"x"))]
