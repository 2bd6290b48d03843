"""The gateway's end of the control socket: one request, one answer, and the line is closed.

A request is one line of JSON, a list of words. Only the gateway's own user can open the socket, and
even he can't make it wait or keep much: sizes, times and connections are bounded.
"""

import asyncio
import json
import socket
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clearpane.control.answer import Answer
from clearpane.control.reach import reach
from clearpane.errors import Problem

REQUEST_LIMIT = 64 * 1024  # bytes
CONNECTIONS = 16  # at once
SECONDS = 10.0
_PRIVATE = 0o600


class Server:
    """A control socket that listens; `serve` makes it."""

    def __init__(
        self, path: Path, answer: Callable[[Sequence[str]], Answer], seconds: float
    ) -> None:
        self._path, self._answer, self._seconds = path, answer, seconds
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._inode = 0
        self._is_closed = False
        # A thread of its own: the loop's are busy just when somebody asks what is going on.
        self._writer = ThreadPoolExecutor(1, "control")

    async def listen(self, bound: socket.socket) -> None:
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.start_server(self._meet, sock=bound, limit=REQUEST_LIMIT)

    def close(self) -> None:
        """Ends all connections and removes the socket, unless another one has taken its place."""
        self._is_closed = True
        if self._server:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()
        try:
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        except OSError:
            return  # it is gone already

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= CONNECTIONS:
            writer.write(_BUSY.to_wire())
            writer.close()
            return
        writer.transport.set_write_buffer_limits(0)  # so that `drain` waits for the last byte
        self._open.add(writer)
        try:
            async with asyncio.timeout(self._seconds):
                writer.write(await self._reply(reader))
                await writer.drain()
        except (TimeoutError, OSError):
            pass  # the other end is hung or gone
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _reply(self, reader: asyncio.StreamReader) -> bytes:
        words = _words(await _line(reader))
        if self._is_closed:
            raise ConnectionAbortedError
        answer = _UNREADABLE if words is None else self._answer(words)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, answer.to_wire)


_BUSY = Answer(error="the gateway is answering as many commands as it can; ask again")
_UNREADABLE = Answer(error="the request is not one line of JSON with a list of words")


async def serve(
    path: Path, answer: Callable[[Sequence[str]], Answer], seconds: float = SECONDS
) -> Server | Problem:
    """Listens at `path`, which only its owner can open from the moment that it is there.

    What a gateway that died left behind is replaced. The problem is returned where another one
    answers there, or where no socket can be. `seconds` is what one connection may take.
    """
    server = Server(path, answer, seconds)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and not path.is_socket():
            return Problem(str(path), "is no socket", "move it away")
        if _is_live(path):
            return Problem(str(path), "another gateway listens here", "give each its own state")
        bound = _bind(path)
    except OSError as error:
        return Problem(str(path), f"no control socket can be made: {error.strerror or error}")
    try:
        await server.listen(bound)
    except asyncio.CancelledError:  # the gateway stops while it starts
        bound.close()
        path.unlink(missing_ok=True)
        raise
    return server


def _bind(path: Path) -> socket.socket:
    """The socket gets its mode in a folder that is closed to others, then its place."""
    with tempfile.TemporaryDirectory(prefix=".control-", dir=path.parent) as folder:
        private = Path(folder) / path.name
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with reach(private) as name:
                bound.bind(name)
            private.chmod(_PRIVATE)
            bound.listen(CONNECTIONS)
            private.rename(path)
        except OSError:
            bound.close()
            raise
    return bound


def _is_live(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            with reach(path) as name:
                probe.connect(name)
        except BlockingIOError:
            return True  # so many wait that there is no room for one more
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Empty where the line is too long."""
    try:
        return await reader.readline()
    except ValueError:
        return b""


def _words(line: bytes) -> list[str] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list) and all(isinstance(word, str) for word in found):
        return found
    return None
