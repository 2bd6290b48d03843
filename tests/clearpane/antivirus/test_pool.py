"""Whatever becomes of a process, every body gets an answer, and nothing is left running."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from archived import EICAR, bomb, nested, tarred, zipped
from clearpane.antivirus import pool as pools
from clearpane.antivirus.confinement import Isolation
from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.pool import Pool
from clearpane.antivirus.wire import Setup
from clearpane.content.data_patterns import Definition
from clearpane.content.detection import DataSeen, FileSeen, Unread, Unscanned
from clearpane.content.inspection import Inspection, inspect
from e2e.harness.wait import until
from processes import exists, is_busy, scanners

type Make = Callable[..., Pool]

MIB = 1 << 20
FORM = "multipart/form-data; boundary=x"
ARCHIVE = zipped({"a.txt": b"hello", "eicar.com": EICAR})
SLOW = bytes(9 * MIB)  # whose packed copies take a worker a while


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Pools that are closed in the end, whatever happens."""
    made: list[Pool] = []

    def make(setup: Setup, workers: int = 1, seconds: float = 30) -> Pool:
        made.append(Pool(setup, workers, seconds))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


@pytest.fixture
async def pool(make: Make, sources: Mapping[str, str]) -> Pool:
    return make(Setup(sources), 2)


@cache
def slow() -> bytes:
    return zipped({str(number): SLOW for number in range(25)})


def reasons(found: Inspection) -> list[Unread]:
    return [finding.reason for finding in found.findings if isinstance(finding, Unscanned)]


BODIES: dict[str, tuple[bytes, tuple[str, ...], str]] = {
    "nothing": (b"", (), ""),
    "a text": (b"hello", (), "text/plain"),
    "an archive": (ARCHIVE, (), ""),
    "a tar": (tarred({"a": b"a", "b": EICAR}, "w:xz"), (), ""),
    "a coding": (gzip.compress(EICAR), ("gzip",), ""),
    "archives in archives": (nested(3, EICAR), (), ""),
    "archives too deep": (nested(9, EICAR), (), ""),
    "a form": (b"--x\r\n\r\n" + ARCHIVE + b"\r\n--x--\r\n", (), FORM),
    "megabytes": (zipped({"a": os.urandom(8 * MIB), "b": EICAR}), (), ""),
    "a bomb": (bomb(300), (), ""),
    "an unknown coding": (b"hello", ("sdch",), ""),
}


@pytest.mark.parametrize("for_daemon", [False, True])
@pytest.mark.parametrize(("body", "encodings", "content_type"), BODIES.values(), ids=BODIES)
async def test_it_finds_what_is_found_without_it(
    pool: Pool,
    embedded: Embedded,
    body: bytes,
    encodings: tuple[str, ...],
    content_type: str,
    for_daemon: bool,
) -> None:
    here = inspect(
        body,
        name="x",
        encodings=encodings,
        content_type=content_type,
        inspectors=(embedded,),
        for_daemon=for_daemon,
    )
    there = await pool.inspect(
        body, name="x", encodings=encodings, content_type=content_type, for_daemon=for_daemon
    )
    assert there.findings == here.findings
    assert there.views == (here.views if for_daemon else ())


async def test_kinds_and_patterns_are_seen(make: Make, sources: Mapping[str, str]) -> None:
    setup = Setup(sources, True, (Definition("greeting", "hello"),))
    pool = make(setup, 1)
    found = await pool.inspect(ARCHIVE)
    assert FileSeen("zip") in found.seen
    assert [(one.pattern, one.member) for one in found.seen if isinstance(one, DataSeen)] == [
        ("greeting", "a.txt")
    ]


async def test_without_rules_it_unpacks_for_a_daemon(make: Make) -> None:
    pool = make(Setup(), 1)
    found = await pool.inspect(gzip.compress(EICAR), encodings=("gzip",), for_daemon=True)
    assert (found.findings, found.views) == ((), (EICAR,))


async def test_processes_start_when_needed_and_stay(pool: Pool) -> None:
    assert scanners(os.getpid()) == []
    await pool.inspect(ARCHIVE)
    started = scanners(os.getpid())
    assert len(started) == 2
    await pool.inspect(ARCHIVE)
    assert scanners(os.getpid()) == started


async def test_many_at_once_take_as_many_processes_as_there_may_be(pool: Pool) -> None:
    found = await asyncio.gather(*(pool.inspect(ARCHIVE) for _ in range(60)))
    assert {len(one.findings) for one in found} == {1}
    assert len(scanners(os.getpid())) == 3


async def test_they_are_cut_off(pool: Pool) -> None:
    assert await pool.isolation() is Isolation.SECCOMP
    for process in scanners(os.getpid()):
        assert Path(f"/proc/{process}/environ").read_bytes() == b""
    worker = scanners(os.getpid())[1]
    assert "Seccomp:\t2\n" in Path(f"/proc/{worker}/status").read_text()


async def test_a_worker_that_is_killed_costs_its_scan_alone(pool: Pool) -> None:
    others = [asyncio.create_task(pool.inspect(ARCHIVE)) for _ in range(3)]
    await asyncio.gather(*others)
    scan = asyncio.create_task(pool.inspect(slow()))
    await asyncio.to_thread(kill_the_busy_one)
    found = await scan
    assert reasons(found) == [Unread.ENGINE_DOWN]
    assert "the scanner process ended" in str(found.findings[0])
    assert len((await pool.inspect(ARCHIVE)).findings) == 1


