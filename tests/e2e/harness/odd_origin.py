"""TLS origins for certificates that Python's own ssl module refuses to load."""

import io
import socket
from typing import Any

from cryptography import x509
from OpenSSL import SSL

from . import http1
from .listener import Listener, drain
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


def raw_origin(pair: Pair) -> Listener:
    """Sends these octets for a certificate, whatever they are, and waits for the alert.

    TLS 1.2 (RFC 5246 section 7.4), where a certificate goes in clear.
    """
    listed = b"".join(_sized(each) for each in (pair.der, *pair.chain))
    suite, renegotiation = b"\xc0\x2b", b"\xff\x01\x00\x01\x00"
    hello = b"\x03\x03" + bytes(32) + b"\x00" + suite + b"\x00" + b"\x00\x05" + renegotiation
    flight = b"\x02" + _sized(hello) + b"\x0b" + _sized(_sized(listed))

    def act(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(b"\x16\x03\x03" + len(flight).to_bytes(2) + flight)
            drain(connection)

    return Listener(act)


def _sized(data: bytes) -> bytes:
    """With its length before it, in three octets."""
    return len(data).to_bytes(3) + data
