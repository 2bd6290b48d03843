"""Bodies that are passed on while they are inspected."""

import asyncio
import random
from collections.abc import Callable

import pytest
from mitmproxy.proxy import events

from chains import Party
from clearpane.gateway import bodies
from clearpane.gateway.body import Body
from clearpane.gateway.passage import HELD_BACK, TRICKLE
from gateways import (
    Gateway,
    Http2Client,
    Origin,
    Wire,
    ok,
    request,
    until,
)

WEB = ("198.51.100.7", 80)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def known(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size


def upload(*headers: str) -> bytes:
    return "\r\n".join(["POST /up HTTP/1.1", "Host: www.test", *headers, "", ""]).encode()


def plain_body(message: bytes) -> bytes:
    """What a message carries, however it is framed."""
    head, _, body = message.partition(b"\r\n\r\n")
    if b"chunked" not in head.lower():
        return body
    found = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        found, body = found + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return found


def says(answer: bytes) -> Origin:
    return Origin(lambda _: answer)


async def http2(gateway: Gateway, *answers: bytes) -> tuple[Wire, Http2Client]:
    """A client of HTTP/2, without TLS; each server connection has one answer."""
    origins = [says(answer) for answer in reversed(answers)]
    wire = Wire(gateway, origins.pop, address=WEB)
    wire.client.alpn = b"h2"
    return await wire.start(), Http2Client()


async def wire_to(gateway: Gateway, answer: bytes = b"", *, apart: bool = False) -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: answer), address=WEB, apart=apart).start()


async def heard_of(wire: Wire, enough: Callable[[bytearray], bool]) -> bytearray:
    """What the client is sent, until that is enough."""
    heard = bytearray()

    def come() -> bool:
        heard.extend(wire.heard())
        return enough(heard)

    await until(come, 30)
    return heard


@pytest.fixture
def streams(gateway: Gateway) -> None:
    """Bodies over 64 KiB are passed on while they are inspected; "MARKER" is a threat."""
    gateway.hold("64KiB")
    gateway.find("MARKER")


