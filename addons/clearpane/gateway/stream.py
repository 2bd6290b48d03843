"""The one class of mitmproxy that is replaced: `HttpStream`, where no hook can do it.

Replaced methods, and why:
- `check_body_size`: stock answers a body over its limit with an error page of its own or streams
  it unseen. Here the addons are asked at the headers and at each piece.
- `state_stream_request_body`, `state_stream_response_body`: stock hands a streamed body to a
  function that can't wait. Here each piece waits for its verdict, and the last of it for the whole.
- `state_consume_request_body`: a refused upload is read to its end and thrown away, so that the
  client reads the page; stock would keep all of it in memory.
- `make_server_connection`: stock sends the request on whatever later connection it opened. Here a
  connection whose verdict is worse than the one the client was shown ends in a page.
- `passthrough`: stock gathers a WebSocket message of any size. Here one that grows too large ends.

One reader is replaced too: stock raises on trailers of HTTP/1.1. Here they are left out, as RFC
9110 section 6.5.1 allows.

Everything else is stock; the start refuses a mitmproxy that is not 12.3.
"""

from enum import Enum, auto
from typing import Any, ClassVar, Protocol

import h11
from h11._readers import ChunkedReader
from mitmproxy import connection, http
from mitmproxy.flow import Error
from mitmproxy.net.http.http1 import expected_http_body_size
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import http as stock
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.http import HttpStream, _events, _http1
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook, HttpResponseHeadersHook

from clearpane.gateway.passage import BATCH, ClearpaneBodyHook, Passage, Verdict


class Size(Enum):
    """What becomes of a body, as far as its size and kind tell."""

    HOLD = auto()  # held back until the verdict
    INSPECT = auto()  # passed on while it is inspected
    STREAM = auto()  # passed on unseen
    REFUSE = auto()  # the page


class Judge(Protocol):
    """What the addons answer to a stream."""

    def body(self, flow: http.HTTPFlow, request: bool, expected: int, held: int) -> Size:
        """`expected` is the announced size (-1: not announced), `held` what has come so far."""

    def refusal(self, flow: http.HTTPFlow) -> http.Response:
        """The page for a body that was refused."""

    def opening(self, client: connection.Client, flow: http.HTTPFlow) -> None:
        """A server connection is about to be asked for."""

    def opened(self, flow: http.HTTPFlow, server: connection.Server | None) -> http.Response | None:
        """The page where the request must not go on; `server` is None where there is none."""

    def upgraded(self, flow: http.HTTPFlow, relay: layer.Layer) -> None:
        """The exchange has become a WebSocket, which `relay` relays."""

    def gathers(self, flow: http.HTTPFlow, size: int) -> bool:
        """Whether a WebSocket message may grow beyond `size` bytes."""


