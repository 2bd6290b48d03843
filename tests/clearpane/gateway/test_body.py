"""A body while it is looked at, and what a capture can show of it."""

import asyncio

import pytest
from mitmproxy.test import tflow

from clearpane.content import grpc
from clearpane.content.applications import Application
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.content.event_stream import EventStream
from clearpane.gateway.body import Body, Framing
from clearpane.gateway.messages import message_of
from clearpane.pipeline.message import Account
from gateways import EICAR, Gateway

KIB = 1024


def body_of(gateway: Gateway, framing: Framing | None = None) -> Body:
    _, live = gateway.open()
    flow = tflow.tflow(resp=True)
    message = message_of(flow, Direction.DOWNLOAD, Application.WEB_BROWSING)
    account = Account(live.granted_to(flow).profiles, message, lambda _: False)
    return Body(account, live.force.scanner, framing)


def message(data: bytes) -> bytes:
    """One of gRPC."""
    return b"\0" + len(data).to_bytes(4) + data


class TestKept:
    @pytest.mark.parametrize(
        ("pieces", "head", "last"),
        [
            pytest.param([b"abc"], b"abc", b"abc", id="one piece"),
            pytest.param([b"abc", b"", b"de"], b"abcde", b"de", id="several"),
            pytest.param([b"abc", b""], b"abc", b"abc", id="the end brings nothing"),
            pytest.param(
                [b"x" * 65 * KIB, b"y" * KIB], b"x" * 64 * KIB, b"y" * KIB, id="a long one"
            ),
        ],
    )
    async def test_the_beginning_and_the_last_piece(
        self, gateway: Gateway, pieces: list[bytes], head: bytes, last: bytes
    ) -> None:
        body = body_of(gateway)
        for piece in pieces:
            body.keep(piece)
        assert (body.head, body.last) == (head, last)
        assert body.size == sum(map(len, pieces))


class TestLook:
    async def test_a_finding_is_told_when_it_has_come(self, gateway: Gateway) -> None:
        gateway.find("MARKER")
        body = body_of(gateway)
        assert not (await body.look(b"x" * 100_000 + b"MAR", end=False)).findings
        assert body.held, "the scanner keeps what may belong to what comes"
        found = await body.look(b"KER" + b"y" * 100_000, end=False)
        assert len(found.findings) == 1
        assert (await body.look(b"", end=True)).findings == found.findings, "told from the start on"

    async def test_a_short_one_is_judged_at_its_end(self, gateway: Gateway) -> None:
        body = body_of(gateway)
        assert not (await body.look(EICAR[:30], end=False)).findings
        assert (await body.look(EICAR[30:], end=True)).findings

    async def test_messages_are_judged_one_by_one(self, gateway: Gateway) -> None:
        body = body_of(gateway, EventStream())
        event = b"data: " + EICAR + b"\n\n"
        assert not (await body.look(b"data: 1\n\n" + event[:40], end=False)).findings
        assert body.judged == 9
        assert (await body.look(event[40:], end=False)).findings
        assert body.judged == 9 + len(event)

    async def test_what_is_left_at_the_end_is_judged_too(self, gateway: Gateway) -> None:
        body = body_of(gateway, EventStream())
        assert (await body.look(b"data: " + EICAR, end=True)).findings
        assert body.judged == 6 + len(EICAR)

    async def test_what_cannot_be_read_is_told_beside_what_can(self, gateway: Gateway) -> None:
        body = body_of(gateway, grpc.reader("application/grpc", ""))
        sent = message(EICAR) + message(b"cut off")[:-2]
        found = (await body.look(sent, end=True)).findings
        kinds = [each.reason if isinstance(each, Unscanned) else str(each) for each in found]
        assert kinds == ["Eicar Test File(100000)", Unread.MALFORMED]


class TestAbandon:
    async def test_who_waits_is_told(self, gateway: Gateway) -> None:
        go_on = gateway.slow_down()
        body = body_of(gateway)
        body.task = asyncio.ensure_future(body.look(b"x" * 100_000, end=False))
        await asyncio.sleep(0)
        body.abandon()
        with pytest.raises(asyncio.CancelledError):
            await body.task
        assert not go_on.is_set()

    async def test_before_any_look_there_is_nothing_to_stop(self, gateway: Gateway) -> None:
        body_of(gateway).abandon()
