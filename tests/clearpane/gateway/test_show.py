"""What the user interfaces list: twenty characters and a mark that they know."""

import pytest
from mitmproxy.addons.view import View
from mitmproxy.test import tflow
from mitmproxy.utils import emoji

from chains import Party, Spec, issue
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from clearpane.gateway import show
from clearpane.gateway.live import Live
from clearpane.rulebase.decision import Action, Decision, Reason
from gateways import Gateway, Origin, TlsClient, TlsOrigin, Wire, connected, until

ROOM = 20


def label(comment: str) -> str:
    return comment.partition(" — ")[0]


def decrypted(live: Live) -> None:
    live.session.decrypted, live.session.authority = True, "forward-trust"


def untrusted(live: Live) -> None:
    live.session.decrypted, live.session.authority = True, "forward-untrust"
    live.session.note("self-signed")


def blocked(live: Live) -> None:
    live.session.tls = True
    live.session.block("expired", "name-mismatch")


def rejected(live: Live) -> None:
    live.session.authority = "forward-trust"
    live.session.reject("certificate unknown")


def exempt(live: Live) -> None:
    live.session.tls = True
    reason = Reason.EXCLUDED_PREDEFINED
    live.session.decide(
        Decision(Action.NO_DECRYPT, reason, exclusion="*.whatsapp.net", category="shopping")
    )


def by_rule(live: Live) -> None:
    live.session.tls = True
    live.session.decide(Decision(Action.NO_DECRYPT, Reason.RULE, rule="private"))


def raw(live: Live) -> None:
    live.session.note("not-tls")


def in_plain_text(live: Live) -> None:
    pass


@pytest.mark.parametrize(
    ("happened", "comment", "mark"),
    [
        (decrypted, "decrypted · Trust", ":unlock:"),
        (untrusted, "decrypted · Untrust — self-signed", ":warning:"),
        (blocked, "blocked · expired — expired, name-mismatch", ":no_entry:"),
        (
            rejected,
            "rejected · certifica — client-rejected-certificate; alert: certificate unknown",
            ":no_entry:",
        ),
        (
            exempt,
            'no-decrypt · exclude — excluded-predefined; exclusion "*.whatsapp.net"; '
            "category shopping",
            ":lock:",
        ),
        (by_rule, 'no-decrypt · rule — rule; rule "private"', ":lock:"),
        (raw, "no-decrypt · not-tls — not-tls", ":lock:"),
        (in_plain_text, "not encrypted", ""),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_a_session(gateway: Gateway, happened: object, comment: str, mark: str) -> None:
    _, live = gateway.open()
    happened(live)  # type: ignore[operator]
    flow = tflow.tflow()
    show.session(live, flow)
    assert (flow.comment, flow.marked) == (comment, mark)
    assert len(label(flow.comment)) <= ROOM
    assert not mark or mark in emoji.emoji


@pytest.mark.parametrize(
    ("found", "is_blocked", "comment"),
    [
        pytest.param(
            Detection("Eicar Test File", 100000, member="a/b"), True,
            "virus · blocked — Eicar Test File(100000) a/b", id="in a member",
        ),
        pytest.param(
            Detection("Eicar Test File", 100000), False,
            "virus · alert — Eicar Test File(100000)", id="an alert",
        ),
        pytest.param(
            Unscanned(Unread.TOO_BIG), True,
            "unscanned · blocked — unscanned-too-big", id="not judged",
        ),
        pytest.param(
            Unscanned(Unread.LIMIT, detail="deep"), False,
            "unscanned · alert — unscanned-limit: deep", id="not judged, with a detail",
        ),
    ],
)  # fmt: skip
def test_a_finding(found: Finding, is_blocked: bool, comment: str) -> None:
    flow = tflow.tflow()
    show.finding(flow, found, is_blocked)
    assert flow.comment == comment
    assert len(label(comment)) <= ROOM
    assert flow.marked in emoji.emoji


async def test_flows_are_shown_where_there_is_a_list(gateway: Gateway) -> None:
    assert not show.is_shown()
    gateway.master.addons.add(View())
    assert show.is_shown()


async def test_a_failed_session_is_listed_though_it_had_no_flow(gateway: Gateway) -> None:
    view = View()
    gateway.master.addons.add(view)
    async with gateway.listening("regular@0") as port, connected(port) as (_, writer):
        await until(lambda: gateway.core._live)
        (live,) = gateway.core._live.values()
        live.session.tls, live.session.host = True, "www.test"
        live.session.block("handshake-timeout")
        writer.close()
    (flow,) = view
    assert flow.comment.startswith("blocked · handshake")
    assert flow.server_conn.address == ("www.test", 0)


@pytest.mark.parametrize("tls", [True, False])
async def test_nothing_is_listed_twice(gateway: Gateway, tls: bool) -> None:
    view = View()
    gateway.master.addons.add(view)
    _, live = gateway.open()
    live.session.tls = tls
    if tls:
        show.session(live, tflow.tflow())
    show.ended(live)
    assert len(view) == 0


async def test_a_session_that_is_passed_on_is_a_flow_only_where_it_is_shown(
    gateway: Gateway, root: Party
) -> None:
    gateway.apply(decryption="rules: []")
    for shown in (False, True):
        if shown:
            gateway.master.addons.add(View())
        wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
        await wire.say(TlsClient("www.test").hello())
        assert ("tcp_start" in wire.hooks) is shown


async def test_an_untrusted_server_is_marked(gateway: Gateway) -> None:
    wire = await Wire(gateway, lambda: TlsOrigin(issue(None, Spec()))).start()
    await TlsClient("www.test", checks=False).shake_hands(wire)
    flow = tflow.tflow()
    show.session(wire.live, flow)
    assert flow.marked == ":warning:"
    course = wire.live.course
    assert course and (course.signer, course.reasons) == ("forward-untrust", ("self-signed",))
