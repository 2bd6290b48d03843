"""Bodies that are held, passed on unseen or refused, and connections that come later."""

from collections.abc import Callable

import pytest
from mitmproxy.proxy import events
from mitmproxy.proxy.layers import HttpLayer
from mitmproxy.proxy.layers import http as stock

from chains import DAY, NOW, Party, Spec, issue
from clearpane.gateway.stream import Stream, install
from gateways import EICAR, Gateway, Origin, TlsClient, TlsOrigin, Wire, ok, request

WEB = ("198.51.100.7", 80)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def known(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size


def upload(*headers: str) -> bytes:
    return "\r\n".join(["POST /up HTTP/1.1", "Host: www.test", *headers, "", ""]).encode()


def data_from_server(wire: Wire, data: bytes) -> events.DataReceived:
    return events.DataReceived(wire.context.server, data)


@pytest.fixture
def limited(gateway: Gateway) -> Callable[[str], None]:
    """A policy under which a body of over 1 KiB is not judged."""

    def limit(on_unscanned: str) -> None:
        gateway.edit("settings", "scan-limit: 32MiB", "scan-limit: 1KiB")
        gateway.edit("profiles", "on-unscanned: block", f"on-unscanned: {on_unscanned}")

    return limit


async def wire_to(gateway: Gateway, answer: bytes) -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: answer), address=WEB).start()


class TestResponse:
    async def test_it_is_held_until_it_is_whole(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, known(10) + b"begin")
        assert await wire.ask(request()) == b""
        await wire.feed(data_from_server(wire, b"-end."))
        assert wire.heard() == known(10) + b"begin-end."
        assert gateway.core.held == 0

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(known(2000) + b"x" * 10, id="announced"),
            pytest.param(CHUNKED + chunk(b"x" * 1000) + chunk(b"x" * 1000), id="not announced"),
        ],
    )
    async def test_one_that_is_too_large_is_refused(
        self, gateway: Gateway, limited: Callable[[str], None], answer: bytes
    ) -> None:
        limited("block")
        wire = await wire_to(gateway, answer)
        page = await wire.ask(request("/large.iso"))
        assert page.startswith(b"HTTP/1.1 403 ")
        assert b"xxx" not in page
        assert wire.context.server in wire.closed
        await wire.feed(data_from_server(wire, b"more"))
        assert wire.heard() == b""
        assert gateway.core.held == 0
        (record,) = gateway.records("threat")
        assert record["reason"] == ["unscanned-too-big"]
        assert record["misc"] == "large.iso"

    @pytest.mark.parametrize(
        ("first", "rest"),
        [
            pytest.param(known(2000) + b"a" * 10, b"b" * 1990, id="announced"),
            pytest.param(
                CHUNKED + chunk(b"a" * 1000) + chunk(b"b" * 1000),
                chunk(b"c") + b"0\r\n\r\n",
                id="not announced",
            ),
        ],
    )
    async def test_or_passed_on_and_recorded(
        self, gateway: Gateway, limited: Callable[[str], None], first: bytes, rest: bytes
    ) -> None:
        limited("alert")
        wire = await wire_to(gateway, first)
        assert (await wire.ask(request())).endswith(first[-900:])
        assert gateway.core.held == 0, "what was sent on is not held"
        await wire.feed(data_from_server(wire, rest))
        assert wire.heard() == rest
        (record,) = gateway.records("threat")
        assert (record["reason"], record["action"]) == (["unscanned-too-big"], "alert")

    async def test_a_body_that_fits_is_judged(
        self, gateway: Gateway, limited: Callable[[str], None]
    ) -> None:
        limited("alert")
        wire = await wire_to(gateway, ok(EICAR))
        assert (await wire.ask(request())).startswith(b"HTTP/1.1 403 ")

    async def test_the_budget_is_for_all_bodies_together(self, gateway: Gateway) -> None:
        gateway.edit("settings", "hold-budget: 512MiB", "hold-budget: 1KiB")
        one = await wire_to(gateway, known(2000) + b"x" * 900)
        assert await one.ask(request()) == b""
        other = await wire_to(gateway, known(2000) + b"x" * 900)
        assert (await other.ask(request())).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        assert record["reason"] == ["unscanned-budget"]

    @pytest.mark.parametrize("length", ["junk", "-1"])
    async def test_a_length_that_is_none_does_not_pass(self, gateway: Gateway, length: str) -> None:
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nabc".encode()
        wire = await wire_to(gateway, answer)
        assert b"abc" not in await wire.ask(request())


