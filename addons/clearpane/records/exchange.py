"""One HTTP exchange as the bytes of HTTP/1.1, whatever it was carried in.

The body is given as it was on the wire, but whole: chunks and HTTP/2 frames are gone by then, so
the head must not speak of them, or a reader of the capture would look for them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

type Headers = Iterable[tuple[bytes, bytes]]

_FRAMING = frozenset({b"transfer-encoding", b"content-length", b"connection", b"keep-alive"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a capture shows: both ends, and the two messages; `response` is empty without one.

    Addresses are text; one that is empty or unreadable stands for none.
    """

    at: datetime
    client: str
    client_port: int
    server: str
    server_port: int
    request: bytes
    response: bytes = b""


def request(method: str, target: str, host: str, headers: Headers, body: bytes) -> bytes:
    """A request in HTTP/1.1; the Host header is added where HTTP/2 had none."""
    fields = list(headers)
    if host and not any(name.lower() == b"host" for name, _ in fields):
        fields.insert(0, (b"Host", host.encode("utf-8", "surrogateescape")))
    return _message(_line(f"{method} {target} HTTP/1.1"), fields, body, bool(body))


def response(status: int, reason: str, headers: Headers, body: bytes) -> bytes:
    """A response in HTTP/1.1."""
    return _message(_line(f"HTTP/1.1 {status} {reason}"), headers, body, True)


def _message(start: bytes, headers: Headers, body: bytes, sized: bool) -> bytes:
    lines = [start]
    for name, value in headers:
        if not name.startswith(b":") and name.lower() not in _FRAMING:
            lines.append(_flat(name) + b": " + _flat(value))
    if sized:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _line(text: str) -> bytes:
    return _flat(text.encode("utf-8", "surrogateescape"))


def _flat(part: bytes) -> bytes:
    """Line breaks inside a header would start a new one."""
    return part.replace(b"\r", b" ").replace(b"\n", b" ")
