"""A hook that raises ends its connection; nothing else does."""

import asyncio

import pytest
from mitmproxy import connection, exceptions, http
from mitmproxy.proxy import layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow
from mitmproxy.tls import TlsData

from clearpane.gateway.boundary import client_of, fail_closed
from clearpane.gateway.layers import Closed
from gateways import Gateway, connected, ok, request, serving, until

REFUSED = "refused: a decision could not be made"


class Raising:
    """An addon whose hooks raise what they are told to."""

    name = "raising"

    def __init__(self, error: BaseException) -> None:
        self._error = error

    @fail_closed
    def tcp_start(self, data: object) -> None:
        raise self._error

    @fail_closed
    async def request(self, data: object) -> None:
        await asyncio.sleep(0)
        raise self._error


class Content:
    """An addon whose hooks return something."""

    @fail_closed
    def synchronous(self, data: object) -> str:
        return "one"

    @fail_closed
    async def asynchronous(self, data: object) -> str:
        return "two"


async def both(raising: Raising, data: object) -> None:
    raising.tcp_start(data)
    await raising.request(data)


async def test_what_does_not_raise_is_let_through() -> None:
    assert Content().synchronous(None) == "one"
    assert await Content().asynchronous(None) == "two"


async def test_a_halt_is_no_error() -> None:
    raising = Raising(exceptions.AddonHalt())
    with pytest.raises(exceptions.AddonHalt):
        raising.tcp_start(tflow.tflow())
    with pytest.raises(exceptions.AddonHalt):
        await raising.request(tflow.tflow())


async def test_a_cancelled_task_is_no_error(gateway: Gateway) -> None:
    with pytest.raises(asyncio.CancelledError):
        await Raising(asyncio.CancelledError()).request(tflow.tflow())


@pytest.mark.parametrize("hook", ["tcp_start", "request"])
async def test_a_flow_is_killed(
    gateway: Gateway, hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    flow = tflow.tflow()
    waiting = getattr(Raising(ValueError("odd")), hook)(flow)
    if waiting:
        await waiting
    assert flow.error and flow.error.msg == flow.error.KILLED_MESSAGE
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert f"{hook} failed at {hook}:" in record.message and "odd" in record.message
    assert record.client == flow.client_conn.peername  # type: ignore[attr-defined]


async def test_a_client_is_refused(gateway: Gateway) -> None:
    client = gateway.client()
    Raising(ValueError()).tcp_start(client)
    assert client.error == REFUSED


async def test_a_server_is_refused(gateway: Gateway) -> None:
    data = ServerConnectionHookData(connection.Server(address=("a", 1)), gateway.client())
    Raising(ValueError()).tcp_start(data)
    assert data.server.error == REFUSED


async def test_no_layer_follows(gateway: Gateway) -> None:
    question = layer.NextLayer(Context(gateway.client(), gateway.master.options))
    Raising(ValueError()).tcp_start(question)
    assert isinstance(question.layer, Closed)


async def test_no_tls_follows(gateway: Gateway) -> None:
    context = Context(gateway.client(), gateway.master.options)
    data = TlsData(context.server, context)
    Raising(ValueError()).tcp_start(data)
    assert data.ssl_conn is None


async def test_whose_connection_it_is(gateway: Gateway) -> None:
    client = gateway.client()
    context = Context(client, gateway.master.options)
    server = connection.Server(address=None)
    flow: http.HTTPFlow = tflow.tflow(client_conn=client)
    for data in (
        client,
        flow,
        layer.NextLayer(context),
        TlsData(server, context),
        ServerConnectionHookData(server, client),
    ):
        assert client_of(data) is client


class RaisingAtHeaders:
    @fail_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        raise ValueError("odd")


class RaisingAtRequest:
    @fail_closed
    async def request(self, flow: http.HTTPFlow) -> None:
        raise ValueError("odd")


class RaisingAtResponse:
    @fail_closed
    async def response(self, flow: http.HTTPFlow) -> None:
        raise ValueError("odd")


@pytest.mark.parametrize(
    ("addon", "asks"),
    [(RaisingAtHeaders, 0), (RaisingAtRequest, 0), (RaisingAtResponse, 1)],
)
async def test_the_connection_is_cut_off(gateway: Gateway, addon: type, asks: int) -> None:
    """With real sockets: nothing is answered."""
    gateway.master.addons.add(addon())
    asked: list[bytes] = []

    def answer(data: bytes) -> bytes:
        asked.append(data)
        return ok(b"secret")

    async with (
        serving(answer) as origin,
        gateway.listening("regular@0") as port,
        connected(port) as (reader, writer),
        asyncio.timeout(10),
    ):
        writer.write(request(f"http://127.0.0.1:{origin}/", f"127.0.0.1:{origin}"))
        with pytest.raises(ConnectionResetError):
            await reader.read()
    assert len(asked) == asks


async def test_a_connection_without_a_flow_is_cut_off_too(gateway: Gateway) -> None:
    server = gateway.master.addons.get("proxyserver")
    async with (
        gateway.listening("regular@0") as port,
        connected(port) as (reader, _),
        asyncio.timeout(10),
    ):
        await until(lambda: server.connections)
        (handler,) = server.connections.values()
        context = Context(handler.client, gateway.master.options)
        Raising(ValueError()).tcp_start(TlsData(context.server, context))
        with pytest.raises(ConnectionResetError):
            await reader.read()
