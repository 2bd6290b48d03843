"""The gateway's end of the scanner's processes: it starts the first and asks it for workers.
ADAPTER: processes.

Where anything goes wrong between the two, all of them end and the next one asked for starts afresh.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from clearpane.antivirus.confinement import Isolation
from clearpane.antivirus.memory import in_memory
from clearpane.antivirus.wire import Setup
from clearpane.antivirus.worker import FORK, HELLO, KILL, SETUP

STARTING = 20.0  # seconds in which a process must be ready; 2000 rules take one

_ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
_SCRIPT += "from clearpane.antivirus.worker import main; main()"


class EndedError(Exception):
    """A process is gone, or says what it can't mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """A process that waits at the other end of `line`."""

    process: int
    line: socket.socket
    isolation: Isolation

    @property
    def is_alive(self) -> bool:
        """As far as can be told without asking it; it says nothing unasked."""
        try:
            self.line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


class Nursery:
    """Where workers come from; the process that forks them is started when first needed."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._one = asyncio.Lock()  # asks at a time
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._closed = False

    async def fork(self) -> Worker:
        """A new worker. Not to be cancelled. Raises OSError, ValueError and EndedError."""
        async with self._one, _in_time():
            if self._closed:
                raise EndedError("the gateway is stopping")
            line = self._line or await self._start()
            mine, its = socket.socketpair()
            mine.setblocking(False)
            try:
                with its:
                    socket.send_fds(line, [FORK], [its.fileno()])
                process = int.from_bytes(await receive(line, 4))
                word = (await receive(mine, HELLO)).decode().strip()
                return Worker(process, mine, Isolation(word))
            except BaseException:
                mine.close()
                self.stop()
                line.close()
                raise

    def end(self, worker: Worker) -> None:
        """Whatever it is at."""
        worker.line.close()
        if self._line:
            with contextlib.suppress(OSError):
                self._line.send(KILL + worker.process.to_bytes(4))

    def stop(self) -> None:
        """All workers end with the process that forked them; `fork` starts another one."""
        if self._line:
            # Whoever waits for an answer sees the process end, and closes it then.
            if not self._one.locked():
                self._line.close()
            self._line = None
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """For good."""
        self._closed = True
        self.stop()

    async def _start(self) -> socket.socket:
        self.stop()
        mine, its = socket.socketpair(type=socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        try:
            with its:
                self._process = await asyncio.to_thread(_started, its.fileno())
            if self._closed:
                raise EndedError("the gateway is stopping")
            setup = await asyncio.to_thread(in_memory, self._setup.packed())
            try:
                socket.send_fds(mine, [SETUP], [setup])
            finally:
                os.close(setup)
        except BaseException:
            mine.close()
            self.stop()
            raise
        self._line = mine
        return mine


async def receive(line: socket.socket, size: int) -> bytes:
    """So many bytes. Raises EndedError where there are fewer."""
    loop, data = asyncio.get_running_loop(), bytearray(size)
    view = memoryview(data)
    while view:
        count = await loop.sock_recv_into(line, view)
        if not count:
            raise EndedError("it closed its socket")
        view = view[count:]
    return bytes(data)


def _started(its: int) -> subprocess.Popen[bytes]:
    """Isolated from the environment and the folder we run in, with our own modules."""
    paths = [str(_ROOT), *(path for path in sys.path if Path(path).is_absolute())]
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _SCRIPT, json.dumps(paths)],
        stdin=its,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    )


@contextlib.asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(STARTING):
            yield
    except TimeoutError:
        raise EndedError(f"it was not ready within {STARTING:g} s") from None
