"""A web server of fixed bodies: what responders, revocation lists and CA Issuers addresses give."""

import socket

from . import http1
from .listener import Listener
from .messages import Answer, Request


class Shelf(Listener):
    """Gives the body that stands under the first part of the path, to GET and POST alike."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.requests: list[Request] = []
        super().__init__(self._converse)

    def put(self, name: str, body: bytes = b"") -> str:
        """The address at which it then stands."""
        self.bodies[name] = body
        return f"http://127.0.0.1:{self.port}/{name}"

    def answer(self, request: Request) -> Answer:
        body = self.bodies.get(request.target.split("/")[1], b"")
        return Answer(200 if body else 404, [("Content-Length", str(len(body)))], body)

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            http1.serve(connection, self)  # type: ignore[arg-type]
