"""One open connection: its timer, its profile, and whether it is blocked."""

import pytest
from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import NextLayer as Layer
from mitmproxy.test import tflow

from chains import NOW
from clearpane.configuration.configuration import ContentProfiles
from clearpane.content.applications import Application
from clearpane.gateway.live import Granted
from clearpane.pipeline.connection import Course, Step
from clearpane.rulebase.decision import Action, Decision, Reason
from gateways import Gateway, connected, until


async def test_a_handshake_that_is_late(gateway: Gateway) -> None:
    gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 0.1")
    _, live = gateway.open()
    late: list[bool] = []
    live.arm(lambda: late.append(True))
    await until(lambda: late)
    assert late == [True]


async def test_one_that_comes_in_time(gateway: Gateway) -> None:
    _, live = gateway.open()
    live.arm(lambda: pytest.fail("it is not late"))
    timer = live.timer
    live.disarm()
    assert timer and timer.cancelled()
    assert live.timer is None
    live.disarm()


async def test_the_next_handshake_has_a_timer_of_its_own(gateway: Gateway) -> None:
    _, live = gateway.open()
    live.arm(lambda: None)
    first = live.timer
    live.arm(lambda: None)
    assert first and first.cancelled()
    assert live.timer and not live.timer.cancelled()
    live.disarm()


async def test_a_request_has_what_it_was_granted(gateway: Gateway) -> None:
    _, live = gateway.open()
    flow = tflow.tflow()
    default = live.granted_to(flow)
    assert (default.application, default.rule) == ("web-browsing", "")
    assert default.profiles.inspects
    live.granted[flow.id] = Granted(Application.GRPC, ContentProfiles(None, None, None, None), "a")
    assert live.granted_to(flow) is live.granted[flow.id]


async def test_nothing_stays_of_a_flow_that_is_over(gateway: Gateway) -> None:
    class Looking:
        abandoned = 0

        def abandon(self) -> None:
            self.abandoned += 1

    client, live = gateway.open()
    flow, other, looking = tflow.tflow(), tflow.tflow(), Looking()
    for each in (flow, other):
        live.held[each.id] = 10
        live.pages[each.id] = http.Response.make(403)
        live.granted[each.id] = live.granted_to(each)
        live.inspections[each.id] = [looking]
        live.upgraded[each.id] = Layer(Context(client, gateway.master.options))
    live.forget(flow.id)
    tables = (live.held, live.pages, live.granted, live.inspections, live.upgraded)
    assert all([*table] == [other.id] for table in tables)
    assert looking.abandoned == 1
    live.forget(flow.id)
    gateway.core.close(live)
    assert looking.abandoned == 2


async def test_each_side_has_a_gate(gateway: Gateway) -> None:
    _, live = gateway.open()
    assert live.gate(request=True) is live.from_client
    assert live.gate(request=False) is live.from_servers
    assert live.from_client is not live.from_servers


@pytest.mark.parametrize("step", Step)
async def test_blocked_is_what_gets_a_page(gateway: Gateway, step: Step) -> None:
    _, live = gateway.open()
    assert not live.blocked
    live.course = Course(step)
    assert live.blocked is (step is Step.BLOCK)


async def test_the_profile_is_the_rules(gateway: Gateway) -> None:
    _, live = gateway.open()
    assert not live.profile.forward_proxy.block_expired_certificate
    live.decision = Decision(Action.DECRYPT, Reason.NONE, rule="a", profile="best-practice")
    assert live.profile.forward_proxy.block_expired_certificate
    live.decision = Decision(Action.NO_DECRYPT, Reason.NO_RULE)
    assert not live.profile.forward_proxy.block_expired_certificate


async def test_a_policy_that_comes_later_is_not_this_ones(gateway: Gateway) -> None:
    _, live = gateway.open()
    before = gateway.core.force
    gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 3")
    assert live.force is before
    assert gateway.open()[1].force.patience == 3


async def test_only_a_connection_that_is_open_is_closed(gateway: Gateway) -> None:
    _, replay = gateway.open()
    replay.close_server(Server(address=None))
    async with gateway.listening("regular@0") as port, connected(port) as (reader, writer):
        await until(lambda: len(gateway.core._live) == 2)
        live = next(each for each in gateway.core._live.values() if each.handler)
        live.close_server(Server(address=None))
        assert live.handler
        await until(lambda: live.handler and live.handler.transports[live.handler.client].handler)
        live.close_server(live.handler.client)
        assert await reader.read() == b""
        writer.close()
    assert live.session.start <= gateway.core.now()
    assert gateway.core.now() >= NOW


async def test_a_handshake_that_ends_leaves_the_others_timers(gateway: Gateway) -> None:
    _, live = gateway.open()
    live.arm(lambda: None, "one")
    live.arm(lambda: None, "other")
    live.disarm("one")
    assert list(live.timers) == ["other"] and not live.timers["other"].cancelled()
    live.disarm_all()
    assert live.timer is None
