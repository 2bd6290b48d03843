"""A stream gets the verdict of the whole, whatever the daemon does meanwhile."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from archived import EICAR, zipped
from clearpane.antivirus import clamd_stream
from clearpane.antivirus.clamd import Clamd
from clearpane.antivirus.line import Address
from clearpane.content.detection import Finding, Unread, Unscanned
from daemons import Misbehaving
from e2e.harness import clamav
from e2e.harness.wait import until

MIB = 1 << 20


@pytest.fixture
async def engine(address: Address) -> AsyncIterator[Clamd]:
    made = Clamd(address, 20)
    yield made
    made.close()


async def verdict(engine: Clamd, *pieces: bytes) -> tuple[Finding, ...]:
    stream = engine.begin()
    for piece in pieces:
        await stream.feed(piece)
    return await stream.end()


def reasons(findings: tuple[Finding, ...]) -> list[Unread]:
    return [finding.reason for finding in findings if isinstance(finding, Unscanned)]


ARCHIVE = zipped({"a": os.urandom(3 * MIB), "b": EICAR})
BODIES: dict[str, tuple[list[bytes], str]] = {
    "nothing": ([], ""),
    "a few bytes": ([b"hello"], ""),
    "the test file": ([EICAR], "Eicar Test File(100000)"),
    "the test file byte by byte": ([bytes([byte]) for byte in EICAR], "Eicar Test File(100000)"),
    "clean megabytes": ([os.urandom(MIB)] * 5, ""),
    "an archive": (
        [ARCHIVE[at : at + 65_536] for at in range(0, len(ARCHIVE), 65_536)],
        "Eicar Test File(100000)",
    ),
}


@pytest.mark.parametrize(("pieces", "expected"), BODIES.values(), ids=BODIES)
async def test_a_real_daemon(engine: Clamd, pieces: list[bytes], expected: str) -> None:
    assert "".join(map(str, await verdict(engine, *pieces))) == expected


async def test_more_streams_than_the_daemon_has_threads(engine: Clamd) -> None:
    streams = [engine.begin() for _ in range(40)]
    for _ in range(3):
        await asyncio.gather(*(stream.feed(bytes(200_000)) for stream in streams))
    answers = await asyncio.gather(*(stream.end() for stream in reversed(streams)))
    assert answers == [()] * 40


async def test_more_than_the_daemon_takes_is_too_big(engine: Clamd) -> None:
    assert reasons(await verdict(engine, *[bytes(MIB)] * 101)) == [Unread.TOO_BIG]


class Hasty(clamav.Clamd):
    """Gives a silent client up after two seconds."""

    def _start(self) -> subprocess.Popen[bytes]:
        with (self._folder / "clamd.conf").open("a") as file:
            file.write("CommandReadTimeout 2\nReadTimeout 2\n")
        return super()._start()


async def test_a_sender_who_pauses_is_not_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hasty(tmp_path / "clamd") as daemon:
        engine = Clamd(Address(str(daemon.path)), 20)
        monkeypatch.setattr(clamd_stream, "DRIP", 0.5)
        stream = engine.begin()
        await stream.feed(zipped({"b": EICAR, "a": os.urandom(9999)}))
        await asyncio.sleep(6)  # the daemon's patience, three times over, is what must be outlived
        assert "".join(map(str, await stream.end())) == "Eicar Test File(100000)"


async def test_a_frozen_daemon_makes_the_sender_wait_and_is_down_then(tmp_path: Path) -> None:
    with clamav.Clamd(tmp_path / "clamd") as daemon:
        engine = Clamd(Address(str(daemon.path)), 1)
        daemon.freeze()
        stream, began = engine.begin(), time.monotonic()
        await stream.feed(bytes(8 * MIB))
        assert time.monotonic() - began > 0.9
        assert reasons(await stream.end()) == [Unread.ENGINE_DOWN]
        assert time.monotonic() - began < 5


async def test_a_daemon_that_dies_is_down(tmp_path: Path) -> None:
    with clamav.Clamd(tmp_path / "clamd") as daemon:
        engine = Clamd(Address(str(daemon.path)), 20)
        stream = engine.begin()
        await stream.feed(bytes(MIB))
        daemon.die()
        await stream.feed(bytes(MIB))
        assert reasons(await stream.end()) == [Unread.ENGINE_DOWN]
        daemon.restart()
        assert await verdict(engine, bytes(MIB)) == ()


async def test_nobody_listens(tmp_path: Path) -> None:
    engine = Clamd(Address(str(tmp_path / "nobody")), 20)
    assert reasons(await verdict(engine, bytes(MIB), bytes(MIB))) == [Unread.ENGINE_DOWN]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(b"INSTREAM size limit exceeded. ERROR\0", Unread.TOO_BIG, id="a limit"),
        pytest.param(b"stream: x ERROR\0", Unread.ENGINE_DOWN, id="an error"),
        pytest.param(b"", Unread.ENGINE_DOWN, id="nothing"),
    ],
)
async def test_a_daemon_that_closes_early_and_says(reply: bytes, reason: Unread) -> None:
    with Misbehaving(reply) as daemon:
        assert reasons(await verdict(Clamd(daemon.address, 20), *[bytes(MIB)] * 9)) == [reason]


async def test_closing_lets_a_stream_go() -> None:
    with Misbehaving() as daemon:
        engine = Clamd(daemon.address, 60)
        stream = engine.begin()
        await stream.feed(bytes(2000))
        ending = asyncio.create_task(stream.end())
        await asyncio.sleep(0)
        engine.close()
        assert reasons(await asyncio.wait_for(ending, 20)) == [Unread.ENGINE_DOWN]


async def test_abandoned_it_leaves_nothing_open(engine: Clamd) -> None:
    await verdict(engine, b"hello")
    before = descriptors()
    for stream in [engine.begin() for _ in range(9)]:
        await stream.feed(bytes(200_000))
        stream.abandon()
        stream.abandon()
    await asyncio.to_thread(until, lambda: descriptors() <= before, "all is closed")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
