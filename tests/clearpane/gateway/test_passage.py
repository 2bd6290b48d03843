"""How much of a body goes on after a look."""

import pytest
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.test import tflow

from clearpane.content.applications import Application
from clearpane.content.direction import Direction
from clearpane.content.event_stream import EventStream
from clearpane.gateway.body import Body
from clearpane.gateway.boundary import client_of
from clearpane.gateway.messages import message_of
from clearpane.gateway.passage import (
    HELD_BACK,
    TRICKLE,
    ClearpaneBodyHook,
    Passage,
    Verdict,
    waiting,
)
from clearpane.pipeline.message import Account
from gateways import Gateway

HALF = HELD_BACK // 2


@pytest.fixture
def passage(gateway: Gateway) -> Passage:
    return Passage(tflow.tflow(resp=True), False, stream=layer.NextLayer(paused(gateway)))


def paused(gateway: Gateway) -> Context:
    return Context(gateway.client(), gateway.master.options)


@pytest.mark.parametrize(
    ("verdict", "came", "delivered", "end", "released"),
    [
        pytest.param(Verdict.PASS, HELD_BACK, 0, False, 0, id="the last 64 KiB wait"),
        pytest.param(Verdict.PASS, HELD_BACK + 7, 0, False, 7, id="what is before them goes on"),
        pytest.param(Verdict.PASS, HELD_BACK + 7, 0, True, HELD_BACK + 7, id="all at the end"),
        pytest.param(Verdict.PASS, 0, 0, True, 0, id="an empty body"),
        pytest.param(Verdict.WAIT, HELD_BACK, 1, False, TRICKLE, id="a trickle meanwhile"),
        pytest.param(Verdict.WAIT, HALF + 5, 1, False, 5, id="it leaves half of what is held back"),
        pytest.param(Verdict.WAIT, HALF, 1, False, 0, id="and then stops"),
        pytest.param(Verdict.WAIT, HELD_BACK, 0, False, 0, id="none before the first verdict"),
        pytest.param(Verdict.WAIT, HELD_BACK, 1, True, TRICKLE, id="no more of it at the end"),
    ],
)
def test_what_goes_on(
    passage: Passage, verdict: Verdict, came: int, delivered: int, end: bool, released: int
) -> None:
    passage.take(b"x" * came)
    assert passage.looked() == b"x" * came
    passage.verdict, passage.delivered, passage.end = verdict, delivered, end
    assert len(passage.let_go()) == released
    assert passage.delivered == delivered + released
    assert passage.waits == came - released


def test_what_was_not_looked_at_never_goes_on(passage: Passage) -> None:
    passage.take(b"x" * 10)
    assert passage.let_go() == b""
    passage.end = True
    assert passage.let_go() == b""
    passage.looked()
    assert passage.let_go() == b"x" * 10


def framed(gateway: Gateway, passage: Passage) -> Body:
    _, live = gateway.open()
    message = message_of(passage.flow, Direction.DOWNLOAD, Application.WEB_BROWSING)
    profiles = live.granted_to(passage.flow).profiles
    account = Account(profiles, message, lambda _: False)
    passage.body = Body(account, live.force.scanner, EventStream())
    return passage.body


async def test_of_messages_those_go_on_that_were_judged(gateway: Gateway, passage: Passage) -> None:
    body = framed(gateway, passage)
    passage.take(b"data: 1\n\ndata: 2")
    await body.look(passage.looked(), end=False)
    assert passage.let_go() == b"data: 1\n\n"
    assert passage.let_go() == b""
    passage.take(b"\n\n")
    await body.look(passage.looked(), end=False)
    assert passage.let_go() == b"data: 2\n\n"


async def test_no_trickle_of_a_message_that_was_not_judged(
    gateway: Gateway, passage: Passage
) -> None:
    body = framed(gateway, passage)
    passage.take(b"data: 1\n\ndata: " + b"x" * HELD_BACK)
    await body.look(passage.looked(), end=False)
    assert passage.let_go() == b"data: 1\n\n"
    passage.verdict = Verdict.WAIT
    assert passage.let_go() == b""


async def test_what_waits_behind_a_look(gateway: Gateway, passage: Passage) -> None:
    client = gateway.client()
    for data in (b"x" * 10, b"y" * 5):
        passage.stream._paused_event_queue.append(events.DataReceived(client, data))
    passage.stream._paused_event_queue.append(events.ConnectionClosed(client))
    assert passage.queued == waiting(passage.stream) == 15


def test_the_hook_is_called_by_its_own_name(passage: Passage) -> None:
    hook = ClearpaneBodyHook(passage)
    assert (hook.name, hook.blocking) == ("clearpane_body", True)
    assert client_of(passage) is passage.flow.client_conn
