"""The HTTP/1.1 side of an origin, written out so that it can also answer what no library would."""

import socket
from collections.abc import Iterator
from http import HTTPStatus
from io import BufferedReader

from .listener import PATIENCE
from .messages import Answer, Contents, Request


def serve(connection: socket.socket, contents: Contents) -> None:
    """Answers requests on one connection until it ends."""
    connection.settimeout(PATIENCE)
    with connection.makefile("rb") as stream:
        while True:
            line = stream.readline().decode("latin-1").split()
            if len(line) != 3:
                return
            headers = {}
            while header := stream.readline().strip():
                name, _, value = header.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            request = Request(line[0], line[1], headers, line[2])
            contents.requests.append(request)
            if headers.get("expect") == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            for piece in _body(stream, headers):
                request.body += piece
            request.complete = True
            goes_on = _send(connection, request, contents.answer(request))
            if not goes_on or headers.get("connection", "").lower() == "close":
                return


def _body(stream: BufferedReader, headers: dict[str, str]) -> Iterator[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int(stream.readline().partition(b";")[0], 16):
            yield _exactly(stream, size)
            stream.readline()
        stream.readline()
        return
    left = int(headers.get("content-length", "0"))
    while left:
        piece = _exactly(stream, min(left, 1 << 16))
        left -= len(piece)
        yield piece


def _exactly(stream: BufferedReader, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the body ended early")
    return data


def _send(connection: socket.socket, request: Request, answer: Answer) -> bool:
    if answer.raw is not None:
        for piece in [answer.raw] if isinstance(answer.raw, bytes) else answer.raw:
            connection.sendall(piece)
        return False
    headers = list(answer.headers)
    named = {name.lower() for name, _ in headers}
    chunked = not isinstance(answer.body, bytes)
    if chunked:
        headers.append(("transfer-encoding", "chunked"))
    elif "content-length" not in named and answer.status not in (204, 304):
        headers.append(("content-length", str(len(answer.whole))))
    phrase = HTTPStatus(answer.status).phrase
    head = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{n}: {v}" for n, v in headers), "", ""]
    connection.sendall("\r\n".join(head).encode("latin-1"))
    if request.method == "HEAD" or answer.status in (204, 304):
        return True
    if isinstance(answer.body, bytes):
        connection.sendall(answer.body)
        return True
    for piece in answer.body:
        connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.sendall(b"0\r\n\r\n")
    return True
