"""A body that comes in pieces, on its way to a ClamAV daemon. ADAPTER: sockets, a clock.

It is sent as it comes and judged by the daemon once it is there; a daemon that does not take it in
makes the sender wait, for as long as the time-out. What goes wrong is said at the end.
"""

import asyncio
from collections.abc import Awaitable, Callable

from clearpane.antivirus.line import LONGEST_PAUSE, PAUSE, Line, Lines
from clearpane.antivirus.replies import down, judge
from clearpane.content.detection import Finding

KEPT = 1024  # bytes that are not sent before they must
DRIP = 10.0  # seconds: clamd gives up a stream that is silent for its ReadTimeout, 120 by default

type Scan = Callable[[bytes], Awaitable[tuple[Finding, ...]]]


class ClamdStream:
    """One body."""

    def __init__(self, lines: Lines, scan: Scan) -> None:
        """`scan` asks about what is so small that it need not be sent before it is whole."""
        self._lines, self._scan = lines, scan
        self._line: Line | None = None
        self._trouble: tuple[Finding, ...] = ()
        self._kept = b""
        self._sending = asyncio.Lock()
        self._drip: asyncio.Task[None] | None = None

    async def feed(self, data: bytes) -> None:
        """The next bytes of it. Returns at once where the daemon has already had enough."""
        data = self._kept + data if self._kept else data
        cut = max(0, len(data) - KEPT)
        self._kept = data[cut:]
        if cut:
            await self._send(memoryview(data)[:cut])

    async def end(self) -> tuple[Finding, ...]:
        """What the daemon says of all that was fed."""
        try:
            if self._line is None and not self._trouble:  # so small that nothing was sent
                return await self._scan(self._kept) if self._kept else ()
            await self._send(memoryview(self._kept))
            await self._send(memoryview(b""))
            return self._trouble or await self._judged()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Nobody wants to know any more."""
        if self._drip:
            self._drip.cancel()
        if self._line:
            self._lines.end(self._line)
            self._line = None

    async def _judged(self) -> tuple[Finding, ...]:
        assert self._line
        try:
            reply = await self._line.reply(self._lines.timeout)
        except TimeoutError:
            return self._silent()
        except OSError as fault:
            return down(f"{self._lines.address}: {fault}")
        if not reply:
            return down(f"{self._lines.address}: it closed the connection without an answer")
        return judge(reply)

    async def _send(self, data: memoryview) -> None:
        if self._trouble:
            return
        try:
            async with self._sending:
                self._line = self._line or await self._connected()
                await self._line.send(data)
        except TimeoutError:
            self._trouble = self._silent()
        except OSError as fault:
            self._trouble = down(f"{self._lines.address}: {fault}")

    async def _connected(self) -> Line:
        pause = PAUSE
        while True:
            try:
                line = await self._lines.open("INSTREAM")
            except TimeoutError:
                raise
            except OSError:
                if not await self._lines.wait(pause):
                    raise
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._drip = asyncio.get_running_loop().create_task(self._keep_alive())
                return line

    async def _keep_alive(self) -> None:
        """A byte now and then, so that a sender who pauses is not given up by the daemon."""
        while True:
            await asyncio.sleep(DRIP)
            if self._kept and not self._sending.locked():
                first, self._kept = self._kept[:1], self._kept[1:]
                await self._send(memoryview(first))

    def _silent(self) -> tuple[Finding, ...]:
        return down(f"{self._lines.address}: no answer within {self._lines.timeout:g} s")
