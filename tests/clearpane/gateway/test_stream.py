"""Bodies that are held, passed on while they are inspected or refused, and later connections."""

import pytest
from mitmproxy.proxy.layers import HttpLayer
from mitmproxy.proxy.layers import http as stock

from chains import DAY, NOW, Party, Spec, issue
from clearpane.gateway.stream import Stream, install
from gateways import (
    EICAR,
    Gateway,
    Origin,
    TlsClient,
    TlsOrigin,
    Wire,
    ok,
    request,
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


async def wire_to(gateway: Gateway, answer: bytes = b"", *, apart: bool = False) -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: answer), address=WEB, apart=apart).start()


class TestHeld:
    """A body up to the hold-limit."""

    async def test_it_is_held_until_it_is_whole(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, known(10) + b"begin")
        assert await wire.ask(request()) == b""
        assert await wire.serve(b"-end.") == known(10) + b"begin-end."
        assert gateway.core.held == 0

    async def test_an_upload_is_held_until_it_is_whole(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, ok(b"thanks"))
        await wire.say(upload("Content-Length: 10") + b"begin")
        assert wire.received == b""
        assert await wire.ask(b"-end.") == ok(b"thanks")
        assert wire.received.endswith(b"begin-end.")

    @pytest.mark.parametrize("length", ["junk", "-1"])
    async def test_a_length_that_is_none_does_not_pass(self, gateway: Gateway, length: str) -> None:
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nabc".encode()
        wire = await wire_to(gateway, answer)
        assert b"abc" not in await wire.ask(request())

    async def test_the_budget_is_for_all_bodies_together(self, gateway: Gateway) -> None:
        gateway.edit("settings", "hold-budget: 512MiB", "hold-budget: 1KiB")
        one = await wire_to(gateway, known(2000) + b"x" * 900)
        assert await one.ask(request()) == b""
        other = await wire_to(gateway, known(2000) + b"x" * 900)
        assert (await other.ask(request())).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        assert record["reason"] == ["unscanned-budget"]

    async def test_beyond_the_budget_it_passes_where_the_profile_says_so(
        self, gateway: Gateway
    ) -> None:
        gateway.edit("settings", "hold-budget: 512MiB", "hold-budget: 1KiB")
        gateway.edit("profiles", "on-unscanned: block", "on-unscanned: alert")
        wire = await wire_to(gateway, known(2000) + b"x" * 1500)
        assert await wire.ask(request()) == known(2000) + b"x" * 1500
        assert gateway.core.held == 0, "what was sent on is not held"
        assert await wire.serve(b"y" * 500) == b"y" * 500
        (record,) = gateway.records("threat")
        assert (record["reason"], record["action"]) == (["unscanned-budget"], "alert")

    async def test_an_upload_beyond_the_budget_is_read_and_refused(self, gateway: Gateway) -> None:
        gateway.edit("settings", "hold-budget: 512MiB", "hold-budget: 1KiB")
        wire = await wire_to(gateway, ok(b"thanks"))
        assert await wire.ask(upload("Transfer-Encoding: chunked") + chunk(b"x" * 2000)) == b""
        assert await wire.ask(chunk(b"x" * 2000)) == b""
        (layer,) = (each for each in wire.context.layers if isinstance(each, HttpLayer))
        (stream,) = layer.streams.values()
        assert len(stream.request_body_buf) == 0, "nothing of it is kept"
        assert (await wire.ask(b"0\r\n\r\n")).startswith(b"HTTP/1.1 403 ")
        assert wire.received == b""

    async def test_one_that_is_blocked_anyway_is_not_inspected(
        self, gateway: Gateway, root: Party
    ) -> None:
        gateway.hold("1KiB")
        gateway.apply(decryption="rules: [{name: a, action: decrypt, profile: best-practice}]")
        expired = issue(root, Spec(start=NOW - 9 * DAY, end=NOW - DAY))
        wire = await Wire(gateway, lambda: TlsOrigin(expired)).start()
        client = TlsClient("www.test")
        await client.shake_hands(wire)
        answer = await client.ask(wire, upload(f"Content-Length: {len(EICAR)}") + EICAR)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert gateway.records("threat") == []


class TestTrailers:
    """HTTP/1.1 may end chunks with fields; who passes the message on may leave them out."""

    async def test_of_a_response(self, gateway: Gateway) -> None:
        answer = CHUNKED + chunk(b"hello") + b"0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"
        wire = await wire_to(gateway, answer)
        heard = await wire.ask(request())
        assert plain_body(heard) == b"hello"
        assert b"X-Sum" not in heard
        assert (await wire.ask(request("/2"))).startswith(b"HTTP/1.1 200 "), "and it goes on"

    async def test_of_a_request(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, ok(b"thanks"))
        body = chunk(b"hello") + b"0\r\nX-Sum: 1\r\n\r\n"
        assert await wire.ask(upload("Transfer-Encoding: chunked") + body) == ok(b"thanks")
        assert b"hello" in wire.received and b"X-Sum" not in wire.received

    async def test_a_threat_before_them_is_found(self, gateway: Gateway) -> None:
        wire = await wire_to(gateway, CHUNKED + chunk(EICAR) + b"0\r\nX-Sum: 1\r\n\r\n")
        assert (await wire.ask(request())).startswith(b"HTTP/1.1 403 ")


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