@pytest.mark.usefixtures("streams")
class TestResponse:
    """A body beyond the hold-limit is passed on while it is inspected."""

    @pytest.mark.parametrize(
        ("head", "framed", "end"),
        [
            pytest.param(known(300_000), bytes, b"", id="announced"),
            pytest.param(CHUNKED, chunk, b"0\r\n\r\n", id="in chunks"),
        ],
    )
    async def test_its_beginning_arrives_before_its_end_has_come(
        self, gateway: Gateway, head: bytes, framed: Callable[[bytes], bytes], end: bytes
    ) -> None:
        body = random.Random(1).randbytes(300_000)
        wire = await wire_to(gateway, head + framed(body[:100_000]))
        first = await wire.ask(request())
        assert body[: 100_000 - HELD_BACK] in first
        assert body[: 100_001 - HELD_BACK] not in first, "the last 64 KiB wait for the end"
        middle = await wire.serve(framed(body[100_000:200_000]))
        last = await wire.serve(framed(body[200_000:]) + end)
        assert plain_body(first + middle + last) == body
        assert gateway.core.held == 0
        assert gateway.records("threat") == []
        assert wire.live.inspections == {}

    async def test_one_that_only_the_connection_ends(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000)
        first = await wire.ask(request())
        await wire.leave(wire.context.server)
        assert (first + wire.heard()).endswith(b"\r\n\r\n" + b"x" * 100_000)
        assert wire.client in wire.closed

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(known(90_000) + b"MARKER" + b"x" * 70_000, id="announced"),
            pytest.param(CHUNKED + chunk(b"x" * 70_000 + b"MARKER"), id="in chunks"),
            pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 70_000 + b"MARKER", id="no length"),
        ],
    )
    async def test_a_finding_before_any_of_it_went_on_is_a_page(
        self, gateway: Gateway, answer: bytes
    ) -> None:
        wire = await wire_to(gateway, answer)
        page = await wire.ask(request("/large.iso"))
        assert page.startswith(b"HTTP/1.1 403 ")
        assert b"xxx" not in page
        assert wire.context.server in wire.closed
        assert await wire.serve(b"more") == b""
        assert gateway.core.held == 0
        (record,) = gateway.records("threat")
        assert (record["misc"], record["action"]) == ("large.iso", "reset-both")
        assert record["delivered"] == 0

    @pytest.mark.parametrize(
        ("head", "framed"),
        [
            pytest.param(known(300_000), bytes, id="announced"),
            pytest.param(CHUNKED, chunk, id="in chunks"),
        ],
    )
    async def test_a_later_finding_leaves_it_short(
        self, gateway: Gateway, head: bytes, framed: Callable[[bytes], bytes]
    ) -> None:
        wire = await wire_to(gateway, head + framed(b"x" * 100_000))
        first = await wire.ask(request())
        rest = await wire.serve(framed(b"MARKER" + b"y" * 90_000))
        assert b"MARKER" not in rest and b"y" not in rest and b"0\r\n\r\n" not in rest
        assert {wire.client, wire.context.server} <= set(wire.closed)
        assert "error" in wire.hooks
        (record,) = gateway.records("threat")
        assert record["delivered"] == (first + rest).count(b"x") == 100_000 - HELD_BACK
        assert wire.live.session.end_reason == "threat"
        assert not (wire.live.pages or wire.live.held or wire.live.granted)

    async def test_a_finding_at_the_very_end(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, known(100_006) + b"x" * 100_000)
        first = await wire.ask(request())
        rest = await wire.serve(b"MARKER")
        assert (first + rest).count(b"x") == 100_006 - HELD_BACK
        assert wire.client in wire.closed

    async def test_a_finding_across_two_pieces(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, known(300_000) + b"x" * 99_997 + b"MAR")
        await wire.ask(request())
        assert await wire.serve(b"KER" + b"y" * 90_000) == b""
        assert wire.client in wire.closed

    async def test_an_alert_passes_and_is_said_once(self, gateway: Gateway) -> None:
        gateway.edit("profiles", "http: {action: reset-both}", "http: {action: alert}")
        wire = await wire_to(gateway, known(200_006) + b"MARKER" + b"x" * 100_000)
        first = await wire.ask(request())
        rest = await wire.serve(b"x" * 100_000)
        assert plain_body(first + rest) == b"MARKER" + b"x" * 200_000
        (record,) = gateway.records("threat")
        assert record["action"] == "alert"

    async def test_a_drop_says_nothing(self, gateway: Gateway) -> None:
        gateway.edit("profiles", "http: {action: reset-both}", "http: {action: drop}")
        wire = await wire_to(gateway, known(90_000) + b"MARKER" + b"x" * 70_000)
        assert await wire.ask(request()) == b""
        assert wire.client in wire.closed

    async def test_one_without_an_end_by_its_length_is_no_clean_end(
        self, gateway: Gateway, root: Party, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aborted: list[object] = []
        monkeypatch.setattr(bodies, "abort", aborted.append)
        wire = await wire_to(gateway, b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000)
        await wire.ask(request())
        assert await wire.serve(b"MARKER" + b"y" * 90_000) == b""
        assert aborted == [wire.client]

    async def test_a_server_that_breaks_off(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, known(300_000) + b"x" * 100_000)
        await wire.ask(request())
        await wire.leave(wire.context.server)
        assert wire.client in wire.closed
        assert wire.live.inspections == {}
        assert gateway.core.held == 0

    async def test_a_flow_that_is_killed_goes_no_further(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, known(300_000) + b"x" * 100_000)
        await wire.ask(request())
        wire.flows[0].kill()
        assert await wire.serve(b"y" * 100_000) == b""
        assert wire.client in wire.closed


EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


class TestBegunButNothingDelivered:
    """The head is on its way while the first bytes still wait: no page can come any more."""

    @pytest.fixture
    def small(self, gateway: Gateway) -> None:
        gateway.hold("1KiB")
        gateway.find("MARKER")

    @pytest.mark.usefixtures("small")
    @pytest.mark.parametrize(
        ("head", "pieces"),
        [
            pytest.param(known(90_001), [b"x" * 2000, b"MARKER" + b"y" * 87_995], id="announced"),
            pytest.param(
                CHUNKED, [chunk(b"x" * 2000), chunk(b"MARKER"), b"0\r\n\r\n"], id="in chunks"
            ),
            pytest.param(
                EVENTS + b"Transfer-Encoding: chunked\r\n\r\n", [chunk(b"data: MARKER\n\n")],
                id="an event",
            ),
        ],
    )  # fmt: skip
    async def test_it_is_cut_off(self, gateway: Gateway, head: bytes, pieces: list[bytes]) -> None:
        wire = await wire_to(gateway, head)
        heard = await wire.ask(request())
        for piece in pieces:
            heard += await wire.serve(piece)
        assert heard.count(b"HTTP/1.1 ") == 1, "one response, and no page within it"
        assert b"MARKER" not in heard and b"0\r\n\r\n" not in heard
        assert wire.client in wire.closed

    @pytest.mark.usefixtures("small")
    async def test_on_http2_its_stream_is_reset(self, gateway: Gateway) -> None:
        wire, client = await http2(gateway, known(90_000) + b"x" * 2000)
        stream = await client.get(wire, "/")
        (server,) = wire.origins
        await wire.feed(events.DataReceived(server, b"MARKER" + b"y" * 87_994))
        await client.hear(wire)
        assert stream.reset and stream.body == b""


@pytest.mark.usefixtures("streams")
class TestSlowScanner:
    """What takes long to scan; pieces of over 64 KiB are scanned in a thread."""

    @pytest.fixture
    async def slow(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[Wire, asyncio.Event]:
        """The first piece has passed; the second is being looked at."""
        monkeypatch.setattr(bodies, "_PATIENCE", 0.01)
        go_on = gateway.slow_down()
        go_on.set()
        wire = await wire_to(gateway, known(300_000) + b"x" * 60_000, apart=True)
        await wire.say(request())
        await until(lambda: "responseheaders" in wire.hooks and not wire.busy)
        await wire.serve(b"y" * 60_000)
        await until(lambda: "clearpane_body" in wire.hooks and not wire.busy)
        assert wire.heard().endswith(b"x" * (120_000 - HELD_BACK))
        go_on.clear()
        await wire.serve(b"z" * 100_000)
        return wire, go_on

    async def test_a_trickle_goes_on_so_that_the_reader_stays(
        self, slow: tuple[Wire, asyncio.Event]
    ) -> None:
        wire, go_on = slow
        heard = await heard_of(wire, lambda heard: len(heard) >= 3 * TRICKLE)
        assert heard == b"x" * len(heard)
        go_on.set()
        await until(lambda: not wire.busy)
        heard += wire.heard()
        assert len(heard) == 220_000 - HELD_BACK - (120_000 - HELD_BACK)
        await wire.serve(b"!" * 80_000)
        await heard_of(wire, lambda heard: heard.endswith(b"!" * 80_000))

    async def test_the_trickle_leaves_enough_to_be_held_back(
        self, slow: tuple[Wire, asyncio.Event]
    ) -> None:
        wire, go_on = slow
        most = 220_000 - HELD_BACK // 2 - (120_000 - HELD_BACK)
        await heard_of(wire, lambda heard: len(heard) == most)
        before = wire.hooks.count("clearpane_body")
        await until(lambda: wire.hooks.count("clearpane_body") > before + 2)
        assert wire.heard() == b""
        go_on.set()
        await until(lambda: not wire.busy)

    async def test_who_leaves_is_not_scanned_for(self, slow: tuple[Wire, asyncio.Event]) -> None:
        wire, _ = slow
        (body,) = next(iter(wire.live.inspections.values()))
        assert isinstance(body, Body) and body.task
        task = body.task
        wire.gateway.connections.client_disconnected(wire.client)
        await until(task.cancelled)
        await until(lambda: not wire.busy)
        assert wire.live.inspections == {}
        assert wire.gateway.core.held == 0

    async def test_a_flow_that_is_killed_meanwhile(self, slow: tuple[Wire, asyncio.Event]) -> None:
        wire, go_on = slow
        wire.flows[0].kill()
        go_on.set()
        await until(lambda: wire.client in wire.closed)
        assert b"z" not in wire.heard()


@pytest.mark.usefixtures("streams")
class TestRequest:
    """An upload beyond the hold-limit."""

    @pytest.mark.parametrize(
        ("header", "framed", "end"),
        [
            pytest.param("Content-Length: 300000", bytes, b"", id="announced"),
            pytest.param("Transfer-Encoding: chunked", chunk, b"0\r\n\r\n", id="in chunks"),
        ],
    )
    async def test_its_beginning_arrives_before_its_end_has_come(
        self, gateway: Gateway, header: str, framed: Callable[[bytes], bytes], end: bytes
    ) -> None:
        body = random.Random(1).randbytes(300_000)
        wire = await wire_to(gateway)
        assert await wire.ask(upload(header) + framed(body[:100_000])) == b""
        assert body[: 100_000 - HELD_BACK] in wire.received
        assert body[: 100_001 - HELD_BACK] not in wire.received
        await wire.say(framed(body[100_000:200_000]))
        assert await wire.ask(framed(body[200_000:]) + end) == b""
        assert plain_body(wire.received) == body
        assert await wire.serve(ok(b"thanks")) == ok(b"thanks")
        assert gateway.records("threat") == []

    @pytest.mark.parametrize(
        ("header", "pieces"),
        [
            pytest.param("Content-Length: 140006", [b"MARKER" + b"x" * 70_000, b"x" * 70_000],
                         id="announced"),
            pytest.param("Content-Length: 70006", [b"x" * 70_000 + b"MARKER"], id="all in one"),
            pytest.param(
                "Content-Length: 70006", [b"x" * 70_000, b"MARKER"], id="in its last piece"
            ),
            pytest.param(
                "Transfer-Encoding: chunked",
                [chunk(b"x" * 70_000 + b"MARKER"), chunk(b"x" * 70_000), b"0\r\n\r\n"],
                id="in chunks",
            ),
        ],
    )  # fmt: skip
    async def test_one_that_is_refused_is_read_and_gets_the_page(
        self, gateway: Gateway, header: str, pieces: list[bytes]
    ) -> None:
        wire = await wire_to(gateway)
        heard = await wire.ask(upload(header))
        for piece in pieces:
            assert heard == b""
            heard = await wire.ask(piece)
        assert heard.startswith(b"HTTP/1.1 403 ")
        assert b"MARKER" not in wire.received
        (record,) = gateway.records("threat")
        assert record["direction"] == "client-to-server"
        assert gateway.core.held == 0

    async def test_midway_the_server_is_told_to_stop(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway)
        await wire.say(upload("Content-Length: 300000") + b"x" * 100_000)
        assert wire.received.count(b"x") == 100_000 - HELD_BACK
        assert await wire.ask(b"MARKER" + b"y" * 99_994) == b""
        assert wire.context.server in wire.closed
        assert (await wire.ask(b"y" * 100_000)).startswith(b"HTTP/1.1 403 ")
        assert b"y" not in wire.received
        (record,) = gateway.records("threat")
        assert record["delivered"] == 100_000 - HELD_BACK

    async def test_a_server_that_answers_early(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway)
        await wire.say(upload("Content-Length: 300000") + b"x" * 100_000)
        early = await wire.serve(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        assert early.startswith(b"HTTP/1.1 413 ")
        assert gateway.records("threat") == []

    @pytest.mark.parametrize("last", [b"MARKER" + b"y" * 199_994, b"y" * 200_000])
    async def test_and_what_is_still_uploaded_then(self, gateway: Gateway, last: bytes) -> None:
        wire = await wire_to(gateway)
        await wire.say(upload("Content-Length: 300000") + b"x" * 100_000)
        early = await wire.serve(ok(b"thanks"))
        assert early.count(b"HTTP/1.1 ") == 1
        rest = await wire.ask(last)
        assert b"MARKER" not in wire.received
        assert (early + rest).count(b"HTTP/1.1 ") == 1, "one answer to one request"

    @pytest.mark.parametrize("last", [b"MARKER", b"yyyyyy"])
    async def test_a_server_that_answers_at_the_first_bytes(
        self, gateway: Gateway, last: bytes
    ) -> None:
        answers = [b""] * 9 + [ok(b"thanks")]
        wire = await Wire(gateway, lambda: Origin(lambda _: answers.pop()), address=WEB).start()
        first = await wire.ask(upload("Content-Length: 70006") + b"x" * 70_000)
        rest = await wire.ask(last)
        assert b"MARKER" not in wire.received
        assert (first + rest).count(b"HTTP/1.1 ") == 1, "one answer to one request"


@pytest.mark.usefixtures("streams")
class TestHttp2:
    """A client of HTTP/2; its streams end by themselves."""

    async def test_a_body_arrives_whole(self, gateway: Gateway) -> None:
        wire, client = await http2(gateway, known(200_000) + b"x" * 200_000)
        stream = await client.get(wire, "/a")
        assert stream.body == b"x" * 200_000 and stream.ended

    async def test_a_late_finding_resets_its_stream_and_no_other(self, gateway: Gateway) -> None:
        answers = [known(300_000) + b"x" * 100_000, ok(b"hello")]
        wire, client = await http2(gateway, *answers)
        stream = await client.get(wire, "/bad")
        assert not stream.ended
        (server,) = wire.origins
        await wire.feed(events.DataReceived(server, b"MARKER" + b"y" * 90_000))
        await client.hear(wire)
        assert stream.reset and not stream.ended
        assert len(stream.body) == 100_000 - HELD_BACK
        other = await client.get(wire, "/good")
        assert (other.body, other.ended) == (b"hello", True)
        assert wire.client not in wire.closed

    async def test_a_finding_in_time_is_a_page(self, gateway: Gateway) -> None:
        wire, client = await http2(gateway, known(300_000) + b"MARKER" + b"x" * 70_000)
        stream = await client.get(wire, "/bad")
        assert stream.headers[":status"] == "403"
        assert stream.ended and b"MARKER" not in stream.body
