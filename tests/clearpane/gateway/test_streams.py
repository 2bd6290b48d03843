"""Sessions that are not HTTP are named, judged by the security rules, and listed."""

import pytest
from mitmproxy import tcp
from mitmproxy.proxy import events
from mitmproxy.test import tflow

from chains import Party, Spec, issue
from clearpane.content.direction import Direction
from clearpane.gateway.layers import Chunk
from gateways import Gateway, Origin, TlsClient, TlsOrigin, Wire

SSH, RDP = b"SSH-2.0-client\r\n", b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"
ALL = "- {name: rest, action: allow}\n"


async def plain(gateway: Gateway) -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: b"")).start()


async def through_tls(gateway: Gateway, root: Party) -> tuple[Wire, TlsClient]:
    served = issue(root, Spec())
    wire = await Wire(gateway, lambda: TlsOrigin(served, answer=lambda _: b"")).start()
    client = TlsClient("www.test", alpn="other")
    await client.shake_hands(wire)
    return wire, client


async def test_the_flow_says_why(gateway: Gateway) -> None:
    client, live = gateway.open()
    live.session.tls = True
    live.session.note("no-rule")
    flow: tcp.TCPFlow = tflow.ttcpflow(client_conn=client)
    gateway.streams.tcp_start(flow)
    assert flow.comment.startswith("no-decrypt · no-rule")
    assert flow.marked == ":lock:"
    assert live.shown is flow


async def test_a_stream_of_nobody_is_killed(gateway: Gateway) -> None:
    flow: tcp.TCPFlow = tflow.ttcpflow()
    gateway.streams.tcp_start(flow)
    assert flow.error and flow.error.msg == flow.error.KILLED_MESSAGE


async def test_what_nobody_says_goes_no_further(gateway: Gateway) -> None:
    chunk = Chunk(gateway.client(), Direction.UPLOAD, b"hello")
    await gateway.streams.clearpane_chunk(chunk)
    assert (chunk.release, chunk.close) == (b"", True)


class TestNamed:
    @pytest.mark.parametrize(
        ("said", "application"),
        [
            pytest.param([SSH], "ssh", id="SSH"),
            pytest.param([SSH[:3], SSH[3:]], "ssh", id="SSH in two pieces"),
            pytest.param([RDP], "rdp", id="RDP"),
            pytest.param([b"\x13BitTorrent protocol"], "bittorrent", id="BitTorrent"),
            pytest.param([b"\x00\x01\x02\x03"], "unknown-tcp", id="anything else"),
        ],
    )
    async def test_by_what_the_client_begins_with(
        self, gateway: Gateway, said: list[bytes], application: str
    ) -> None:
        wire = await plain(gateway)
        for piece in said:
            await wire.say(piece)
        assert wire.live.session.app == application
        assert wire.received == b"".join(said), "it passes while it is named"
        assert gateway.records("threat") == [], "what was not decrypted has no decoder to miss"

    async def test_by_what_the_server_greets_with(self, gateway: Gateway) -> None:
        wire = await plain(gateway)
        assert await wire.serve(b"SSH-2.0-server\r\n") == b"SSH-2.0-server\r\n"
        await wire.say(b"SSH-2.0-client\r\n")
        assert wire.live.session.app == "ssh"

    async def test_one_that_ends_before_it_has_a_name(self, gateway: Gateway) -> None:
        wire = await plain(gateway)
        await wire.say(b"SS")
        await wire.say(b"H-")
        await wire.leave(wire.client)
        assert wire.live.session.app == "unknown-tcp"
        assert wire.received == b"SSH-"

    async def test_once_it_has_one_nobody_asks_again(self, gateway: Gateway) -> None:
        wire = await plain(gateway)
        await wire.say(SSH)
        before = wire.hooks.count("clearpane_chunk")
        await wire.say(b"more")
        assert wire.hooks.count("clearpane_chunk") == before
        assert wire.received == SSH + b"more"

    async def test_decrypted_without_a_decoder_is_recorded(
        self, gateway: Gateway, root: Party
    ) -> None:
        wire, client = await through_tls(gateway, root)
        await client.ask(wire, SSH)
        assert wire.received == SSH
        assert (wire.live.session.app, wire.live.session.decrypted) == ("ssh", True)
        (record,) = gateway.records("threat")
        assert (record["reason"], record["action"]) == (["unscanned-protocol"], "allow")
        assert record["app"] == "ssh"


class TestRules:
    @pytest.mark.parametrize("action", ["deny", "drop", "reset-both"])
    async def test_a_denied_application_is_closed(self, gateway: Gateway, action: str) -> None:
        gateway.apply(security=f"rules:\n- {{name: a, application: ssh, action: {action}}}\n{ALL}")
        wire = await plain(gateway)
        await wire.say(SSH)
        assert wire.received == b"", "what named it does not pass"
        assert {wire.client, wire.context.server} <= set(wire.closed)
        gateway.core.close(wire.live)
        (record,) = gateway.records("traffic")
        assert (record["rule"], record["app"], record["action"]) == ("a", "ssh", action)
        assert record["session_end_reason"] == "policy-deny"

    async def test_another_application_passes(self, gateway: Gateway) -> None:
        gateway.apply(security=f"rules:\n- {{name: a, application: ssh, action: deny}}\n{ALL}")
        wire = await plain(gateway)
        await wire.say(RDP)
        assert wire.received == RDP
        assert wire.live.session.security_rule == "rest"

    async def test_in_a_decrypted_session(self, gateway: Gateway, root: Party) -> None:
        gateway.apply(security=f"rules:\n- {{name: a, application: ssh, action: deny}}\n{ALL}")
        wire, client = await through_tls(gateway, root)
        await client.ask(wire, SSH)
        assert wire.received == b""
        assert wire.client in wire.closed

    async def test_a_greeting_that_is_denied(self, gateway: Gateway) -> None:
        """The greeting has passed by then: without it most clients say nothing."""
        gateway.apply(security=f"rules:\n- {{name: a, application: ssh, action: deny}}\n{ALL}")
        wire = await plain(gateway)
        await wire.serve(b"SSH-2.0-server\r\n")
        await wire.feed(events.DataReceived(wire.client, b"SSH-2.0-client\r\n"))
        assert wire.received == b""
        assert wire.client in wire.closed
