"""Lets nobody send faster than the scanner looks: a connection is not read from while too much of
it waits.

mitmproxy reads on while a layer waits for a hook and keeps what it reads, without any bound.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from mitmproxy.proxy.server import ConnectionIO

from clearpane.gateway.passage import QUEUED

type Read = Callable[[int], Awaitable[bytes]]
type Waiting = Callable[[], int]


class Gate:
    """Stands before the reads of one connection."""

    def __init__(self) -> None:
        self._looks: set[Waiting] = set()
        self._changed = asyncio.Event()

    def watch(self, io: ConnectionIO) -> None:
        """From now on reads of `io` wait where they must."""
        assert io.reader
        read: Read = io.reader.read

        async def gated(n: int = -1) -> bytes:
            while any(queued() > QUEUED for queued in self._looks):
                self._changed.clear()
                await self._changed.wait()
            return await read(n)

        io.reader.read = gated  # type: ignore[method-assign]

    @contextmanager
    def while_looking(self, queued: Waiting) -> Iterator[None]:
        """A look is under way; `queued` says how much waits behind it, in bytes."""
        self._looks.add(queued)
        try:
            yield
        finally:
            self._looks.discard(queued)
            self._changed.set()
