"""A listening socket on loopback whose connections are served by threads of the test's process."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Self

PATIENCE = 30.0  # seconds an origin waits for the other side


class Listener:
    """Gives each connection to `serve` in a thread; closing it ends them all."""

    def __init__(self, serve: Callable[[socket.socket], None], address: str = "127.0.0.1") -> None:
        self._serve = serve
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.create_server((address, 0), family=family, backlog=128)
        self.address = address
        self.port: int = self._socket.getsockname()[1]
        self.closing = threading.Event()
        self.accepted = 0
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            thread = threading.Thread(target=self._one, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, EOFError):
            # A copy, so that `close` can wake whoever reads, TLS or not.
            self._serve(connection.dup())
        self._open.discard(connection)

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """All up to and with `end`; raises EOFError where the other side stops before."""
    data = bytearray()
    while end not in data:
        piece = connection.recv(65536)
        if not piece:
            raise EOFError(f"the connection ended after {bytes(data[:200])!r}")
        data += piece
    return bytes(data)


def drain(connection: socket.socket) -> bytes:
    """All until the other side is done or resets the connection."""
    data = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            data += piece
    return bytes(data)
