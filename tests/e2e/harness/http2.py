"""The HTTP/2 side of an origin, on the h2 library."""

import socket
from collections.abc import Iterator

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
        self._unsent: dict[int, bytes] = {}

    def run(self) -> None:
        self._h2.initiate_connection()
        while True:
            self._socket.sendall(self._h2.data_to_send())
            data = self._socket.recv(65536)
            if not data:
                return
            for event in self._h2.receive_data(data):
                if isinstance(event, ConnectionTerminated):
                    return
                self._take(event)
            for stream in list(self._unsent):
                self._send(stream)

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
        if isinstance(answer.body, bytes):
            pieces: Iterator[bytes] = iter([answer.body])
        else:
            pieces = iter(answer.body)
        headers = [(name.lower(), value) for name, value in answer.headers]
        if isinstance(answer.body, bytes) and answer.status not in (204, 304):
            headers.append(("content-length", str(len(answer.body))))
        without = request.method == "HEAD" or answer.status in (204, 304)
        self._h2.send_headers(stream, [(":status", str(answer.status)), *headers], without)
        if without:
            return
        # An endless answer is sent as far as it comes; the stream then stays open.
        endless = ("content-type", "text/event-stream") in headers
        if endless:
            self._h2.send_data(stream, next(pieces))
            return
        self._unsent[stream] = b"".join(pieces)

    def _send(self, stream: int) -> None:
        rest = self._unsent[stream]
        while rest:
            room = self._h2.local_flow_control_window(stream)
            size = min(room, self._h2.max_outbound_frame_size)
            if size <= 0:
                self._unsent[stream] = rest
                return
            self._h2.send_data(stream, rest[:size])
            rest = rest[size:]
        self._h2.end_stream(stream)
        del self._unsent[stream]
