"""Processes that unpack: whatever is in a body, taking it apart harms nobody. ADAPTER: processes.

One process is started as a program of its own and compiles the rules; it forks the workers, which
share them. A body is handed over in memory, by its descriptor. A worker that ends or takes too long
costs the scan that it was at; the next one gets a new worker.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clearpane.antivirus.confinement import Isolation
from clearpane.antivirus.wire import HEAD, Request, Setup, sizes, unpacked
from clearpane.antivirus.worker import FORK, HELLO, KILL, SETUP
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.inspection import Inspection

SECONDS = 30.0  # for one body, as the rules and a daemon have them
WAITING = 256  # bodies in line for a worker; each was paid for by whoever holds it back
STARTING = 20.0  # seconds in which a process must be ready; 2000 rules take one
MOST = 4
INLINE = 1 << 18  # bytes that are written to memory in less time than a change of threads takes

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
_START += "from clearpane.antivirus.worker import main; main()"


class _EndedError(Exception):
    """A process is gone, or says what it can't mean."""


@dataclass(slots=True)
class _Worker:
    process: int
    line: socket.socket
    isolation: Isolation


class Pool:
    """Up to `workers` processes, started when first needed and kept until `close` or `retire`."""

    def __init__(self, setup: Setup, workers: int = 0, seconds: float = SECONDS) -> None:
        """`workers`: 0 for one per processor, up to four; `seconds` is what one body may take."""
        self._setup, self._seconds = setup, seconds
        self._free = asyncio.Semaphore(workers or min(MOST, len(os.sched_getaffinity(0))))
        self._starting = asyncio.Lock()
        self._nursery: subprocess.Popen[bytes] | None = None
        self._gateway: socket.socket | None = None
        self._idle: list[_Worker] = []
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
        if self._closed:
            return _unscanned(Unread.ENGINE_DOWN, "the gateway is stopping")
        if self._jobs >= WAITING:
            return _unscanned(Unread.ENGINE_DOWN, f"more than {WAITING} bodies wait for a scanner")
        request = Request(name, tuple(encodings), content_type, for_daemon)
        self._jobs += 1
        try:
            async with self._free:
                return await self._one(request.packed(), body)
        finally:
            self._jobs -= 1
            if self._retired and not self._jobs:
                self._stop()

    async def isolation(self) -> Isolation | None:
        """How the workers are cut off; the first of them is started for it. None: none starts."""
        async with self._free:
            try:
                worker = await self._take()
            except (OSError, _EndedError):
                return None
            self._idle.append(worker)
            return worker.isolation

    def retire(self) -> None:
        """Another pool has taken over: ends as soon as nobody is left who asks this one.

        Connections that began with the old policy may still ask; they are answered, always.
        """
        self._retired = True
        if not self._jobs:
            self._stop()

    def close(self) -> None:
        """At once; whoever still waits is told so."""
        self._closed = True
        self._stop()

    async def _one(self, request: bytes, body: bytes) -> Inspection:
        worker = None
        try:
            worker = await self._take()
            async with asyncio.timeout(self._seconds):
                found, last = await _exchange(worker.line, request, body)
        except TimeoutError:
            detail = f"unpacking it took longer than {self._seconds:g} s"
            return _unscanned(Unread.LIMIT, detail)
        except (OSError, ValueError, _EndedError) as fault:
            return _unscanned(Unread.ENGINE_DOWN, f"the scanner process ended: {fault}")
        else:
            if not (last or self._closed):
                self._idle.append(worker)
                worker = None
            return found
        finally:  # cancelled too: whoever asked is gone, and the worker may be in the middle of it
            if worker:
                self._end(worker)

    async def _take(self) -> _Worker:
        """One that is alive. Raises OSError and _EndedError."""
        while self._idle:
            worker = self._idle.pop()
            if _alive(worker.line):
                return worker
            worker.line.close()
        async with self._starting, _in_time():
            gateway = self._gateway or await self._start()
            mine, its = socket.socketpair()
            mine.setblocking(False)
            try:
                with its:
                    socket.send_fds(gateway, [FORK], [its.fileno()])
                process = int.from_bytes(await _receive(gateway, 4))
                word = (await _receive(mine, HELLO)).decode().strip()
                return _Worker(process, mine, Isolation(word))
            except BaseException:
                mine.close()
                self._stop()  # whatever state it is in, the next one starts afresh
                raise

    async def _start(self) -> socket.socket:
        """The process that forks the others."""
        self._stop()
        mine, its = socket.socketpair(type=socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        with its:
            self._nursery = await asyncio.to_thread(_started, its)
        setup = await _in_memory(b"", self._setup.packed())
        try:
            socket.send_fds(mine, [SETUP], [setup])
        finally:
            os.close(setup)
        self._gateway = mine
        return mine

    def _end(self, worker: _Worker) -> None:
        worker.line.close()
        if self._gateway:
            with contextlib.suppress(OSError):
                self._gateway.send(KILL + worker.process.to_bytes(4))

    def _stop(self) -> None:
        """The workers end with the process that forked them."""
        for worker in self._idle:
            worker.line.close()
        self._idle.clear()
        if self._gateway:
            self._gateway.close()
            self._gateway = None
        if self._nursery:
            self._nursery.kill()
            self._nursery.wait()
            self._nursery = None


def _started(its: socket.socket) -> subprocess.Popen[bytes]:
    """Isolated from the environment and the folder we run in, with our own modules."""
    paths = [str(_ROOT), *(path for path in sys.path if Path(path).is_absolute())]
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _START, json.dumps(paths)],
        stdin=its.fileno(),
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    )


async def _exchange(line: socket.socket, request: bytes, body: bytes) -> tuple[Inspection, bool]:
    """Raises ValueError for an answer that is none."""
    given = await _in_memory(request, body)
    try:
        socket.send_fds(line, [b"\0"], [given])
    finally:
        os.close(given)
    text, views = sizes(await _receive(line, HEAD.size))
    return unpacked(await _receive(line, text), await _receive(line, views))


async def _in_memory(head: bytes, body: bytes) -> int:
    """A descriptor of a file that is in memory alone."""
    if len(body) <= INLINE:
        return _written(head, body)
    return await asyncio.to_thread(_written, head, body)


def _written(head: bytes, body: bytes) -> int:
    file = os.memfd_create("clearpane-scan")
    try:
        for data in (head, body):
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
    except BaseException:
        os.close(file)
        raise
    return file


async def _receive(line: socket.socket, size: int) -> bytes:
    """So many bytes. Raises _EndedError where there are fewer."""
    loop, data = asyncio.get_running_loop(), bytearray(size)
    view = memoryview(data)
    while view:
        count = await loop.sock_recv_into(line, view)
        if not count:
            raise _EndedError("it closed its socket")
        view = view[count:]
    return bytes(data)


def _alive(line: socket.socket) -> bool:
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextlib.asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(STARTING):
            yield
    except TimeoutError:
        raise _EndedError(f"it was not ready within {STARTING:g} s") from None


def _unscanned(reason: Unread, detail: str) -> Inspection:
    return Inspection((Unscanned(reason, detail=detail),))
