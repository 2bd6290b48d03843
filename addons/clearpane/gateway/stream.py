"""The one class of mitmproxy that is replaced: `HttpStream`, where no hook can do it.

Replaced methods, and why:
- `check_body_size`: stock answers a body over its limit with an error page of its own or streams
  it unseen. Here the addons are asked at the headers and at each piece.
- `state_consume_request_body`: a refused upload is read to its end and thrown away, so that the
  client reads the page; stock would keep all of it in memory.
- `make_server_connection`: stock sends the request on whatever later connection it opened. Here a
  connection whose verdict is worse than the one the client was shown ends in a page.

Everything else is stock; the start refuses a mitmproxy that is not 12.3.
"""

from enum import Enum, auto
from typing import ClassVar, Protocol

from mitmproxy import connection, http
from mitmproxy.net.http.http1 import expected_http_body_size
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers import http as stock
from mitmproxy.proxy.layers.http import HttpStream, _events
from mitmproxy.proxy.layers.http._hooks import HttpResponseHeadersHook


class Size(Enum):
    """What becomes of a body, as far as its size and kind tell."""

    HOLD = auto()  # held back until the verdict
    STREAM = auto()  # passed on unseen, and recorded so
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


class Stream(HttpStream):
    """One request and its response."""

    judge: ClassVar[Judge]
    _refused = False

    def check_body_size(self, request: bool) -> layer.CommandGenerator[bool]:
        message = self.flow.request if request else self.flow.response
        if self._refused or message is None or message.stream:
            return False
        buffer = self.request_body_buf if request else self.response_body_buf
        size = self.judge.body(self.flow, request, self._expected(request), len(buffer))
        if size is Size.STREAM:
            message.stream = True
            if buffer:
                yield from self._start_streaming(request)
            return False
        if size is Size.HOLD:
            return False
        self._refused = True
        if request:
            self.flow.response = self.judge.refusal(self.flow)
            self.request_body_buf.clear()
            return False
        yield from self._refuse_response()
        return True

    def _expected(self, request: bool) -> int:
        try:
            size = expected_http_body_size(
                self.flow.request, None if request else self.flow.response
            )
        except ValueError:
            return -1
        return -1 if size is None else size

    def _start_streaming(self, request: bool) -> layer.CommandGenerator[None]:
        """Sends on what was held so far; the rest follows piece by piece."""
        buffer = self.request_body_buf if request else self.response_body_buf
        held = bytes(buffer)
        buffer.clear()
        if request:
            yield from self.start_request_stream()
            yield from self.handle_event(_events.RequestData(self.stream_id, held))
        else:
            yield from self.start_response_stream()
            yield from self.handle_event(_events.ResponseData(self.stream_id, held))

    def _refuse_response(self) -> layer.CommandGenerator[None]:
        """The client reads the page; the server is told to stop and what it still sends is lost."""
        self.response_body_buf.clear()
        self.flow.response = self.judge.refusal(self.flow)
        yield HttpResponseHeadersHook(self.flow)
        stop = _events.RequestProtocolError(
            self.stream_id, "refused by the gateway", _events.ErrorCode.CANCEL
        )
        yield stock.SendHttp(stop, self.context.server)
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


def install(judge: Judge) -> None:
    """`HttpLayer.make_stream` looks the name up at each request."""
    Stream.judge = judge
    stock.HttpStream = Stream  # type: ignore[misc]
