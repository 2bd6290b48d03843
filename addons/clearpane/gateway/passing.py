"""How a body is passed on while it is inspected: the streaming states of mitmproxy's `HttpStream`.

Nothing goes on that was not judged, and the last of it waits for the verdict on the whole. What is
blocked before the other side has seen anything ends in a page; after that in a short body, which
HTTP/1.1 shows by closing and HTTP/2 by resetting the stream.
"""

from typing import Any, ClassVar

from mitmproxy.flow import Error
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers import http as stock
from mitmproxy.proxy.layers.http import HttpStream, _events
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook, HttpResponseHeadersHook

from clearpane.gateway.judge import Judge
from clearpane.gateway.passage import BATCH, ClearpaneBodyHook, Passage, Verdict


class Passing(HttpStream):
    """One request and its response, as far as they are streamed."""

    judge: ClassVar[Judge]
    _refused = False  # a page has taken the place of the exchange
    _request: Passage | None = None
    _response: Passage | None = None
    _unseen: frozenset[bool] = frozenset()  # whose bodies nobody is to look at; True: the request's

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
            if passage.size < BATCH and self._has_more(type(event)):
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
                if passage.begun or not passage.request:
                    yield from self._stop_server()
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
