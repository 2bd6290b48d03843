"""A real ClamAV daemon as an engine, over a Unix socket or loopback. ADAPTER: sockets, a clock.

No reply, an error, a limit and a time-out are each an `Unscanned` with its reason. The `clamd`
package asks what has no content; bodies go over lines of our own, which do not block.

A daemon takes any number of streams in at once: they are spooled by its one receiving thread, and
only a body that is there in full waits for one of its MaxThreads (10 by default). So streams are
not counted here; whole bodies are, since each waits for such a thread from the start.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable

import clamd

from clearpane.antivirus import selftest
from clearpane.antivirus.clamd_stream import ClamdStream
from clearpane.antivirus.line import LONGEST_PAUSE, PAUSE, Address, Lines, connected
from clearpane.antivirus.memory import in_memory
from clearpane.antivirus.replies import down, judge
from clearpane.content.detection import Finding
from clearpane.errors import Problem, Severity

AT_ONCE = 8  # whole bodies; clamd's own MaxThreads is 10 by default
INLINE = 1 << 18  # bytes that are written to memory in less time than a change of threads takes
STALE = 600.0  # seconds after which the daemon is asked anew which signatures it has


class Clamd:
    """The daemon as an engine.

    Nothing is kept open between bodies: one that a new policy has replaced goes on for those who
    still hold it, and there is nothing to end. `close` is for the end of the gateway.
    """

    def __init__(self, address: Address, timeout: float = 30.0) -> None:
        """`timeout`: seconds for a whole body, and for each step of a stream."""
        self.address, self.timeout = address, timeout
        self._lines = Lines(address, timeout)
        self.signatures = ""  # what the daemon said of itself when it was asked last
        self._asked = 0.0
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def scan(self, body: bytes) -> tuple[Finding, ...]:
        """What the daemon says of a body; the time-out counts from here, waiting in line too."""
        self._ask_anew()
        try:
            async with asyncio.timeout(self.timeout), self._free:
                return await self._patiently(lambda: self._whole(body))
        except TimeoutError:
            return down(f"{self.address}: no answer within {self.timeout:g} s")

    def begin(self) -> ClamdStream:
        """For a body that comes in pieces."""
        self._ask_anew()
        return ClamdStream(self._lines, self.scan)

    def version(self, timeout: float = 5.0) -> str:
        """What the daemon says of itself and its signatures; raises OSError or ClamdError.

        `ClamAV 1.4.6/27800/Thu Oct  1 08:00:00 2026`: program, database, the database's date.
        """
        self._asked = time.monotonic()
        self.signatures = str(_Blocking(self.address, timeout).version())
        return self.signatures

    def check(self, timeout: float = 5.0) -> tuple[Problem, ...]:
        """Warnings for the start; blocks for some milliseconds, or until the time-out."""
        place = f"clamd {self.address}"
        try:
            version = self.version(timeout)
        except (OSError, clamd.ClamdError) as fault:
            message = f"does not answer ({fault}); until it does, bodies are unscanned"
            return (Problem(place, message, "start clamd", Severity.WARNING),)

        def ask(body: bytes) -> tuple[Finding, ...]:
            engine = Clamd(self.address, timeout)  # of the loop that it is asked in
            engine._asked = time.monotonic()
            return asyncio.run(engine.scan(body))

        return tuple(selftest.problems(place, version, ask))

    def close(self) -> None:
        """Lets go of the daemon; whoever still waits for it is told so at once."""
        self._lines.close()

    async def _whole(self, body: bytes) -> str:
        """The reply to a body, handed over as a file where the daemon is at a Unix socket: nothing
        is copied through it then, and no stream limit holds."""
        if not self.address.path:
            return await self._streamed(body)
        small = len(body) <= INLINE
        file = in_memory(body) if small else await asyncio.to_thread(in_memory, body)
        try:
            line = await self._lines.open("FILDES")
            try:
                await line.pass_on(file)
                return await line.reply(self.timeout)
            finally:
                self._lines.end(line)
        finally:
            os.close(file)

    async def _streamed(self, body: bytes) -> str:
        line = await self._lines.open("INSTREAM")
        try:
            await line.send(body)
            await line.send(b"")
            return await line.reply(self.timeout)
        finally:
            self._lines.end(line)

    async def _patiently(self, ask: Callable[[], Awaitable[str]]) -> tuple[Finding, ...]:
        """Asks again for a while where the daemon is away. Raises TimeoutError."""
        pause = PAUSE
        while not self._lines.closing:
            try:
                reply = await ask()
            except TimeoutError:
                raise
            except OSError as fault:
                trouble = str(fault)
            else:
                if reply:
                    self._lines.here()
                    return judge(reply)
                trouble = "it closed the connection without an answer"
            if not await self._lines.wait(pause):
                return down(f"{self.address}: {trouble}")
            pause = min(2 * pause, LONGEST_PAUSE)
        return down("the gateway is stopping")

    def _ask_anew(self) -> None:
        now = time.monotonic()
        if now - self._asked > STALE:
            self._asked = now
            task = asyncio.get_running_loop().create_task(self._note_version())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _note_version(self) -> None:
        with contextlib.suppress(OSError, clamd.ClamdError):  # a scan will say what is wrong
            await asyncio.to_thread(self.version)


class _Blocking(clamd.ClamdNetworkSocket):  # type: ignore[misc]
    """What the package lacks: a time-out that holds from connecting on."""

    clamd_socket: socket.socket

    def __init__(self, address: Address, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._address = address

    def _init_socket(self) -> None:
        self.clamd_socket = connected(self._address, self.timeout)