class TestRequest:
    async def test_it_is_held_until_it_is_whole(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, ok(b"thanks"))
        await wire.say(upload("Content-Length: 10") + b"begin")
        assert wire.received == b""
        assert await wire.ask(b"-end.") == ok(b"thanks")
        assert wire.received.endswith(b"begin-end.")

    @pytest.mark.parametrize(
        ("header", "pieces"),
        [
            pytest.param("Content-Length: 2000", [b"x" * 1000] * 2, id="announced"),
            pytest.param(
                "Transfer-Encoding: chunked",
                [chunk(b"x" * 1000), chunk(b"x" * 1000), chunk(b"x"), b"0\r\n\r\n"],
                id="not announced",
            ),
        ],
    )
    async def test_one_that_is_too_large_is_read_and_refused(
        self, gateway: Gateway, limited: Callable[[str], None], header: str, pieces: list[bytes]
    ) -> None:
        limited("block")
        wire = await wire_to(gateway, ok(b"thanks"))
        await wire.say(upload(header))
        for piece in pieces[:-1]:
            assert await wire.ask(piece) == b""
        if "chunked" in header:
            (layer,) = (each for each in wire.context.layers if isinstance(each, HttpLayer))
            (stream,) = layer.streams.values()
            assert len(stream.request_body_buf) == 0, "nothing of it is kept"
        assert (await wire.ask(pieces[-1])).startswith(b"HTTP/1.1 403 ")
        assert wire.received == b""
        (record,) = gateway.records("threat")
        assert record["direction"] == "client-to-server"
        assert record["reason"] == ["unscanned-too-big"]

    @pytest.mark.parametrize(
        ("header", "pieces"),
        [
            pytest.param("Content-Length: 2000", [b"x" * 1000] * 2, id="announced"),
            pytest.param(
                "Transfer-Encoding: chunked",
                [chunk(b"x" * 1000), chunk(b"y" * 1000), b"0\r\n\r\n"],
                id="not announced",
            ),
        ],
    )
    async def test_or_passed_on_and_recorded(
        self, gateway: Gateway, limited: Callable[[str], None], header: str, pieces: list[bytes]
    ) -> None:
        limited("alert")
        wire = await Wire(gateway, lambda: Origin(lambda _: b""), address=WEB).start()
        await wire.say(upload(header))
        for piece in pieces[:-1]:
            await wire.say(piece)
        assert b"x" * 1000 in wire.received, "it goes on before it is whole"
        assert await wire.ask(pieces[-1]) == b""
        assert wire.received.count(b"x") + wire.received.count(b"y") >= 2000
        await wire.feed(data_from_server(wire, ok(b"thanks")))
        assert wire.heard() == ok(b"thanks")
        assert len(gateway.records("threat")) == 1

    async def test_one_that_is_blocked_anyway_is_not_asked_about(
        self, gateway: Gateway, root: Party, limited: Callable[[str], None]
    ) -> None:
        limited("alert")
        gateway.apply(decryption="rules: [{name: a, action: decrypt, profile: best-practice}]")
        expired = issue(root, Spec(start=NOW - 9 * DAY, end=NOW - DAY))
        wire = await Wire(gateway, lambda: TlsOrigin(expired)).start()
        client = TlsClient("www.test")
        await client.shake_hands(wire)
        answer = await client.ask(wire, upload("Content-Length: 2000") + b"x" * 2000)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert gateway.records("threat") == []


class TestLaterConnection:
    """After the first request the server closes; the next one opens another connection."""

    async def second(
        self, gateway: Gateway, first: Origin | str, later: Origin | str
    ) -> tuple[Wire, bytes]:
        answers = [later, first]
        wire = await Wire(gateway, answers.pop).start()
        client = TlsClient("www.test", checks=False)
        await client.shake_hands(wire)
        assert (await client.ask(wire, request("/1"))).endswith(b"hello")
        await wire.leave(next(iter(wire.origins)))
        return wire, await client.ask(wire, request("/2"))

    async def test_an_equally_good_one_is_used(self, gateway: Gateway, root: Party) -> None:
        served = issue(root, Spec())
        wire, answer = await self.second(gateway, TlsOrigin(served), TlsOrigin(served))
        assert answer.endswith(b"hello")
        assert len(wire.origins) == 2
        assert not wire.live.session.blocked

    async def test_a_worse_one_is_a_page(self, gateway: Gateway, root: Party) -> None:
        later = TlsOrigin(issue(None, Spec()))
        wire, answer = await self.second(gateway, TlsOrigin(issue(root, Spec())), later)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert later.received == b""
        assert wire.live.session.reasons == ["self-signed"]
        assert wire.live.session.blocked

    async def test_one_that_is_no_worse_than_what_was_shown_is_used(
        self, gateway: Gateway, root: Party
    ) -> None:
        bad = issue(None, Spec())
        _, answer = await self.second(gateway, TlsOrigin(bad), TlsOrigin(bad))
        assert answer.endswith(b"hello")

    async def test_one_that_cannot_be_opened_is_a_page(self, gateway: Gateway, root: Party) -> None:
        wire, answer = await self.second(gateway, TlsOrigin(issue(root, Spec())), "refused")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert "server-unreachable" in wire.live.session.reasons

    async def test_in_plain_text_there_is_nothing_to_compare(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, ok(b"hello"))
        await wire.say(request("/1"))
        await wire.leave(wire.context.server)
        wire.heard()
        assert (await wire.ask(request("/2"))).endswith(b"hello")
        assert len(wire.origins) == 2

    async def test_a_server_in_plain_text_that_cannot_be_reached(self, gateway: Gateway) -> None:
        wire = await Wire(gateway, lambda: "refused", mode="regular@8080", address=None).start()
        answer = await wire.ask(request("http://www.test/"))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert wire.live.session.reasons == ["server-unreachable"]


async def test_install_puts_the_class_in_place(gateway: Gateway) -> None:
    install(gateway.http)
    assert stock.HttpStream is Stream
    assert Stream.judge is gateway.http
