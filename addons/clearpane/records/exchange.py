"""One exchange as the bytes of HTTP/1.1, whatever it was carried in, or of another protocol.

The body is given as it was on the wire, but whole: chunks and HTTP/2 frames are gone by then, so
the head must not speak of them, or a reader of the capture would look for them. What was not kept
is a gap of known length, never closed up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

type Headers = Iterable[tuple[bytes, bytes]]

_FRAMING = frozenset({b"transfer-encoding", b"content-length", b"connection", b"keep-alive"})


@dataclass(frozen=True, slots=True)
class Gap:
    """`length` bytes that were not kept; they stood before the byte at `at` of what was."""

    at: int = 0
    length: int = 0


NO_GAP = Gap()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a capture shows: both ends, and what the client said and then the server.

    Either side may have said nothing, and what they said need not be HTTP.
    Addresses are text; one that is empty or unreadable stands for none.
    """

    at: datetime
    client: str
    client_port: int
    server: str
    server_port: int
    request: bytes
    response: bytes = b""
    request_gap: Gap = NO_GAP
    response_gap: Gap = NO_GAP

    @property
    def size(self) -> int:
        """The bytes that it holds."""
        return len(self.request) + len(self.response)

    @property
    def missing(self) -> int:
        """The bytes that it does not hold."""
        return self.request_gap.length + self.response_gap.length


def request(
    method: str, target: str, host: str, headers: Headers, body: bytes, *, missing: int = 0
) -> bytes:
    """A request in HTTP/1.1; the Host header is added where HTTP/2 had none.

    `missing` bytes of the body are not in `body`; `gap` says where.
    """
    fields = list(headers)
    if host and not any(name.lower() == b"host" for name, _ in fields):
        fields.insert(0, (b"Host", host.encode("utf-8", "surrogateescape")))
    length = len(body) + missing
    return _message(_line(f"{method} {target} HTTP/1.1"), fields, body, length or None)


def response(status: int, reason: str, headers: Headers, body: bytes, *, missing: int = 0) -> bytes:
    """A response in HTTP/1.1; `missing` as in a request."""
    return _message(_line(f"HTTP/1.1 {status} {reason}"), headers, body, len(body) + missing)


def gap(message: bytes, tail: int, missing: int) -> Gap:
    """Where `missing` bytes stood before the last `tail` bytes of a message."""
    return Gap(len(message) - tail, missing)


def cut(exchange: Exchange, room: int) -> Exchange:
    """The exchange in at most `room` bytes: of each message its beginning and its end."""
    if exchange.size <= room:
        return exchange
    half = room // 2
    # What the shorter message leaves free, the longer one takes.
    asked = min(len(exchange.request), max(half, room - len(exchange.response)))
    request, request_gap = _cut(exchange.request, exchange.request_gap, asked)
    response, response_gap = _cut(exchange.response, exchange.response_gap, room - asked)
    return replace(
        exchange,
        request=request,
        response=response,
        request_gap=request_gap,
        response_gap=response_gap,
    )


def _cut(data: bytes, gap: Gap, room: int) -> tuple[bytes, Gap]:
    """A message has one gap: where it had one before, that one grows."""
    if len(data) <= room:
        return data, gap
    at = gap.at if gap.length else len(data) // 2
    before, after = at, len(data) - at
    front = min(before, max(room // 2, room - after))
    back = room - front
    return (
        data[:front] + data[len(data) - back :],
        Gap(front, gap.length + len(data) - room),
    )


def _message(start: bytes, headers: Headers, body: bytes, length: int | None) -> bytes:
    lines = [start]
    for name, value in headers:
        if not name.startswith(b":") and name.lower() not in _FRAMING:
            lines.append(_flat(name) + b": " + _flat(value))
    if length is not None:
        lines.append(b"Content-Length: %d" % length)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _line(text: str) -> bytes:
    return _flat(text.encode("utf-8", "surrogateescape"))


def _flat(part: bytes) -> bytes:
    """Line breaks inside a header would start a new one."""
    return part.replace(b"\r", b" ").replace(b"\n", b" ")
