import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archived import EICAR, nested, zipped
from clearpane.antivirus.clamd import Clamd
from clearpane.antivirus.line import PATIENCE, Address
from clearpane.content.detection import Finding, Unread, Unscanned
from daemons import Misbehaving
from e2e.harness import clamav
from e2e.harness.wait import until

MIB = 1 << 20


@pytest.fixture
def engine(address: Address) -> Iterator[Clamd]:
    made = Clamd(address, 20)
    yield made
    made.close()


def encrypted() -> bytes:
    archive = bytearray(zipped({"a.com": bytes(range(90))}))
    archive[6] = archive[archive.index(b"PK\1\2") + 8] = 1
    return bytes(archive)


ANSWERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "the test file": (lambda: EICAR, "Eicar Test File(100000)"),
    "the test file in a zip": (lambda: zipped({"a": EICAR}), "Eicar Test File(100000)"),
    "a clean body": (lambda: b"hello", ""),
    "a clean body of 20 MiB": (lambda: bytes(range(256)) * (20 * MIB // 256), ""),
    "an encrypted archive": (encrypted, "unscanned-encrypted: Heuristics.Encrypted.Zip"),
    "an archive that is too deep": (
        lambda: nested(20, EICAR),
        "unscanned-limit: Heuristics.Limits.Exceeded.MaxRecursion",
    ),
}


@pytest.mark.parametrize(("body", "expected"), ANSWERS.values(), ids=ANSWERS)
async def test_a_real_daemon(engine: Clamd, body: Callable[[], bytes], expected: str) -> None:
    assert "".join(map(str, await engine.scan(body()))) == expected


async def test_many_at_once(engine: Clamd) -> None:
    bodies = [EICAR if each % 2 else b"clean" * each for each in range(40)]
    answers = await asyncio.gather(*map(engine.scan, bodies))
    assert [bool(answer) for answer in answers] == [body is EICAR for body in bodies]


def test_a_real_daemon_says_what_it_is(engine: Clamd) -> None:
    assert engine.version().startswith("ClamAV ")
    assert [problem.cure for problem in engine.check()] == ["run freshclam"]


async def test_a_stream_over_the_daemon_s_limit_is_too_big(at_port: clamav.Clamd) -> None:
    engine = Clamd(Address(host="127.0.0.1", port=at_port.port), 20)
    (finding,) = await engine.scan(bytes(101 * MIB))
    assert isinstance(finding, Unscanned) and finding.reason is Unread.TOO_BIG
    engine.close()


async def test_a_reload_is_survived(engine: Clamd) -> None:
    for _ in range(3):
        clamd_says(engine.address, b"zRELOAD\0")
        assert await engine.scan(b"clean") == ()
        assert len(await engine.scan(EICAR)) == 1


def clamd_says(address: Address, command: bytes) -> bytes:
    family = socket.AF_UNIX if address.path else socket.AF_INET
    with socket.socket(family) as line:
        line.connect(address.path or (address.host, address.port))
        line.sendall(command)
        return line.recv(4096)


async def test_death_and_restart_are_survived(tmp_path: Path) -> None:
    with clamav.Clamd(tmp_path / "clamd") as daemon:
        engine = Clamd(Address(str(daemon.path)), 20)
        assert len(await engine.scan(EICAR)) == 1
        daemon.die()
        began = time.monotonic()
        assert_down(await engine.scan(EICAR))
        assert time.monotonic() - began < PATIENCE + 2
        began = time.monotonic()
        for _ in range(10):  # it is known to be away: nobody waits for it again
            assert_down(await engine.scan(b"clean"))
        assert time.monotonic() - began < PATIENCE + 2
        daemon.restart()
        assert len(await engine.scan(EICAR)) == 1
        engine.close()


async def test_a_frozen_daemon_is_down_when_the_time_is_over(tmp_path: Path) -> None:
    with clamav.Clamd(tmp_path / "clamd") as daemon:
        engine = Clamd(Address(str(daemon.path)), 0.5)
        daemon.freeze()
        began = time.monotonic()
        answers = await asyncio.gather(*(engine.scan(EICAR) for _ in range(20)))
        assert time.monotonic() - began < 5
        for answer in answers:
            assert_down(answer)
        daemon.thaw()
        patient = Clamd(Address(str(daemon.path)), 20)
        assert len(await patient.scan(EICAR)) == 1
        engine.close()
        patient.close()


def assert_down(findings: tuple[Finding, ...]) -> None:
    (finding,) = findings
    assert isinstance(finding, Unscanned)
    assert finding.reason is Unread.ENGINE_DOWN
    assert finding.detail


REPLIES: dict[str, tuple[bytes, Unread]] = {
    "says that the stream is too long": (
        b"INSTREAM size limit exceeded. ERROR\0",
        Unread.TOO_BIG,
    ),
    "has no memory": (b"stream: Can't allocate memory ERROR\n", Unread.ENGINE_DOWN),
    "knows no such command": (b"UNKNOWN COMMAND\n", Unread.ENGINE_DOWN),
    "says half a reply": (b"stream: O", Unread.ENGINE_DOWN),
    "says rubbish": (b"\xff\xfe\n", Unread.ENGINE_DOWN),
    "closes without a reply": (b"", Unread.ENGINE_DOWN),
}


@pytest.mark.parametrize(("reply", "reason"), REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("size", [10, 8 * MIB])
async def test_a_daemon_that(reply: bytes, reason: Unread, size: int) -> None:
    with Misbehaving(reply) as daemon:
        engine = Clamd(daemon.address, 10)
        (finding,) = await engine.scan(bytes(size))
        assert isinstance(finding, Unscanned), finding
        assert finding.reason is reason
        engine.close()


async def test_a_daemon_that_comes_back_is_waited_for() -> None:
    with Misbehaving(b"", b"", b"", b"stream: OK\n") as daemon:
        engine = Clamd(daemon.address, 20)
        assert await engine.scan(b"clean") == ()
        assert daemon.asked == 4
        engine.close()


async def test_a_silent_daemon_holds_up_nobody_else(at_socket: clamav.Clamd) -> None:
    with Misbehaving() as daemon:
        silent, other = Clamd(daemon.address, 1), Clamd(Address(str(at_socket.path)), 20)
        waiting = asyncio.create_task(silent.scan(EICAR))
        assert len(await other.scan(EICAR)) == 1
        assert not waiting.done()
        (finding,) = await waiting
        assert_down((finding,))
        assert "no answer within 1 s" in str(finding)
        silent.close()
        other.close()


async def test_closing_lets_everybody_go() -> None:
    with Misbehaving() as daemon:
        engine = Clamd(daemon.address, 60)
        waiting = [asyncio.create_task(engine.scan(EICAR)) for _ in range(9)]
        await asyncio.to_thread(until, lambda: daemon.asked > 0, "the daemon is asked")
        engine.close()
        for answer in await asyncio.wait_for(asyncio.gather(*waiting), 20):
            assert_down(answer)
        assert_down(await engine.scan(EICAR))


async def test_a_missing_daemon_is_down_and_said_at_the_start(tmp_path: Path) -> None:
    engine = Clamd(Address(str(tmp_path / "nobody")), 20)
    (problem,) = engine.check()
    assert (problem.severity, problem.cure) == ("warning", "start clamd")
    assert str(tmp_path / "nobody") in str(problem)
    assert_down(await engine.scan(EICAR))
    engine.close()
