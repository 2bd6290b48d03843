"""A TLS origin for bodies of any size, over HTTP/1.1, HTTP/2 and WebSocket; a thread for each line.

Run as a process of its own: `python -m tests.bench.source FOLDER COUNT` prints its port. `GET /N`
answers with N bytes that hold nothing, `/eicar` with the test virus; an upload is read to its end.
"""

import random
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from .origin import context_for

BLOCK = random.Random(1).randbytes(1 << 20)  # noise: no reader finds anything to unpack in it
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
FRAME = 1 << 14  # RFC 9113 section 4.2: what every client takes
# RFC 6455 section 1.3: the key of its example, and the answer to it.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
UPGRADE = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


def body(path: str) -> Iterator[bytes]:
    """The blocks that `path` stands for."""
    if path == "/eicar":
        yield EICAR
        return
    whole, rest = divmod(int(path[1:]), len(BLOCK))
    for _ in range(whole):
        yield BLOCK
    if rest:
        yield BLOCK[:rest]


def length(path: str) -> int:
    """Of the body, in bytes."""
    return len(EICAR) if path == "/eicar" else int(path[1:])


def http1(line: ssl.SSLSocket, reader: BinaryIO) -> None:
    """Answers each request until the client leaves."""
    while request := reader.readline().split():
        fields = dict(_fields(reader))
        if "upgrade" in fields:
            line.sendall(f"{UPGRADE}Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n".encode())
            _echo(line, reader)
            return
        left = int(fields.get("content-length", 0))
        while left:
            left -= len(reader.read(min(left, len(BLOCK))))
        path = "/0" if request[0] == b"POST" else request[1].decode().partition("?")[0]
        kind = "Content-Type: application/octet-stream"
        line.sendall(
            f"HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {length(path)}\r\n\r\n".encode()
        )
        for block in body(path):
            line.sendall(block)


def _fields(reader: BinaryIO) -> Iterator[tuple[str, str]]:
    while field := reader.readline().decode().strip():
        name, _, value = field.partition(":")
        yield name.lower(), value.strip()


def _echo(line: ssl.SSLSocket, reader: BinaryIO) -> None:
    """Short WebSocket messages (RFC 6455 section 5.2) until the one that closes."""
    while head := reader.read(2):
        mask, masked = reader.read(4), reader.read(head[1] & 127)
        message = bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))
        line.sendall(bytes((head[0], len(message))) + message)
        if head[0] & 15 == 8:
            return


def http2(line: ssl.SSLSocket) -> None:
    """The same for HTTP/2, one request at a time. mitmproxy's windows have room for any body, so
    that frames are written as they are."""
    peer = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    peer.initiate_connection()
    line.sendall(peer.data_to_send())
    while data := line.recv(1 << 16):
        for event in peer.receive_data(data):
            if isinstance(event, RequestReceived):
                named = {str(name): str(value) for name, value in event.headers or ()}
                path = named[":path"].partition("?")[0]
                fields = [(":status", "200"), ("content-length", str(length(path)))]
                peer.send_headers(event.stream_id, fields)
                line.sendall(peer.data_to_send())
                for block in body(path):
                    line.sendall(b"".join(_frames(event.stream_id, block)))
                line.sendall(_frame(event.stream_id, b"", end=True))
        line.sendall(peer.data_to_send())


def _frames(stream: int, block: bytes) -> Iterator[bytes]:
    for at in range(0, len(block), FRAME):
        yield _frame(stream, block[at : at + FRAME])


def _frame(stream: int, data: bytes, *, end: bool = False) -> bytes:
    """RFC 9113 section 6.1."""
    return len(data).to_bytes(3) + bytes((0, end)) + stream.to_bytes(4) + data


def serve(raw: socket.socket, context: ssl.SSLContext) -> None:
    """One client."""
    with suppress(OSError, ssl.SSLError), context.wrap_socket(raw, server_side=True) as line:
        if line.selected_alpn_protocol() == "h2":
            http2(line)
        else:
            http1(line, line.makefile("rb"))


def main(folder: Path, count: int) -> None:
    context = context_for(folder, count, ("h2", "http/1.1"))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            raw, _ = listener.accept()
            threading.Thread(target=serve, args=(raw, context), daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
