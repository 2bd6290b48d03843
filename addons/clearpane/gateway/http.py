"""The moments of an HTTP exchange: may it go this way, and what is in it.

Each hook first asks whether the flow is still alive, then translates; what a finding leads to is
decided in `pipeline`.
"""

from mitmproxy import connection, http

from clearpane.antivirus.profile import Action
from clearpane.content.applications import Application
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.gateway import show
from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.core import Core
from clearpane.gateway.facts import name_of
from clearpane.gateway.live import Live
from clearpane.gateway.messages import (
    answer,
    ask_readably,
    file_name,
    message_of,
    reader_of,
    stay_on_tcp,
)
from clearpane.gateway.stream import Size
from clearpane.pipeline import (
    UNSEEN,
    Course,
    Judgement,
    Message,
    Step,
    at_message,
    differs,
    judged,
)
from clearpane.sessions.ends import EndReason

_ENDLESS = ("text/event-stream", "application/grpc")


class Http:
    """Inspects requests and responses; also what `Stream` asks between the hooks."""

    name = "clearpane-http"

    def __init__(self, core: Core) -> None:
        self._core = core

    @fail_closed
    def http_connect(self, flow: http.HTTPFlow) -> None:
        live = self._core.begin_flow(flow)
        live.session.host, live.session.port = flow.request.host, flow.request.port

    @fail_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response or flow.error or not flow.live:
            return
        live = self._core.begin_flow(flow)
        if page := self._gate(live, flow):
            self._answer(live, flow, page)
        else:
            live.session.app = Application.WEB_BROWSING
            ask_readably(flow.request, live.force.policy.antivirus.allow_http_partial_response)
        show.session(live, flow)

    @fail_closed
    async def request(self, flow: http.HTTPFlow) -> None:
        if flow.response or flow.error or not flow.live:
            return
        await self._inspect(self._core.begin_flow(flow), flow, Direction.UPLOAD)

    @fail_closed
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        live = self._core.of_flow(flow)
        if live and flow.response and live.session.decrypted and not live.inbound:
            stay_on_tcp(flow.response.headers)

    @fail_closed
    async def response(self, flow: http.HTTPFlow) -> None:
        if flow.error or not flow.live or flow.response is None:
            return
        if live := self._core.of_flow(flow):
            await self._received(live, flow, flow.response)
        else:
            flow.kill()  # the client has left

    def error(self, flow: http.HTTPFlow) -> None:
        if live := self._core.of_flow(flow):
            self._over(live, flow)

    async def _received(self, live: Live, flow: http.HTTPFlow, response: http.Response) -> None:
        """A response is whole; pages of our own are not inspected."""
        if flow.id not in live.pages:
            if response.status_code == 101:
                self._unseen(live, flow, Direction.DOWNLOAD, Unscanned(Unread.STREAM))
            elif not response.stream:
                await self._inspect(live, flow, Direction.DOWNLOAD)
        self._over(live, flow)

    def body(self, flow: http.HTTPFlow, request: bool, expected: int, held: int) -> Size:
        """See `stream.Judge`: asked at the headers and again at each piece."""
        live = self._core.of_flow(flow)
        if live is None:
            return Size.HOLD  # the client has left: nobody will be sent it
        if flow.id in live.pages:
            return Size.REFUSE if request else Size.HOLD
        if live.blocked:
            return Size.HOLD  # the page is set at the headers
        live.held[flow.id] = held
        reason = self._too_much(live, flow, request, max(expected, held))
        if reason is None:
            return Size.HOLD
        direction = Direction.UPLOAD if request else Direction.DOWNLOAD
        blocked = self._unseen(live, flow, direction, Unscanned(reason))
        live.held.pop(flow.id, None)
        return Size.REFUSE if blocked else Size.STREAM

    def refusal(self, flow: http.HTTPFlow) -> http.Response:
        """See `stream.Judge`."""
        live = self._core.of_flow(flow)
        return live.pages[flow.id] if live else _gone()

    def opening(self, client: connection.Client, flow: http.HTTPFlow) -> None:
        """See `stream.Judge`."""
        if live := self._core.of_flow(flow):
            self._core.adopt(live, client)

    def opened(self, flow: http.HTTPFlow, server: connection.Server | None) -> http.Response | None:
        """See `stream.Judge`: a later connection must not be worse than the one that was shown."""
        live = self._core.of_flow(flow)
        if live is None:
            return _gone()
        if server is None:
            course = Course(Step.BLOCK, reasons=(live.failure or "server-unreachable",))
        elif not server.tls:
            return None
        else:
            course = live.courses.get(server.id, Course(Step.BLOCK, reasons=("unverified",)))
        shown = live.course if live.session.decrypted and live.course else UNSEEN
        if not course.worse_than(shown):
            return None
        live.session.block(*course.reasons)
        if server:
            live.close_server(server)
        page = live.pages[flow.id] = self._certificate_page(live, flow, course.reasons)
        show.session(live, flow)
        return page

    def _gate(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """Whether the request may go on at all; the page that it gets otherwise."""
        if live.blocked and live.course:
            return self._certificate_page(live, flow, live.course.reasons)
        if live.session.decrypted:
            return self._coalesced(live, flow)
        if flow.request.scheme == "https":
            return self._without_hello(live, flow)
        live.session.host = live.session.host or flow.request.pretty_host
        live.session.port = live.session.port or flow.request.port
        return None

    def _coalesced(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """Another host on the same connection is decided anew (RFC 9110 section 15.5.20)."""
        name = name_of(flow.request.pretty_host)
        if not live.hello or not live.decision or not name or name == live.hello.name:
            return None
        if not differs(live.decision, self._core.redecide(live, name)):
            return None
        return http.Response.make(421, b"This host is not served on this connection.\n")

    def _without_hello(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """`GET https://...` to the proxy, or a replay: there is no ClientHello to pass through."""
        hello = self._core.hello_of_request(flow)
        live.session.greet(hello)
        live.session.tls = False  # none that the client would see
        live.session.host = flow.request.host
        decision = self._core.decide(live, hello)
        reason = str(decision.reason)
        if decision.decrypts:
            if self._core.admits(live):
                return None
            reason = "no-resource"  # it can't pass undecrypted: the client itself asked for it
        live.session.block(reason)
        return self._certificate_page(live, flow, (reason,))

    async def _inspect(self, live: Live, flow: http.HTTPFlow, direction: Direction) -> None:
        message = message_of(flow, direction)
        judgement = await at_message(live.force.policy.antivirus, message, live.force.scan)
        digest = await live.force.digest(message.body) if judgement.finding else ""
        self._apply(live, flow, message, judgement, digest)

    def _unseen(
        self, live: Live, flow: http.HTTPFlow, direction: Direction, finding: Finding
    ) -> bool:
        """Content that nobody will look into; whether it is blocked."""
        decoder = "http2" if flow.request.is_http2 else "http"
        message = Message(decoder, direction, b"", file_name(flow))
        judgement = judged(live.force.policy.antivirus, message, (finding,))
        self._apply(live, flow, message, judgement)
        return judgement.blocks

    def _apply(
        self,
        live: Live,
        flow: http.HTTPFlow,
        message: Message,
        judgement: Judgement,
        digest: str = "",
    ) -> None:
        if judgement.finding is None or judgement.action is Action.ALLOW:
            return
        capture = live.force.policy.antivirus.captures and bool(message.body)
        self._core.reporter.found(
            live.session, flow, message, judgement, self._core.now(), capture=capture, digest=digest
        )
        show.finding(flow, judgement.finding, judgement.blocks)
        if judgement.action is Action.DROP:
            flow.kill()
        elif judgement.blocks:
            self._answer(live, flow, self._virus_page(live, flow, message, judgement.finding))

    def _answer(self, live: Live, flow: http.HTTPFlow, page: http.Response) -> None:
        live.pages[flow.id] = flow.response = page

    def _over(self, live: Live, flow: http.HTTPFlow) -> None:
        live.held.pop(flow.id, None)
        live.pages.pop(flow.id, None)
        if flow.is_replay:
            live.session.ends(EndReason.FINISHED)
            self._core.close(live)

    def _too_much(self, live: Live, flow: http.HTTPFlow, request: bool, size: int) -> Unread | None:
        settings = live.force.policy.settings.antivirus
        message = flow.request if request else flow.response
        kind = message.headers.get("content-type", "").lower() if message else ""
        if kind.startswith(_ENDLESS):
            return Unread.STREAM
        if size > settings.scan_limit:
            return Unread.TOO_BIG
        return Unread.BUDGET if self._core.held > settings.hold_budget else None

    def _certificate_page(
        self, live: Live, flow: http.HTTPFlow, reasons: tuple[str, ...]
    ) -> http.Response:
        real = live.session.certificate
        page = live.force.pages.certificate(
            reader_of(live.session, flow),
            host=flow.request.pretty_host,
            reasons=reasons,
            certname=real.common_name if real else "",
            issuer=real.issuer if real else "",
            category=live.decision.category if live.decision else "",
        )
        return answer(page)

    def _virus_page(
        self, live: Live, flow: http.HTTPFlow, message: Message, found: Finding
    ) -> http.Response:
        threat = isinstance(found, Detection)
        page = live.force.pages.virus(
            reader_of(live.session, flow),
            fname=message.name,
            host=flow.request.pretty_host,
            url=flow.request.pretty_url,
            threats=(str(found),) if threat else (),
            reasons=() if isinstance(found, Detection) else (found.reason,),
        )
        return answer(page)


def _gone() -> http.Response:
    """Where nobody is left to read a page."""
    return http.Response.make(503)
