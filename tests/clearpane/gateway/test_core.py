"""What the addons share: connections open and close once, and leave their records."""

import pytest
from mitmproxy.test import tflow

from clearpane.gateway.hellos import hello_of
from clearpane.pipeline.connection import Course, Step
from clearpane.verification.reasons import Reason
from clearpane.verification.verdict import Verdict
from gateways import Gateway, Wire


async def test_a_connection_is_known_while_it_is_open(gateway: Gateway) -> None:
    client, live = gateway.open()
    assert gateway.core.of(client) is live
    assert live.session.source == "127.0.0.1"
    assert live.session.listener == "regular@8080"
    gateway.core.close(live)
    assert gateway.core.of(client) is None


async def test_it_is_recorded_once(gateway: Gateway) -> None:
    _, live = gateway.open()
    live.session.host, live.session.port = "www.test", 443
    gateway.core.close(live)
    gateway.core.close(live)
    gateway.core.close_all()
    (record,) = gateway.records("traffic")
    assert record["reason"] == ["not-tls"]
    assert record["dport"] == 443


async def test_a_bare_connection_leaves_no_record(gateway: Gateway) -> None:
    _, live = gateway.open()
    gateway.core.close(live)
    assert gateway.records("traffic") == []
    assert gateway.core.sessions.counters["sessions"] == 1


async def test_an_undecided_session_has_its_zones(gateway: Gateway) -> None:
    _, live = gateway.open()
    live.session.destination, live.session.port = "198.51.100.7", 80
    live.session.app = "web-browsing"
    gateway.core.close(live)
    (record,) = gateway.records("traffic")
    assert (record["from"], record["to"]) == ("trust", "untrust")
    assert "reason" not in record


async def test_the_end_of_the_process_closes_all(gateway: Gateway) -> None:
    for _ in range(3):
        _, live = gateway.open()
        live.session.host = "www.test"
    live.arm(lambda: pytest.fail("its timer runs on"))
    gateway.core.close_all()
    assert len(gateway.core.sessions) == 0
    assert live.timer is None
    assert len(gateway.records("traffic")) == 3


async def test_another_client_object_leads_to_the_same_connection(gateway: Gateway) -> None:
    client, live = gateway.open()
    other = gateway.client()
    gateway.core.adopt(live, other)
    gateway.core.adopt(live, other)
    gateway.core.adopt(live, client)
    assert gateway.core.of(other) is live
    assert live.aliases == [other.id]
    gateway.core.close(live)
    assert gateway.core.of(other) is None


async def test_a_replay_has_a_connection_of_its_own(gateway: Gateway) -> None:
    flow = tflow.tflow()
    with pytest.raises(RuntimeError):
        gateway.core.begin_flow(flow)
    flow.is_replay = "request"
    live = gateway.core.begin_flow(flow)
    assert gateway.core.begin_flow(flow) is live
    assert live.handler is None
    gateway.core.close(live)


async def test_a_replay_of_a_client_without_an_address(gateway: Gateway) -> None:
    flow = tflow.tflow()
    flow.client_conn.peername = None  # type: ignore[assignment]
    flow.is_replay = "request"
    assert gateway.core.begin_flow(flow).session.source == "0.0.0.0"


async def test_a_decision_is_noted_and_counted(gateway: Gateway) -> None:
    wire = Wire(gateway)
    wire.context.server.peername = ("198.51.100.7", 443)
    hello = hello_of(wire.context, "www.test")
    decision = gateway.core.decide(wire.live, hello)
    assert wire.live.decision is decision and wire.live.hello is hello
    assert decision.rule == "decrypt-outbound"
    assert gateway.core.sessions.counters["action decrypt"] == 1
    again = gateway.core.redecide(wire.live, "other.test")
    assert again.decrypts
    assert gateway.core.sessions.counters["action decrypt"] == 1


async def test_a_verdict_without_a_certificate(gateway: Gateway) -> None:
    _, live = gateway.open()
    verdict = Verdict((Reason.MALFORMED_CERTIFICATE,), version="TLSv1.3")
    gateway.core.note_verdict(live, verdict, Course(Step.BLOCK, reasons=("malformed-certificate",)))
    assert live.session.certificate is None
    assert live.session.server.version == "TLSv1.3"
    assert live.session.reasons == ["malformed-certificate"]


async def test_times_have_a_zone(gateway: Gateway) -> None:
    assert gateway.core.now().tzinfo is not None
