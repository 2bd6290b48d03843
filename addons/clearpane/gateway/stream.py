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

from typing import Any

import h11
from h11._readers import ChunkedReader
from mitmproxy.net.http.http1 import expected_http_body_size
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import http as stock
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.http import _events, _http1
from mitmproxy.proxy.layers.http._hooks import HttpResponseHeadersHook

from clearpane.gateway.judge import Judge, Size
from clearpane.gateway.passing import Passing


class Stream(Passing):
    """One request and its response."""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._refused and isinstance(event, _FROM_SERVER):
            return  # the page has taken the place of whatever the server says
        if self.server_state == self.state_done and isinstance(event, _RESPONSE):
            return  # a second answer to one request, at which stock raises
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
            self._watch(request).expected = self._expected(request)
        else:
            self._unseen |= {request}
        message.stream = True
        if buffer:
            yield from self._start_streaming(request)
        return False

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
        if isinstance(relay, websocket.WebsocketLayer) and self.flow.live:
            self.judge.upgraded(self.flow, relay)
        yield from super().passthrough(event)
        if isinstance(relay, websocket.WebsocketLayer) and not self._refused:
            for side in (relay.client_ws, relay.server_ws):
                gathered = sum(map(len, side.frame_buf))
                if gathered and not self.judge.gathers(self.flow, gathered):
                    self._refused = True
                    yield commands.CloseConnection(self.context.server)
                    yield commands.CloseConnection(self.context.client)
                    return


_RESPONSE = (
    _events.ResponseHeaders,
    _events.ResponseData,
    _events.ResponseTrailers,
    _events.ResponseEndOfMessage,
)
_FROM_SERVER = (*_RESPONSE, _events.ResponseProtocolError)


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
