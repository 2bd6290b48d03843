"""A client by hand: CONNECT, bytes in chosen pieces, and TLS whose first flight can be cut up."""

import contextlib
import socket
import ssl
from pathlib import Path
from typing import Self

from .clients import source_ports
from .listener import drain
from .process import Gateway
from .wait import until

PATIENCE = 20.0  # seconds


class Tunnel:
    """A connection that the gateway has opened to `port` of `address`."""

    def __init__(self, gateway: Gateway, port: int, address: str = "127.0.0.1") -> None:
        self._gateway = gateway
        self.socket = _connected(gateway.port)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = f"[{address}]" if ":" in address else address
        self.socket.sendall(
            f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        )
        self.answer = b""
        while not self.answer.endswith(b"\r\n\r\n"):  # and not a byte of what the server says
            self.answer += self.socket.recv(1) or b"\r\n\r\n"
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    @property
    def source_port(self) -> int:
        port: int = self.socket.getsockname()[1]
        return port

    def hello(
        self, name: str | None, *, trust: Path | None = None, alpn: tuple[str, ...] = ("http/1.1",)
    ) -> bytes:
        """The first flight for `name`; without `trust` any certificate will do."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if trust:
            context.load_verify_locations(trust)
        else:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return self._out.read()
        raise AssertionError("a handshake without a server")

    def send(self, *pieces: bytes) -> None:
        """Sends each piece after the gateway has read the one before, so that none are joined."""
        for piece in pieces:
            self.socket.sendall(piece)
            until(self._taken, "the gateway reads what it was sent", pause=0.001)

    def _taken(self) -> bool:
        here = f":{self.source_port:04X}"
        there = f":{self._gateway.port:04X}"
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if local.endswith(there) and remote.endswith(here):
                return queues.endswith(":00000000")
        return True  # the gateway has closed it

    def handshake(self) -> bytes:
        """Goes through with the handshake that `hello` began; the certificate (DER) it showed."""
        assert self._tls
        while True:
            try:
                self._tls.do_handshake()
                self._flush()
                return self._tls.getpeercert(binary_form=True) or b""
            except ssl.SSLWantReadError:
                self._flush()
                self._more()

    def start_tls(self, name: str | None, *, alpn: tuple[str, ...] = ("http/1.1",)) -> bytes:
        """A whole handshake in one go."""
        self.socket.sendall(self.hello(name, alpn=alpn))
        return self.handshake()

    def say(self, data: bytes) -> None:
        """Sends application data inside the TLS session."""
        assert self._tls
        self._tls.write(data)
        self._flush()

    def hear(self) -> bytes:
        """The next application data, empty at the end."""
        assert self._tls
        while True:
            try:
                return self._tls.read(65536)
            except ssl.SSLWantReadError:
                data = self.socket.recv(65536)
                if not data:
                    return b""
                self._in.write(data)
            except ssl.SSLZeroReturnError:
                return b""

    def hear_all(self) -> bytes:
        """All application data until the end."""
        data = bytearray()
        while piece := self.hear():
            data += piece
        return bytes(data)

    def ask(self, host: str, path: str) -> bytes:
        """The whole answer, head and body, to one request over HTTP/1.1."""
        self.say(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return self.hear_all()

    def rest(self) -> bytes:
        """All that still comes in clear until the end."""
        return drain(self.socket)

    def _flush(self) -> None:
        if data := self._out.read():
            self.socket.sendall(data)

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed within the handshake")
        self._in.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def _connected(port: int) -> socket.socket:
    """From a port that no other client of this run has had."""
    first, last = source_ports()
    for number in range(first, last + 1):
        with contextlib.suppress(OSError):
            here, there = ("127.0.0.1", number), ("127.0.0.1", port)
            return socket.create_connection(there, PATIENCE, source_address=here)
    return _connected(port)


def pieces(data: bytes, *cuts: int) -> list[bytes]:
    """`data` cut at the given places."""
    ends = [*cuts, len(data)]
    return [data[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
