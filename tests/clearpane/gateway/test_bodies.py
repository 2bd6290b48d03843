"""What is in bodies and messages, each in its own way: whole, as it flows, unit by unit."""

from collections.abc import Callable
from gzip import compress

import pytest
from mitmproxy.test import tflow
from wsproto import ConnectionType, WSConnection
from wsproto import events as ws

from chains import Party, Spec, issue
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.gateway import bodies
from clearpane.gateway.judge import Size
from gateways import EICAR, Gateway, Origin, TlsClient, TlsOrigin, Wire, ok, request

WEB = ("198.51.100.7", 80)
UNINSPECTED = """
rules:
- name: all
  action: allow
  profiles: {virus: none, url-filtering: none, file-blocking: none, data-filtering: none}
"""
CHUNKED = "Transfer-Encoding: chunked"


def head(kind: str, *fields: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", CHUNKED, *fields, "", ""]
    return "\r\n".join(lines).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def grpc(data: bytes, flag: int = 0) -> bytes:
    return bytes([flag]) + len(data).to_bytes(4) + data


def event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


async def wire_to(gateway: Gateway, answer: bytes = b"") -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: answer), address=WEB).start()


FRAMED = [
    pytest.param("text/event-stream", event, id="events"),
    pytest.param("application/grpc+proto", grpc, id="gRPC"),
]


class TestUnitByUnit:
    """Events and gRPC messages go on one by one, however long the stream lasts."""

    @pytest.mark.parametrize(("kind", "unit"), FRAMED)
    async def test_each_goes_on_as_soon_as_it_is_complete(
        self, gateway: Gateway, kind: str, unit: Callable[[bytes], bytes]
    ) -> None:
        wire = await wire_to(gateway, head(kind))
        assert (await wire.ask(request("/feed"))).startswith(b"HTTP/1.1 200 ")
        for number in range(3):
            whole = unit(b"%d" % number)
            assert await wire.serve(chunk(whole[:3])) == b""
            assert await wire.serve(chunk(whole[3:])) == chunk(whole)
        assert (await wire.serve(b"0\r\n\r\n")) == b"0\r\n\r\n"
        (record,) = gateway.records("threat")
        assert (record["reason"], record["action"]) == (["unscanned-stream"], "alert")

    @pytest.mark.parametrize(("kind", "unit"), FRAMED)
    async def test_a_threat_ends_it_and_does_not_arrive(
        self, gateway: Gateway, kind: str, unit: Callable[[bytes], bytes]
    ) -> None:
        wire = await wire_to(gateway, head(kind))
        await wire.ask(request("/feed"))
        assert await wire.serve(chunk(unit(b"hello"))) == chunk(unit(b"hello"))
        heard = await wire.serve(chunk(unit(EICAR)))
        assert EICAR not in heard and b"0\r\n\r\n" not in heard
        assert wire.client in wire.closed
        told = [(record["threatid"], record["action"]) for record in gateway.records("threat")]
        assert told == [("Unscanned(0)", "alert"), ("Eicar Test File(100000)", "reset-both")]

    async def test_two_at_once_are_judged_by_themselves(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, head("text/event-stream"))
        await wire.ask(request("/feed"))
        both = event(b"hello") + event(EICAR)
        assert EICAR not in await wire.serve(chunk(both))
        assert wire.client in wire.closed

    async def test_an_upload_of_messages(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway)
        lines = ["POST /rpc HTTP/1.1", "Host: www.test", "Content-Type: application/grpc", CHUNKED]
        await wire.say("\r\n".join([*lines, "", ""]).encode() + chunk(grpc(b"hello")))
        assert grpc(b"hello") in wire.received
        await wire.say(chunk(grpc(EICAR)))
        assert EICAR not in wire.received
        assert (await wire.ask(b"0\r\n\r\n")).startswith(b"HTTP/1.1 403 ")

    async def test_a_compressed_message_is_read(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, head("application/grpc", "grpc-encoding: gzip"))
        await wire.say(request("/rpc"))
        packed = grpc(compress(EICAR), flag=1)
        assert packed not in await wire.serve(chunk(packed))
        assert wire.client in wire.closed

    async def test_in_a_coding_it_is_a_body_as_any_other(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, head("text/event-stream", "Content-Encoding: gzip"))
        await wire.ask(request("/feed"))
        assert await wire.serve(chunk(b"x" * 100)) == b"", "it is held"

    async def test_where_nothing_is_inspected_nobody_looks(self, gateway: Gateway) -> None:
        gateway.apply(security=UNINSPECTED)
        wire = await wire_to(gateway, head("text/event-stream"))
        await wire.ask(request("/feed"))
        assert await wire.serve(chunk(event(EICAR))) == chunk(event(EICAR))
        assert gateway.records("threat") == []


