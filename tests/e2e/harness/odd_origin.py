"""A TLS origin for certificates that Python's own ssl module refuses to load."""

import io
import socket
from typing import Any

from cryptography import x509
from OpenSSL import SSL

from . import http1
from .listener import Listener
from .messages import Contents
from .pki import Pair


class OddOrigin(Listener):
    """Shows one certificate, whatever is wrong with its extensions."""

    def __init__(self, pair: Pair) -> None:
        self.contents = Contents()
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.use_certificate(pair.certificate)
        self._context.use_privatekey(pair.key)
        for each in pair.chain:
            self._context.add_extra_chain_cert(x509.load_der_x509_certificate(each))
        super().__init__(self._converse)

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(None)  # pyOpenSSL takes a time limit for a non-blocking socket
            session = SSL.Connection(self._context, connection)
            session.set_accept_state()
            try:
                session.do_handshake()
                http1.serve(_Talk(session), self.contents)  # type: ignore[arg-type]
            except SSL.Error as error:
                raise EOFError("the client went away") from error


class _Talk(io.RawIOBase):
    """As much of a socket as `http1` uses."""

    def __init__(self, session: SSL.Connection) -> None:
        self._session = session

    def settimeout(self, _: float) -> None:
        """The socket stays blocking."""

    def sendall(self, data: bytes) -> None:
        self._session.sendall(data)

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return self._session.recv_into(buffer)
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return 0
