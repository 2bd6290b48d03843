"""Workers come from one process, and a new one takes its place when it is gone."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from clearpane.antivirus.confinement import Isolation
from clearpane.antivirus.nursery import EndedError, Nursery, receive
from clearpane.antivirus.wire import Setup
from e2e.harness.wait import until
from processes import children, exists, scanners


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    made = Nursery(Setup())
    yield made
    made.close()


async def test_workers_share_one_parent(nursery: Nursery) -> None:
    first, second = await asyncio.gather(nursery.fork(), nursery.fork())
    parent, *workers = scanners(os.getpid())
    assert {first.process, second.process} == set(workers) == set(children(parent))
    assert first.isolation is Isolation.SECCOMP
    assert first.is_alive and second.is_alive
    for worker in (first, second):
        nursery.end(worker)


async def test_one_that_is_ended_is_buried(nursery: Nursery) -> None:
    worker = await nursery.fork()
    (parent, _) = scanners(os.getpid())
    nursery.end(worker)
    await asyncio.to_thread(until, lambda: children(parent) == [], "it is buried")
    assert exists(parent)


async def test_one_that_died_is_not_alive(nursery: Nursery) -> None:
    worker = await nursery.fork()
    os.kill(worker.process, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: not worker.is_alive, "that is seen")
    nursery.end(worker)


async def test_after_its_process_died_another_one_starts(nursery: Nursery) -> None:
    worker = await nursery.fork()
    worker.line.close()
    parent = scanners(os.getpid())[0]
    os.kill(parent, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: not exists(parent), "it is gone")
    with pytest.raises((OSError, EndedError)):
        await nursery.fork()
    again = await nursery.fork()
    assert again.is_alive
    nursery.end(again)


async def test_closed_it_forks_no_more(nursery: Nursery) -> None:
    worker = await nursery.fork()
    forking = asyncio.create_task(nursery.fork())
    await asyncio.sleep(0)
    nursery.close()
    with pytest.raises((OSError, EndedError)):
        await forking
    with pytest.raises(EndedError, match="stopping"):
        await nursery.fork()
    with pytest.raises(EndedError, match="closed its socket"):
        await receive(worker.line, 1)
    worker.line.close()
    assert scanners(os.getpid()) == []
