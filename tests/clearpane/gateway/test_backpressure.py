"""A sender is not read from while too much of what it sent waits for a look."""

import asyncio
from contextlib import ExitStack

import pytest
from mitmproxy.proxy.server import ConnectionIO

from clearpane.gateway.backpressure import Gate
from clearpane.gateway.passage import QUEUED
from gateways import until


class Sender:
    """A connection through a gate, and what was read of it."""

    def __init__(self, gate: Gate) -> None:
        reader = asyncio.StreamReader()
        gate.watch(ConnectionIO(reader=reader))
        self.stream, self.read = reader, bytearray()
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while data := await self.stream.read(1000):
            self.read += data

    def send(self, data: bytes) -> None:
        self.stream.feed_data(data)

    async def end(self) -> None:
        self.stream.feed_eof()
        await self._task


async def turns() -> None:
    """Everything that can happen now has happened."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def gate() -> Gate:
    return Gate()


async def test_without_a_look_it_is_read(gate: Gate) -> None:
    sender = Sender(gate)
    sender.send(b"hello")
    await until(lambda: sender.read == b"hello")
    await sender.end()


@pytest.mark.parametrize(
    ("queued", "reads"), [(0, True), (QUEUED, True), (QUEUED + 1, False), (10 * QUEUED, False)]
)
async def test_it_is_read_up_to_a_bound(gate: Gate, queued: int, reads: bool) -> None:
    sender = Sender(gate)
    sender.send(b"first")
    await until(lambda: sender.read)
    with gate.while_looking(lambda: queued):
        sender.send(b"wakes the read that waits already")
        await turns()
        before = bytes(sender.read)
        sender.send(b" more")
        await turns()
        assert (sender.read != before) is reads
    await until(lambda: sender.read.endswith(b" more"))
    await sender.end()


async def test_it_is_read_again_when_all_looks_are_over(gate: Gate) -> None:
    sender = Sender(gate)
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(gate.while_looking(lambda: QUEUED + 1))
        second.enter_context(gate.while_looking(lambda: QUEUED + 1))
        await turns()
        sender.send(b"hello")
        await turns()
        first.close()
        await turns()
        assert sender.read == b"", "the other look is still under way"
        second.close()
        await until(lambda: sender.read == b"hello")
    await sender.end()


async def test_it_is_read_again_when_a_look_is_given_up(gate: Gate) -> None:
    async def look() -> None:
        with gate.while_looking(lambda: QUEUED + 1):
            await asyncio.Event().wait()

    looking = asyncio.create_task(look())
    await turns()
    sender = Sender(gate)
    sender.send(b"hello")
    await turns()
    assert sender.read == b""
    looking.cancel()
    await until(lambda: sender.read == b"hello")
    await sender.end()


async def test_several_connections_wait_behind_one_gate(gate: Gate) -> None:
    senders = [Sender(gate) for _ in range(3)]
    with gate.while_looking(lambda: QUEUED + 1):
        await turns()
        for sender in senders:
            sender.send(b"hello")
        await turns()
        assert all(sender.read == b"" for sender in senders)
    for sender in senders:
        await sender.end()
        assert sender.read == b"hello"
