"""A relay before the gateway, so that a browser can come from another address as another user."""

import contextlib
import socket
import threading

from .listener import PATIENCE, Listener


class Detour(Listener):
    """Passes each connection on to `port` of 127.0.0.1, from the address it was told last."""

    def __init__(self, port: int, source: str) -> None:
        self._port = port
        self._source = source
        self._passing: set[socket.socket] = set()
        super().__init__(self._pass)

    @property
    def there(self) -> str:
        return f"{self.address}:{self.port}"

    def come_from(self, source: str) -> None:
        """From now on; what is still open ends, so that it is not used again."""
        self._source = source
        for connection in list(self._passing):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _pass(self, client: socket.socket) -> None:
        there, here = ("127.0.0.1", self._port), (self._source, 0)
        with client, socket.create_connection(there, PATIENCE, source_address=here) as gateway:
            client.settimeout(None)
            gateway.settimeout(None)
            self._passing.add(gateway)
            back = threading.Thread(target=_pump, args=(gateway, client), daemon=True)
            back.start()
            _pump(client, gateway)
            back.join(PATIENCE)
            self._passing.discard(gateway)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Until either side ends; then both do."""
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