class Stream(HttpStream):
    """One request and its response."""

    judge: ClassVar[Judge]
    _refused = False
    _request: Passage | None = None
    _response: Passage | None = None
    _unseen: frozenset[bool] = frozenset()  # whose bodies nobody is to look at; True: the request's

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._refused and isinstance(event, _FROM_SERVER):
            return  # the page has taken the place of whatever the server says
        yield from super()._handle_event(event)

    def check_body_size(self, request: bool) -> layer.CommandGenerator[bool]:
        message = self.flow.request if request else self.flow.response
        if self._refused or message is None or message.stream:
            return False
        buffer = self.request_body_buf if request else self.response_body_buf
        size = self.judge.body(self.flow, request, self._expected(request), len(buffer))
        if size is Size.HOLD:
            return False
        if size is Size.REFUSE:
            return (yield from self._refuse(request))
        if size is Size.INSPECT:
            self._watch(request)
        else:
            self._unseen |= {request}
        message.stream = True
        if buffer:
            yield from self._start_streaming(request)
        return False

    def _watch(self, request: bool) -> Passage:
        passage = Passage(self.flow, request, self)
        if request:
            self._request = passage
        else:
            self._response = passage
        return passage

    def start_request_stream(self) -> layer.CommandGenerator[None]:
        """Whoever asked for it: nothing is passed on that nobody looks at."""
        if True not in self._unseen:
            (self._request or self._watch(True)).begun = True
        yield from super().start_request_stream()

    def start_response_stream(self) -> layer.CommandGenerator[None]:
        if False not in self._unseen:
            (self._response or self._watch(False)).begun = True
        yield from super().start_response_stream()

    def _expected(self, request: bool) -> int:
        try:
            size = expected_http_body_size(
                self.flow.request, None if request else self.flow.response
            )
        except ValueError:
            return -1
        return -1 if size is None else size

    def _refuse(self, request: bool) -> layer.CommandGenerator[bool]:
        self._refused = True
        if request:
            self.flow.response = self.judge.refusal(self.flow)
            self.request_body_buf.clear()
            return False
        yield from self._refuse_response()
        return True

    def _start_streaming(self, request: bool) -> layer.CommandGenerator[None]:
        """Sends on what was held so far; the rest follows piece by piece. What is inspected is
        looked at before the other side sees anything, so that there may still be a page."""
        buffer = self.request_body_buf if request else self.response_body_buf
        held = bytes(buffer)
        buffer.clear()
        passage = self._request if request else self._response
        if passage:
            passage.take(held)
            if not (yield from self._look(passage)):
                return
            held = passage.let_go()
        if request:
            yield from self.start_request_stream()
            if self.client_state == self.state_errored:
                return
        else:
            yield from self.start_response_stream()
        if held:
            yield self._send(request, held)

    def state_stream_request_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._request is None or (yield from self._inspected(self._request, event)):
            yield from super().state_stream_request_body(event)

    def state_stream_response_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._response is None or (yield from self._inspected(self._response, event)):
            yield from super().state_stream_response_body(event)

    def _inspected(self, passage: Passage, event: events.Event) -> layer.CommandGenerator[bool]:
        """Whether stock goes on with the event; data is sent from here alone."""
        if isinstance(event, (_events.RequestData, _events.ResponseData)):
            passage.take(event.data)
            if len(passage.piece) < BATCH and self._has_more(type(event)):
                return False
        elif isinstance(event, (_events.RequestEndOfMessage, _events.ResponseEndOfMessage)):
            passage.end = True
        else:
            return True
        if not (yield from self._look(passage)):
            return False
        if released := passage.let_go():
            yield self._send(passage.request, released)
        return passage.end

    def _has_more(self, kind: type[events.Event]) -> bool:
        """Whether the next event that waits brings more: one look will do for both."""
        return bool(self._paused_event_queue) and isinstance(self._paused_event_queue[0], kind)

    def _look(self, passage: Passage) -> layer.CommandGenerator[bool]:
        """Waits for the verdict on what has come; whether the message goes on."""
        while True:
            yield ClearpaneBodyHook(passage)
            if (yield from self.check_killed(True)):
                return False
            if passage.verdict is not Verdict.WAIT:
                break
            if trickle := passage.let_go():
                yield self._send(passage.request, trickle)
        if passage.verdict is Verdict.PASS:
            return True
        yield from self._break_off(passage)
        return False

    def _break_off(self, passage: Passage) -> layer.CommandGenerator[None]:
        """Nothing more of it goes on: the page where it can still be sent, else a short body."""
        asked = self.server_state == self.state_wait_for_response_headers
        if passage.request and (asked or not passage.begun):
            yield from self._break_off_request(passage)
        elif not passage.request and not passage.begun:
            self._refused = True
            yield from self._refuse_response()
        else:
            yield from self._cut()

    def _cut(self) -> layer.CommandGenerator[None]:
        """The response has begun, so its end tells the client: it is short, or it is an error."""
        yield from self._stop_server()
        self.flow.error = Error("blocked by the gateway")
        yield HttpErrorHook(self.flow)
        broken = _events.ResponseProtocolError(
            self.stream_id, "blocked by the gateway", _events.ErrorCode.KILL
        )
        yield stock.SendHttp(broken, self.context.client)
        self.flow.live = False
        self.client_state = self.server_state = self.state_errored
        yield stock.DropStream(self.stream_id)

    def _break_off_request(self, passage: Passage) -> layer.CommandGenerator[None]:
        """What is still to come is read and thrown away, so that the client reads the page."""
        self._refused = True
        if passage.begun:
            yield from self._stop_server()
        self.flow.response = self.judge.refusal(self.flow)
        self.client_state = self.state_consume_request_body
        self.server_state = self.state_errored
        if passage.end:
            end = _events.RequestEndOfMessage(self.stream_id)
            yield from self.state_consume_request_body(end)

    def _stop_server(self) -> layer.CommandGenerator[None]:
        stop = _events.RequestProtocolError(
            self.stream_id, "refused by the gateway", _events.ErrorCode.CANCEL
        )
        yield stock.SendHttp(stop, self.context.server)

    def _send(self, request: bool, data: bytes) -> stock.SendHttp:
        if request:
            sent: Any = _events.RequestData(self.stream_id, data)
            return stock.SendHttp(sent, self.context.server)
        return stock.SendHttp(_events.ResponseData(self.stream_id, data), self.context.client)

    def _refuse_response(self) -> layer.CommandGenerator[None]:
        """The client reads the page; the server is told to stop and what it still sends is lost."""
        self.response_body_buf.clear()
        self.flow.response = self.judge.refusal(self.flow)
        yield HttpResponseHeadersHook(self.flow)
        yield from self._stop_server()
        yield from self.send_response()
        self.server_state = self.state_errored

    def state_consume_request_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._refused and isinstance(event, _events.RequestData):
            return
        yield from super().state_consume_request_body(event)

    def make_server_connection(self) -> layer.CommandGenerator[bool]:
        self.judge.opening(self.context.client, self.flow)
        asked = self.flow.server_conn
        server, _ = yield stock.GetHttpConnection(
            (self.flow.request.host, self.flow.request.port),
            self.flow.request.scheme == "https",
            asked.via,
            asked.transport_protocol,
        )
        if server:
            self.context.server = self.flow.server_conn = server
        page = self.judge.opened(self.flow, server)
        if page is None:
            return True
        self.flow.response = page
        yield HttpResponseHeadersHook(self.flow)
        yield from self.send_response()
        return False

    def passthrough(self, event: events.Event) -> layer.CommandGenerator[None]:
        relay = self.child_layer
        if isinstance(relay, websocket.WebsocketLayer):
            self.judge.upgraded(self.flow, relay)
        yield from super().passthrough(event)
        if isinstance(relay, websocket.WebsocketLayer) and self.flow.live:
            for side in (relay.client_ws, relay.server_ws):
                gathered = sum(map(len, side.frame_buf))
                if gathered and not self.judge.gathers(self.flow, gathered):
                    yield commands.CloseConnection(self.context.server)
                    yield commands.CloseConnection(self.context.client)
                    return


_FROM_SERVER = (
    _events.ResponseHeaders,
    _events.ResponseData,
    _events.ResponseTrailers,
    _events.ResponseEndOfMessage,
    _events.ResponseProtocolError,
)


class _WithoutTrailers(ChunkedReader):
    """2026-11, mitmproxy 12.3: `HTTP trailers are not implemented yet`, and the session crashes."""

    def __call__(self, buf: Any) -> Any:
        event = super().__call__(buf)
        return h11.EndOfMessage() if isinstance(event, h11.EndOfMessage) else event


def install(judge: Judge) -> None:
    """`HttpLayer.make_stream` looks the name up at each request, as the reader's is."""
    Stream.judge = judge
    stock.HttpStream = Stream  # type: ignore[misc]
    _http1.ChunkedReader = _WithoutTrailers  # type: ignore[attr-defined]
