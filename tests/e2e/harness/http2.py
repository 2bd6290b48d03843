"""The HTTP/2 side of an origin, on the h2 library."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
)

from .messages import Answer, Contents, Request


def serve(connection: socket.socket, contents: Contents) -> None:
    """Answers the streams of one connection until it ends."""
    _Server(connection, contents).run()


class _Server:
    def __init__(self, connection: socket.socket, contents: Contents) -> None:
        self._socket = connection
        self._contents = contents
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._requests: dict[int, Request] = {}
        self._unsent: dict[int, _Unsent] = {}

    def run(self) -> None:
        self._h2.initiate_connection()
        while True:
            self._socket.sendall(self._h2.data_to_send())
            while self._advance():
                pass
            data = self._socket.recv(65536)
            if not data:
                return
            for event in self._h2.receive_data(data):
                if isinstance(event, ConnectionTerminated):
                    return
                self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            headers = {str(name): str(value) for name, value in event.headers or ()}
            headers["host"] = headers.get(":authority", "")
            request = Request(headers[":method"], headers[":path"], headers, "HTTP/2")
            self._requests[event.stream_id] = request
            self._contents.requests.append(request)
        elif isinstance(event, DataReceived):
            self._requests[event.stream_id].body += event.data
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            request = self._requests.pop(event.stream_id)
            request.complete = True
            self._begin(event.stream_id, request, self._contents.answer(request))
        elif isinstance(event, StreamReset):
            self._requests.pop(event.stream_id, None)
            self._unsent.pop(event.stream_id, None)

    def _begin(self, stream: int, request: Request, answer: Answer) -> None:
        headers = [(name.lower(), value) for name, value in answer.headers]
        if isinstance(answer.body, bytes) and answer.status not in (204, 304):
            headers.append(("content-length", str(len(answer.body))))
        without = request.method == "HEAD" or answer.status in (204, 304)
        self._h2.send_headers(stream, [(":status", str(answer.status)), *headers], without)
        if not without:
            body = [answer.body] if isinstance(answer.body, bytes) else answer.body
            # A client that has counted the last byte may close before a frame that only ends it.
            single = isinstance(answer.body, bytes) and not answer.trailers
            self._unsent[stream] = _Unsent(iter(body), answer.trailers, single)

    def _advance(self) -> bool:
        """One frame on each stream; whether there may be more."""
        return sum([self._send(*each) for each in list(self._unsent.items())]) > 0

    def _send(self, stream: int, unsent: "_Unsent") -> bool:
        """Whether anything more could go out."""
        if not unsent.piece:
            unsent.piece = memoryview(next(unsent.pieces, b""))
        room = self._h2.local_flow_control_window(stream)
        if not unsent.piece:
            if unsent.trailers:
                self._h2.send_headers(stream, unsent.trailers, end_stream=True)
            else:
                self._h2.end_stream(stream)
            del self._unsent[stream]
        elif room > 0:
            size = min(room, self._h2.max_outbound_frame_size, len(unsent.piece))
            ends = unsent.single and size == len(unsent.piece)
            self._h2.send_data(stream, bytes(unsent.piece[:size]), end_stream=ends)
            unsent.piece = unsent.piece[size:]
            if ends:
                del self._unsent[stream]
        self._socket.sendall(self._h2.data_to_send())
        return room > 0 and stream in self._unsent


@dataclass
class _Unsent:
    """What is left of an answer."""

    pieces: Iterator[bytes]
    trailers: list[tuple[str, str]]
    single: bool
    piece: memoryview = field(default_factory=lambda: memoryview(b""))