class Chat:
    """A WebSocket through a wire, with both ends."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.client = WSConnection(ConnectionType.CLIENT)
        self.server = WSConnection(ConnectionType.SERVER)

    @classmethod
    async def begin(cls, gateway: Gateway) -> "Chat":
        wire = Wire(gateway, lambda: Origin(chat.accept), address=WEB)
        chat = cls(wire)
        await wire.start()
        asked = chat.client.send(ws.Request(host="www.test", target="/chat"))
        chat.client.receive_data(await wire.ask(asked))
        assert isinstance(next(chat.client.events()), ws.AcceptConnection)
        return chat

    def accept(self, data: bytes) -> bytes:
        if b"Upgrade" in data or b"upgrade" in data:
            self.server.receive_data(data)
            next(self.server.events())
            return self.server.send(ws.AcceptConnection())
        self.server.receive_data(data)
        return b""

    async def say(self, *frames: ws.TextMessage | ws.BytesMessage) -> list[ws.Event]:
        """The client says it; what the server hears."""
        for frame in frames:
            await self.wire.say(self.client.send(frame))
        return [*self.server.events()]

    async def hear(self, *frames: ws.TextMessage | ws.BytesMessage) -> list[ws.Event]:
        """The server says it; what the client hears."""
        for frame in frames:
            self.client.receive_data(await self.wire.serve(self.server.send(frame)))
        return [*self.client.events()]


class TestWebSocket:
    async def test_messages_pass(self, gateway: Gateway) -> None:
        chat = await Chat.begin(gateway)
        (said,) = await chat.say(ws.TextMessage("hello"))
        assert isinstance(said, ws.TextMessage) and said.data == "hello"
        (heard,) = await chat.hear(ws.BytesMessage(b"world"))
        assert isinstance(heard, ws.BytesMessage) and heard.data == b"world"
        assert chat.wire.live.session.app == "websocket"
        assert gateway.records("threat") == []

    @pytest.mark.parametrize("upload", [True, False])
    async def test_a_threat_does_not_arrive_and_ends_it(
        self, gateway: Gateway, upload: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended: list[object] = []
        monkeypatch.setattr(bodies, "abort", ended.append)
        chat = await Chat.begin(gateway)
        frame = ws.BytesMessage(EICAR)
        assert await (chat.say(frame) if upload else chat.hear(frame)) == []
        assert ended == [chat.wire.client]
        (record,) = gateway.records("threat")
        assert record["direction"] == ("client-to-server" if upload else "server-to-client")
        assert (record["misc"], record["action"]) == ("chat", "reset-both")

    async def test_one_in_several_frames_is_judged_whole(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended: list[object] = []
        monkeypatch.setattr(bodies, "abort", ended.append)
        chat = await Chat.begin(gateway)
        halves = (ws.BytesMessage(EICAR[:30], message_finished=False), ws.BytesMessage(EICAR[30:]))
        assert await chat.say(*halves) == []
        assert ended

    async def test_an_alert_passes(self, gateway: Gateway) -> None:
        gateway.edit("profiles", "http: {action: reset-both}", "http: {action: alert}")
        chat = await Chat.begin(gateway)
        (said,) = await chat.say(ws.BytesMessage(EICAR))
        assert isinstance(said, ws.BytesMessage) and said.data == EICAR
        assert gateway.records("threat")[0]["action"] == "alert"

    async def test_the_headers_of_the_upgrade_say_nothing_of_messages(
        self, gateway: Gateway
    ) -> None:
        chat = await Chat.begin(gateway)
        flow = chat.wire.flows[0]
        assert flow.response
        flow.response.headers["content-encoding"] = "secret"
        assert len(await chat.hear(ws.BytesMessage(b"hello"))) == 1
        assert gateway.records("threat") == []

    @pytest.mark.parametrize("policy", ["block", "alert"])
    async def test_one_that_grows_over_the_limit(self, gateway: Gateway, policy: str) -> None:
        gateway.hold("1KiB")
        gateway.edit("settings", "scan-limit: 32MiB", "scan-limit: 1KiB")
        gateway.edit("profiles", "on-unscanned: block", f"on-unscanned: {policy}")
        chat = await Chat.begin(gateway)
        part = ws.BytesMessage(b"x" * 1000, message_finished=False)
        await chat.say(part)
        assert chat.wire.client not in chat.wire.closed
        await chat.say(part)
        blocks = policy == "block"
        assert ({chat.wire.client, chat.wire.context.server} <= set(chat.wire.closed)) is blocks
        if not blocks:
            await chat.say(part, part)
        (record,) = gateway.records("threat")
        assert (record["reason"], record["action"]) == (["unscanned-too-big"], policy)

    async def test_only_the_last_messages_are_kept_to_be_shown(self, gateway: Gateway) -> None:
        chat = await Chat.begin(gateway)
        for _ in range(30):
            await chat.say(ws.TextMessage("hello"))
        socket = chat.wire.flows[0].websocket
        assert socket and len(socket.messages) == 20

    async def test_its_end_is_the_end_of_the_flow(self, gateway: Gateway) -> None:
        chat = await Chat.begin(gateway)
        assert chat.wire.live.upgraded and chat.wire.live.granted
        await chat.wire.say(chat.client.send(ws.CloseConnection(1000)))
        await chat.wire.leave(chat.wire.client)
        assert chat.wire.live.granted == {}

    async def test_a_message_for_who_has_left_is_dropped(self, gateway: Gateway) -> None:
        flow = tflow.twebsocketflow()
        await gateway.bodies.websocket_message(flow)
        assert flow.websocket and flow.websocket.messages[-1].dropped


class TestSize:
    """What becomes of a body, as far as its headers and what has come of it tell."""

    @pytest.mark.parametrize(
        ("held", "expected"),
        [
            pytest.param(0, Size.HOLD, id="nothing yet"),
            pytest.param(512 * 1024, Size.HOLD, id="up to the limit"),
            pytest.param(512 * 1024 + 1, Size.INSPECT, id="beyond it"),
        ],
    )
    async def test_by_the_hold_limit(self, gateway: Gateway, held: int, expected: Size) -> None:
        client, live = gateway.open()
        flow = tflow.tflow(client_conn=client, resp=True)
        assert gateway.bodies.size(live, flow, False, held) is expected
        assert gateway.core.held == held

    async def test_an_upload_is_held_until_the_request_was_allowed(self, gateway: Gateway) -> None:
        client, live = gateway.open()
        flow = tflow.tflow(client_conn=client)
        assert gateway.bodies.size(live, flow, True, 1 << 30) is Size.HOLD

    async def test_where_nobody_looks_it_passes_at_once(self, gateway: Gateway) -> None:
        gateway.apply(security=UNINSPECTED)
        wire = await wire_to(gateway, b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + EICAR)
        assert (await wire.ask(request())).endswith(EICAR)
        assert gateway.core.held == 0
        assert gateway.records("threat") == []


class TestTooBig:
    """What can only be unpacked whole, and is announced as larger than that may be."""

    async def test_it_is_a_page_before_anything_goes_on(self, gateway: Gateway) -> None:
        gateway.hold("64KiB")
        gateway.edit("settings", "scan-limit: 32MiB", "scan-limit: 100KiB")
        seven = b"7z\xbc\xaf\x27\x1c" + bytes(80_000)
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + seven
        wire = await wire_to(gateway, answer)
        assert (await wire.ask(request("/a.7z"))).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        assert record["reason"] == ["unscanned-too-big"]


class TestForm:
    """A form that is passed on while it is inspected, part by part."""

    @pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/mixed"])
    @pytest.mark.parametrize("field", [b"Content-Disposition: form-data; name=a\r\n", b""])
    async def test_a_part_needs_no_name(self, gateway: Gateway, kind: str, field: bytes) -> None:
        gateway.hold("64KiB")
        body = b"--x\r\n%s\r\n%s\r\n--x--\r\n" % (field, b"hello " * 20_000)
        wire = await wire_to(gateway)
        lines = ["POST /up HTTP/1.1", "Host: www.test", f"Content-Type: {kind}; boundary=x"]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
        await wire.say(head + body)
        assert wire.received.endswith(body)
        assert gateway.records("threat") == []


class TestGone:
    async def test_a_look_for_who_has_left_kills_the_flow(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, head("text/event-stream"))
        await wire.ask(request("/feed"))
        gateway.core.close(wire.live)
        assert await wire.serve(chunk(event(b"hello"))) == b""
        assert wire.client in wire.closed

    async def test_what_is_never_seen_is_said_once(self, gateway: Gateway) -> None:
        client, live = gateway.open()
        flow = tflow.tflow(client_conn=client, resp=True)
        finding = Unscanned(Unread.STREAM)
        assert gateway.bodies.unseen(live, flow, Direction.DOWNLOAD, finding)
        assert flow.response and flow.response.status_code == 403
        assert len(gateway.records("threat")) == 1


async def test_through_tls(gateway: Gateway, root: Party) -> None:
    gateway.hold("64KiB")
    served, body = issue(root, Spec()), b"x" * 300_000
    wire = await Wire(gateway, lambda: TlsOrigin(served, answer=lambda _: ok(body))).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    assert await client.ask(wire, request("/large")) == ok(body)
