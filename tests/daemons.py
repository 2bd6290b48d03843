"""Daemons that do not behave as ClamAV's does."""

import socket
import threading
from typing import Self

from clearpane.antivirus.line import Address


class Misbehaving:
    """Listens on loopback, reads a little, says the next reply and closes.

    The last reply is for all that follow; without any it says nothing and does not close.
    """

    def __init__(self, *replies: bytes) -> None:
        self._replies = replies
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(host="127.0.0.1", port=self._listener.getsockname()[1])
        self.asked = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            line, _ = self._listener.accept()
            with line:
                if self._over.is_set():
                    return
                self.asked += 1
                line.recv(10)
                if self._replies:
                    line.sendall(self._replies[min(self.asked, len(self._replies)) - 1])
                else:
                    self._over.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with socket.create_connection((self.address.host, self.address.port)):
            self._thread.join()
        self._listener.close()
