"""Connections to a ClamAV daemon, over a Unix socket or loopback. ADAPTER: sockets, a clock.

Everything waits on the event loop and nothing in a thread, so that any number of bodies can be on
their way at once. Raises OSError, and TimeoutError where nothing moves.
"""

import asyncio
import contextlib
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import ip_address

CHUNK = 1 << 18  # bytes sent at a time
PATIENCE = 2.0  # seconds for which a daemon may be away, as it is while it restarts
PAUSE, LONGEST_PAUSE = 0.05, 0.4  # seconds before a new try, the first and the later ones
LONGEST = 4096  # bytes of a reply; a signature's name is far shorter


@dataclass(frozen=True, slots=True)
class Address:
    """Where the daemon listens: a Unix socket's path, or a port of this very machine."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        # Decrypted content must not leave the machine.
        if not self.path and self.host != "localhost" and not ip_address(self.host).is_loopback:
            raise ValueError(f"{self.host} is not this machine: clamd must listen on loopback")

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def connected(address: Address, timeout: float) -> socket.socket:
    """A blocking socket, for questions that no content comes with."""
    if not address.path:
        return socket.create_connection((address.host, address.port), timeout)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(timeout)
        line.connect(address.path)
    except OSError:
        line.close()
        raise
    return line


class Line:
    """A connection for one body; `timeout` holds for each step, in seconds."""

    def __init__(self, address: Address, timeout: float) -> None:
        self._address, self._timeout = address, timeout
        family = socket.AF_UNIX if address.path else socket.AF_INET
        family = socket.AF_INET6 if ":" in address.host else family
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._reply: asyncio.Task[str] | None = None

    async def open(self, command: str) -> None:
        """From here on the reply is read, whatever is still being sent: a daemon that has had
        enough says so and closes, and who only sends would lose the reason."""
        host = "127.0.0.1" if self._address.host == "localhost" else self._address.host
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout):
            await loop.sock_connect(self._socket, self._address.path or (host, self._address.port))
        self._reply = loop.create_task(self._receive(), name="clamd reply")
        await self._send(f"z{command}\0".encode())

    async def send(self, data: bytes | memoryview) -> None:
        """Of a body, after INSTREAM; no data: that was the end of it."""
        view = memoryview(data)
        for start in range(0, len(data) or 1, CHUNK):
            chunk = view[start : start + CHUNK]
            await self._send(struct.pack("!L", len(chunk)))
            await self._send(chunk)

    async def pass_on(self, file: int) -> None:
        """A descriptor, after FILDES."""
        socket.send_fds(self._socket, [b"\0"], [file])

    @property
    def has_replied(self) -> bool:
        return self._reply is not None and self._reply.done()

    async def reply(self, timeout: float) -> str:
        """Empty where the daemon closed without one."""
        if self._reply is None:
            return ""
        async with asyncio.timeout(timeout):
            return await asyncio.shield(self._reply)

    def interrupt(self) -> None:
        """Whoever waits for it gets an empty reply."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._reply and not self._reply.done():
            self._reply.cancel()
            # Before the descriptor is another's.
            asyncio.get_running_loop().remove_reader(self._socket)
        elif self._reply and not self._reply.cancelled():
            self._reply.exception()  # nobody may have asked for it
        self._socket.close()

    async def _send(self, data: bytes | memoryview) -> None:
        if self.has_replied or not data:
            return
        async with asyncio.timeout(self._timeout):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def _receive(self) -> str:
        reply, loop = b"", asyncio.get_running_loop()
        while len(reply) < LONGEST and not reply.endswith((b"\n", b"\0")):
            piece = await loop.sock_recv(self._socket, LONGEST)
            if not piece:
                break
            reply += piece
        return reply.decode("utf-8", errors="replace").strip(" \n\0")


class Lines:
    """All lines to one daemon, and for how long it has been away."""

    def __init__(self, address: Address, timeout: float) -> None:
        """`timeout`: seconds for each step on a line."""
        self.address, self.timeout = address, timeout
        self.closing = False
        self._open: set[Line] = set()
        self._away_since = 0.0

    async def open(self, command: str) -> Line:
        """A line on which the command was said. Raises OSError."""
        line = Line(self.address, self.timeout)
        self._open.add(line)
        try:
            await line.open(command)
        except BaseException:
            self.end(line)
            raise
        return line

    def end(self, line: Line) -> None:
        self._open.discard(line)
        line.close()

    def close(self) -> None:
        """For good; whoever still waits is told so at once."""
        self.closing = True
        for line in tuple(self._open):
            line.interrupt()

    def here(self) -> None:
        """The daemon has answered."""
        self._away_since = 0.0

    async def wait(self, pause: float) -> bool:
        """For a daemon that was away just now; False where it has been away for too long."""
        now = time.monotonic()
        self._away_since = self._away_since or now
        if self.closing or now - self._away_since + pause > PATIENCE:
            return False
        await asyncio.sleep(pause)
        return True
