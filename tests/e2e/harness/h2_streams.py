"""An HTTP/2 client by hand: several streams at once, bodies in pieces, trailers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from .tunnel import Tunnel


@dataclass
class Exchange:
    """What came on one stream so far; `reset` is the error code where it was reset."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    reset: int | None = None
    complete: bool = False

    @property
    def over(self) -> bool:
        return self.complete or self.reset is not None


class Streams:
    """HTTP/2 on a tunnel whose TLS handshake is done."""

    def __init__(self, tunnel: Tunnel, host: str) -> None:
        self._tunnel, self._host = tunnel, host
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(1 << 30)
        self._exchanges: dict[int, Exchange] = {}

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Exchange:
        """A GET, or with a body (of one frame) a POST."""
        stream = self._h2.get_next_available_stream_id()
        method = "GET" if body is None else "POST"
        head = [(":method", method), (":scheme", "https"), (":authority", self._host)]
        self._h2.send_headers(stream, [*head, (":path", path), *headers], body is None)
        if body is not None:
            self._h2.send_data(stream, body, end_stream=True)
        self._h2.increment_flow_control_window(1 << 30, stream)
        self._tunnel.say(self._h2.data_to_send())
        self._exchanges[stream] = Exchange()
        return self._exchanges[stream]

    def until(self, seen: Callable[[], bool]) -> None:
        """Reads on until it is so."""
        while not seen():
            data = self._tunnel.hear()
            if not data:
                raise EOFError("the connection ended")
            for event in self._h2.receive_data(data):
                self._take(event)
            if answer := self._h2.data_to_send():
                self._tunnel.say(answer)

    def _take(self, event: Event) -> None:
        exchange = self._exchanges.get(getattr(event, "stream_id", None) or 0)
        if exchange is None:
            return
        if isinstance(event, ResponseReceived):
            exchange.headers = {str(n): str(v) for n, v in event.headers or ()}
            exchange.status = int(exchange.headers[":status"])
        elif isinstance(event, TrailersReceived):
            exchange.trailers = {str(n): str(v) for n, v in event.headers or ()}
        elif isinstance(event, DataReceived):
            exchange.body += event.data or b""
        elif isinstance(event, StreamReset):
            exchange.reset = int(event.error_code or 0)
        elif isinstance(event, StreamEnded):
            exchange.complete = True
