"""Processes that unpack: whatever is in a body, taking it apart harms nobody. ADAPTER: processes.

A body is handed over in memory, by its descriptor. A worker that ends or takes too long costs the
scan that it was at; the next one gets a new worker.
"""

import asyncio
import os
import socket
from collections.abc import Sequence

from clearpane.antivirus.confinement import Isolation
from clearpane.antivirus.memory import in_memory
from clearpane.antivirus.nursery import EndedError, Nursery, Worker, receive
from clearpane.antivirus.wire import HEAD, Request, Setup, sizes, unpacked
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.inspection import Inspection

SECONDS = 30.0  # for one body, as the rules and a daemon have them
WAITING = 256  # bodies in line for a worker; each was paid for by whoever holds it back
MOST = 4
INLINE = 1 << 18  # bytes that are written to memory in less time than a change of threads takes


class Pool:
    """Up to `workers` processes, started when first needed and kept until `close` or `retire`."""

    def __init__(self, setup: Setup, workers: int = 0, seconds: float = SECONDS) -> None:
        """`workers`: 0 for one per processor, up to four; `seconds` is what one body may take."""
        self._nursery, self._seconds = Nursery(setup), seconds
        self._free = asyncio.Semaphore(workers or min(MOST, len(os.sched_getaffinity(0))))
        self._idle: list[Worker] = []
        self._jobs, self._retired, self._closed = 0, False, False

    async def inspect(
        self,
        body: bytes,
        *,
        name: str = "",
        encodings: Sequence[str] = (),
        content_type: str = "",
        for_daemon: bool = False,
    ) -> Inspection:
        """As `content.inspection.inspect`, elsewhere."""
        if self._jobs >= WAITING:
            return _unscanned(Unread.ENGINE_DOWN, f"more than {WAITING} bodies wait for a scanner")
        request = Request(name, tuple(encodings), content_type, for_daemon)
        self._jobs += 1
        try:
            async with self._free:
                return await self._one(request.packed(), body)
        finally:
            self._jobs -= 1
            self._end_if_retired()

    async def isolation(self) -> Isolation | None:
        """How the workers are cut off; the first of them is started for it. None: none starts."""
        self._jobs += 1
        try:
            async with self._free:
                worker = await self._take()
                self._idle.append(worker)
                return worker.isolation
        except (OSError, ValueError, EndedError):
            return None
        finally:
            self._jobs -= 1
            self._end_if_retired()

    def retire(self) -> None:
        """Another pool has taken over: ends as soon as nobody is left who asks this one.

        Connections that began with the old policy may still ask; they are answered, always.
        """
        self._retired = True
        self._end_if_retired()

    def close(self) -> None:
        """At once and for good; whoever still waits is told so."""
        self._closed = True
        self._stop()
        self._nursery.close()

    async def _one(self, request: bytes, body: bytes) -> Inspection:
        if self._closed:
            return _unscanned(Unread.ENGINE_DOWN, "the gateway is stopping")
        worker = None
        try:
            worker = await self._take()
            async with asyncio.timeout(self._seconds):
                found, last = await _exchange(worker.line, request, body)
        except TimeoutError:
            detail = f"unpacking it took longer than {self._seconds:g} s"
            return _unscanned(Unread.LIMIT, detail)
        except (OSError, ValueError, EndedError) as fault:
            return _unscanned(Unread.ENGINE_DOWN, f"the scanner process ended: {fault}")
        else:
            if not (last or self._closed):
                self._idle.append(worker)
                worker = None
            return found
        finally:  # cancelled too: whoever asked is gone, and the worker may be in the middle of it
            if worker:
                self._nursery.end(worker)

    async def _take(self) -> Worker:
        """One that is alive. Raises OSError, ValueError and EndedError."""
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            worker.line.close()
        forking = asyncio.create_task(self._nursery.fork())
        try:
            return await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(self._nobody_took)
            raise

    def _nobody_took(self, forked: asyncio.Task[Worker]) -> None:
        if not forked.cancelled() and not forked.exception():
            self._nursery.end(forked.result())

    def _end_if_retired(self) -> None:
        if self._retired and not self._jobs:
            self._stop()

    def _stop(self) -> None:
        for worker in self._idle:
            worker.line.close()
        self._idle.clear()
        self._nursery.stop()


async def _exchange(line: socket.socket, request: bytes, body: bytes) -> tuple[Inspection, bool]:
    """Raises ValueError for an answer that is none."""
    if len(body) <= INLINE:
        given = in_memory(request, body)
    else:
        given = await asyncio.to_thread(in_memory, request, body)
    try:
        socket.send_fds(line, [b"\0"], [given])
    finally:
        os.close(given)
    text, views = sizes(await receive(line, HEAD.size))
    return unpacked(await receive(line, text), await receive(line, views))


def _unscanned(reason: Unread, detail: str) -> Inspection:
    return Inspection((Unscanned(reason, detail=detail),))
