"""WebSockets by wsproto: a server that sends what it is asked for, and a client on a tunnel."""

import socket

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Request,
    TextMessage,
)
from wsproto.extensions import Extension, PerMessageDeflate

from . import origins
from .listener import Listener
from .pki import Pair
from .tunnel import Tunnel


class Server(Listener):
    """A text names what it sends back, of `contents`; what comes in binary it keeps."""

    def __init__(self, pair: Pair, contents: dict[str, bytes]) -> None:
        self.contents, self.received = contents, list[bytes]()
        self._tls = origins.context(pair)
        super().__init__(self._converse)

    def _converse(self, connection: socket.socket) -> None:
        with self._tls.wrap_socket(connection, server_side=True) as session:
            talk, parts = WSConnection(ConnectionType.SERVER), bytearray()
            while data := session.recv(65536):
                talk.receive_data(data)
                for event in talk.events():
                    if isinstance(event, Request):
                        wanted: list[Extension] = [PerMessageDeflate()] * bool(event.extensions)
                        session.sendall(talk.send(AcceptConnection(extensions=wanted)))
                    elif isinstance(event, TextMessage):
                        session.sendall(talk.send(BytesMessage(data=self.contents[event.data])))
                    elif isinstance(event, BytesMessage):
                        parts += event.data
                        if event.message_finished:
                            self.received.append(bytes(parts))
                            parts.clear()
                            session.sendall(talk.send(TextMessage(data="taken")))
                    elif isinstance(event, CloseConnection):
                        session.sendall(talk.send(event.response()))
                        return


class Client:
    """A WebSocket on a tunnel whose TLS handshake is done."""

    def __init__(self, tunnel: Tunnel, host: str, *, deflate: bool) -> None:
        self._tunnel, self._talk = tunnel, WSConnection(ConnectionType.CLIENT)
        offered: list[Extension] = [PerMessageDeflate()] if deflate else []
        self._say(Request(host=host, target="/socket", extensions=offered))
        accepted = self._next()
        assert isinstance(accepted, AcceptConnection), accepted
        assert bool(accepted.extensions) == deflate

    def ask(self, name: str) -> bytes | None:
        """What the server sends under this name; None where the connection ended instead."""
        self._say(TextMessage(data=name))
        return self._message()

    def give(self, data: bytes) -> bytes | None:
        """What the server says to it."""
        self._say(BytesMessage(data=data))
        return self._message()

    def _say(self, event: Request | TextMessage | BytesMessage) -> None:
        self._tunnel.say(self._talk.send(event))

    def _message(self) -> bytes | None:
        whole = bytearray()
        while isinstance(event := self._next(), Message):
            whole += event.data.encode() if isinstance(event.data, str) else event.data
            if event.message_finished:
                return bytes(whole)
        return None

    def _next(self) -> Event | None:
        while True:
            for event in self._talk.events():
                return event
            try:
                data = self._tunnel.hear()
            except OSError:
                return None
            if not data:
                return None
            self._talk.receive_data(data)