def kill_the_busy_one() -> None:
    def busy() -> list[int]:
        return [each for each in scanners(os.getpid())[1:] if is_busy(each)]

    until(lambda: bool(busy()), "a worker works")
    os.kill(busy()[0], signal.SIGKILL)


@pytest.mark.parametrize("which", [0, 1], ids=["the first process", "a worker"])
async def test_idle_processes_that_are_killed_cost_nothing(pool: Pool, which: int) -> None:
    await pool.inspect(ARCHIVE)
    killed = scanners(os.getpid())
    os.kill(killed[which], signal.SIGKILL)
    await asyncio.to_thread(until, lambda: not exists(killed[1]), "the worker is gone")
    if which == 0:  # the first process is only found to be gone by who needs a new worker
        assert reasons(await pool.inspect(ARCHIVE)) in ([], [Unread.ENGINE_DOWN])
    assert reasons(await pool.inspect(ARCHIVE)) == []


async def test_who_takes_too_long_is_ended(make: Make, sources: Mapping[str, str]) -> None:
    pool = make(Setup(sources), 1, seconds=0.05)
    await pool.isolation()
    worker = scanners(os.getpid())[1]
    found = await pool.inspect(slow())
    assert reasons(found) == [Unread.LIMIT]
    assert "longer than 0.05 s" in str(found.findings[0])
    await asyncio.to_thread(until, lambda: not exists(worker), "the worker is gone")


async def test_nobody_waits_for_who_left(pool: Pool) -> None:
    await pool.isolation()
    worker = scanners(os.getpid())[1]
    scan = asyncio.create_task(pool.inspect(slow()))
    await asyncio.to_thread(until, lambda: is_busy(worker), "the worker works")
    scan.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scan
    await asyncio.to_thread(until, lambda: not exists(worker), "the worker is gone")
    assert len((await pool.inspect(ARCHIVE)).findings) == 1


async def test_a_line_too_long_is_said(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "WAITING", 3)
    found = await asyncio.gather(*(pool.inspect(ARCHIVE) for _ in range(5)))
    assert [reasons(one) for one in found] == [[], [], [], *[[Unread.ENGINE_DOWN]] * 2]


async def test_a_tired_worker_gives_way_to_a_fresh_one(
    make: Make, sources: Mapping[str, str]
) -> None:
    pool = make(Setup(sources), 1)
    await pool.isolation()
    before = scanners(os.getpid())[1]
    for _ in range(2):
        assert reasons(await pool.inspect(nested(3, bytes(30 * MIB), 0))) == []
    assert before not in scanners(os.getpid())


@pytest.mark.parametrize("end", [Pool.close, Pool.retire], ids=["closed", "retired"])
async def test_at_the_end_nothing_runs(pool: Pool, end: Callable[[Pool], None]) -> None:
    await pool.inspect(ARCHIVE)
    started = scanners(os.getpid())
    end(pool)
    assert scanners(os.getpid()) == []
    await asyncio.to_thread(until, lambda: not any(map(exists, started)), "they are gone")


async def test_closing_lets_everybody_go(pool: Pool) -> None:
    await pool.isolation()
    scans = [asyncio.create_task(pool.inspect(slow())) for _ in range(5)]
    worker = scanners(os.getpid())[1]
    await asyncio.to_thread(until, lambda: is_busy(worker), "the worker works")
    pool.close()
    for found in await asyncio.wait_for(asyncio.gather(*scans), 20):
        assert reasons(found) == [Unread.ENGINE_DOWN]
    assert reasons(await pool.inspect(ARCHIVE)) == [Unread.ENGINE_DOWN]
    assert scanners(os.getpid()) == []


async def test_a_retired_pool_still_answers(pool: Pool) -> None:
    scans = [asyncio.create_task(pool.inspect(ARCHIVE)) for _ in range(9)]
    await asyncio.sleep(0)
    pool.retire()
    for found in await asyncio.gather(*scans):
        assert len(found.findings) == 1
    assert scanners(os.getpid()) == []
    assert len((await pool.inspect(ARCHIVE)).findings) == 1
    assert scanners(os.getpid()) == []


async def test_rules_that_are_wrong_are_an_engine_that_is_down(make: Make) -> None:
    pool = make(Setup({"a.yar": "rule {"}), 1)
    assert reasons(await pool.inspect(ARCHIVE)) == [Unread.ENGINE_DOWN]
    assert await pool.isolation() is None


async def test_no_descriptor_is_left_open(pool: Pool) -> None:
    await pool.inspect(ARCHIVE)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        await pool.inspect(ARCHIVE)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


PARENT = """
import asyncio, sys
from clearpane.antivirus.pool import Pool
from clearpane.antivirus.wire import Setup
async def main():
    await Pool(Setup(), 1).isolation()
    print("ready", flush=True)
    sys.stdin.read()
asyncio.run(main())
"""


def test_they_end_with_a_gateway_that_was_killed() -> None:
    root = str(Path(__file__).resolve().parents[3] / "addons")
    gateway = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env={"PYTHONPATH": root},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with gateway:
        assert gateway.stdout and gateway.stdout.readline() == b"ready\n"
        started = scanners(gateway.pid)
        assert len(started) == 2
        gateway.kill()
    until(lambda: not any(map(exists, started)), "they are gone")
