"""An HTTP/2 client that may ask one connection for several hosts, as browsers do."""

from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset

from .tunnel import Tunnel


@dataclass
class Response:
    """`reset` is the error code where the stream was reset."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reset: int | None = None


class Http2:
    """HTTP/2 on a tunnel whose TLS handshake is done."""

    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.initiate_connection()

    def get(self, host: str, path: str) -> Response:
        stream = self._h2.get_next_available_stream_id()
        head = [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path)]
        self._h2.send_headers(stream, head, end_stream=True)
        response = Response()
        while True:
            self._tunnel.say(self._h2.data_to_send())
            data = self._tunnel.hear()
            if not data:
                raise EOFError("the connection ended before the response")
            done = [self._take(event, stream, response) for event in self._h2.receive_data(data)]
            if any(done):
                return response

    def _take(self, event: Event, stream: int, response: Response) -> bool:
        if isinstance(event, ResponseReceived) and event.stream_id == stream:
            response.headers = {str(n): str(v) for n, v in event.headers or ()}
            response.status = int(response.headers[":status"])
        elif isinstance(event, DataReceived):
            response.body += event.data
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamReset) and event.stream_id == stream:
            response.reset = int(event.error_code or 0)
            return True
        return isinstance(event, StreamEnded) and event.stream_id == stream
