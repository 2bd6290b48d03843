"""A line says what it was told, and loses no answer."""

import pytest

from archived import EICAR
from clearpane.antivirus.line import Address, Line, Lines
from daemons import Misbehaving

MIB = 1 << 20


@pytest.mark.parametrize("host", ["192.0.2.7", "0.0.0.0", "::"])
def test_another_machine_is_no_address(host: str) -> None:
    with pytest.raises(ValueError, match="is not this machine"):
        Address(host=host, port=3310)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_an_address(host: str) -> None:
    assert str(Address(host=host, port=3310)) == f"{host}:3310"


async def test_a_stream_in_pieces(address: Address) -> None:
    line = Line(address, 20)
    await line.open("INSTREAM")
    for piece in (EICAR[:7], EICAR[7:], b""):
        await line.send(piece)
    assert (await line.reply(20)).endswith("FOUND")
    line.close()


async def test_an_answer_is_heard_while_sending() -> None:
    with Misbehaving(b"INSTREAM size limit exceeded. ERROR\0") as daemon:
        line = Line(daemon.address, 20)
        await line.open("INSTREAM")
        await line.send(bytes(16 * MIB))
        assert await line.reply(20) == "INSTREAM size limit exceeded. ERROR"
        line.close()


async def test_a_daemon_that_takes_nothing_in_is_waited_for_in_vain() -> None:
    with Misbehaving() as daemon:
        line = Line(daemon.address, 0.3)
        await line.open("INSTREAM")
        with pytest.raises(TimeoutError):
            await line.send(bytes(64 * MIB))
        line.close()


async def test_interrupted_it_hears_nothing() -> None:
    with Misbehaving() as daemon:
        lines = Lines(daemon.address, 20)
        line = await lines.open("INSTREAM")
        lines.close()
        assert await line.reply(20) == ""
        lines.end(line)


async def test_a_daemon_that_is_away_is_waited_for_once(address: Address) -> None:
    lines, waits = Lines(address, 20), 0
    while await lines.wait(0.4):
        waits += 1
    assert waits == 4
    assert not await lines.wait(0.4)
    lines.here()
    assert await lines.wait(0.05)
