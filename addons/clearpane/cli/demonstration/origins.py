"""The web servers that are asked: HTTP, and HTTPS with a certificate for each server name.

They listen on a free port of 127.0.0.1 and end with their `with` block.
"""

import ssl
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socket import socket
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any, Self

from clearpane.cli.demonstration.identities import Identity

WELCOME = b"hello from the server\n"

_PATIENCE = 10.0  # seconds
_TYPES = {".txt": "text/plain", ".zip": "application/zip"}


class Origin(ThreadingTCPServer):
    """Serves `files` by their names, and a word of welcome under every other path."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, files: Mapping[str, bytes], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.port: int = self.server_address[1]
        self._tls = tls

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: the handshake must not hold up the others."""
        assert isinstance(request, socket)
        request.settimeout(_PATIENCE)
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as session:
            super().finish_request(session, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what this is about."""

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Origin)
        name = self.path.rpartition("/")[2]
        content = self.server.files.get(name, WELCOME)
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", _TYPES.get(Path(name).suffix, "application/octet-stream"))
        self.send_header("content-length", str(len(content)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the screen belongs to what the clients saw."""


def tls(identities: Mapping[str, Identity], folder: Path) -> ssl.SSLContext:
    """A server's context that shows the certificate of the name that the client says; `ssl` loads
    keys from files alone, which are written into `folder`."""
    contexts = {
        name: _context(identity.write(folder / f"{number}.pem"))
        for number, (name, identity) in enumerate(identities.items())
    }
    front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def choose(session: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if name not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        session.context = contexts[name]
        return None

    front.sni_callback = choose
    return front


def _context(file: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made
