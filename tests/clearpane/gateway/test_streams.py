"""A session that is passed on is listed with what was decided."""

from mitmproxy import tcp
from mitmproxy.test import tflow

from gateways import Gateway


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
