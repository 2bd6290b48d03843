"""Origin servers: plain HTTP, TLS with a certificate for each name, and servers that misbehave."""

import socket
import ssl
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import http1, http2
from .listener import PATIENCE, Listener, drain
from .messages import Contents
from .pki import Pair

type Socket = socket.socket


class Origin(Listener):
    """An HTTP server. With `certificates` (by server name, "" for none sent) it speaks TLS."""

    def __init__(
        self,
        certificates: Mapping[str, Pair] | Pair | None = None,
        *,
        alpn: Sequence[str] = ("h2", "http/1.1"),
        versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
        address: str = "127.0.0.1",
        ciphers: str = "DEFAULT",
    ) -> None:
        self.contents = Contents()
        if isinstance(certificates, Pair):
            certificates = {"": certificates}
        self._tls = _by_name(certificates, alpn, versions, ciphers) if certificates else None
        super().__init__(self._converse, address)

    def _converse(self, connection: Socket) -> None:
        if self._tls is None:
            with connection:
                http1.serve(connection, self.contents)
            return
        with self._tls.wrap_socket(connection, server_side=True) as session:
            talk = http2 if session.selected_alpn_protocol() == "h2" else http1
            talk.serve(session, self.contents)

    def close(self) -> None:
        self.contents.closing.set()
        super().close()


def context(
    pair: Pair,
    alpn: Sequence[str] = ("http/1.1",),
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
    ciphers: str = "DEFAULT",
) -> ssl.SSLContext:
    """A server's context at security level 0, so that weak certificates can be shown."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    if alpn:
        made.set_alpn_protocols(list(alpn))
    if versions:
        with warnings.catch_warnings(action="ignore"):  # old ones are what a test asks for
            made.minimum_version, made.maximum_version = versions
    with tempfile.TemporaryDirectory() as folder:
        made.load_cert_chain(*pair.write(Path(folder), "server"))
    return made


def _by_name(
    certificates: Mapping[str, Pair],
    alpn: Sequence[str],
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None,
    ciphers: str,
) -> ssl.SSLContext:
    contexts = {name: context(pair, alpn, versions, ciphers) for name, pair in certificates.items()}
    first = contexts.get("") or next(iter(contexts.values()))

    def choose(session: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        session.context = contexts.get((name or "").lower(), first)

    first.sni_callback = choose
    return first


def misbehaving(act: Callable[[Socket], None]) -> Listener:
    """A server that does `act` with each connection and then closes it."""

    def serve(connection: Socket) -> None:
        with connection:
            connection.settimeout(PATIENCE)
            act(connection)

    return Listener(serve)


def echo(connection: Socket) -> None:
    """Says back what it is told."""
    while data := connection.recv(65536):
        connection.sendall(data)


def hang(connection: Socket) -> None:
    """Reads and never answers."""
    drain(connection)


def close_after_hello(connection: Socket) -> None:
    """Reads the ClientHello and hangs up."""
    connection.recv(65536)


def answer(data: bytes) -> Callable[[Socket], None]:
    """Answers the ClientHello with these bytes, as a web server on the wrong port does."""

    def act(connection: Socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return act


def greet_then(banner: bytes) -> Callable[[Socket], None]:
    """Speaks first, then echoes, as mail servers do."""

    def act(connection: Socket) -> None:
        connection.sendall(banner)
        echo(connection)

    return act
