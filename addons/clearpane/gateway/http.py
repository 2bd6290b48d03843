"""The moments of an HTTP exchange: may it go this way, may it go on at all, and what is in it.

Each hook first asks whether the flow is still alive, then translates and hands on. What `Stream`
asks between the hooks is answered here too.
"""

from mitmproxy import connection, http
from mitmproxy.proxy import layer

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.gateway import show
from clearpane.gateway.access import Access, again
from clearpane.gateway.answers import Asking
from clearpane.gateway.bodies import Bodies
from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.core import BY_CATEGORY, BY_RULE, Core
from clearpane.gateway.facts import name_of
from clearpane.gateway.hellos import hello_of_request
from clearpane.gateway.judge import Size
from clearpane.gateway.live import Live
from clearpane.gateway.messages import answer, ask_readably, reader_of, stay_on_tcp
from clearpane.pages.words import Facts
from clearpane.pipeline.connection import UNSEEN, Course, Step, differs
from clearpane.sessions.ends import EndReason


class Http:
    """Lets requests and responses pass, or answers them."""

    name = "clearpane-http"

    def __init__(self, core: Core, access: Access, asking: Asking, bodies: Bodies) -> None:
        self._core, self._access, self._asking, self._bodies = core, access, asking, bodies

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
        elif flow.killable:
            partial = live.granted_to(flow).profiles.allows_partial
            ask_readably(flow.request, partial=partial)
        show.session(live, flow)

    @fail_closed
    async def request(self, flow: http.HTTPFlow) -> None:
        if flow.response or flow.error or not flow.live:
            return
        live = self._core.begin_flow(flow)
        if self._asking.is_answer(flow):
            self._answer(live, flow, await self._asking.take(live, flow))
        elif not flow.request.stream:
            await self._bodies.whole(live, flow, Direction.UPLOAD)

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

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        if live := self._core.of_flow(flow):
            self._over(live, flow)

    async def _received(self, live: Live, flow: http.HTTPFlow, response: http.Response) -> None:
        """A response is whole; pages of our own are not inspected."""
        if flow.id not in live.pages:
            if response.status_code == 101 and not flow.websocket:
                self._bodies.unseen(live, flow, Direction.DOWNLOAD, Unscanned(Unread.STREAM))
            elif not response.stream:
                await self._bodies.whole(live, flow, Direction.DOWNLOAD)
        if not flow.websocket:
            self._over(live, flow)

    def body(self, flow: http.HTTPFlow, request: bool, expected: int, held: int) -> Size:
        """See `stream.Judge`: asked at the headers and again at each piece."""
        live = self._core.of_flow(flow)
        if live is None:
            return Size.HOLD  # the client has left: nobody will be sent it
        if flow.id in live.pages:
            return Size.REFUSE if request else Size.HOLD
        if request and self._asking.is_answer(flow):
            return self._asking.size(live, flow, max(expected, held))
        if live.blocked:
            return Size.HOLD  # the page is set at the headers
        return self._bodies.size(live, flow, request, held)

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

    def upgraded(self, flow: http.HTTPFlow, relay: layer.Layer) -> None:
        """See `stream.Judge`."""
        if live := self._core.of_flow(flow):
            live.upgraded[flow.id] = relay

    def gathers(self, flow: http.HTTPFlow, size: int) -> bool:
        """See `stream.Judge`."""
        live = self._core.of_flow(flow)
        return live is not None and self._bodies.gathers(live, flow, size)

    def _gate(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """Whether the request may go on at all; what it gets otherwise."""
        if live.blocked and live.course:
            return None if self._answers(live, flow) else self._page_of(live, flow, live.course)
        if live.session.decrypted:
            if page := self._coalesced(live, flow):
                return page
        elif flow.request.scheme == "https":
            if page := self._without_hello(live, flow):
                return page
        else:
            self._in_the_clear(live, flow)
        return None if self._asking.is_answer(flow) else self._access.gate(live, flow)

    @staticmethod
    def _in_the_clear(live: Live, flow: http.HTTPFlow) -> None:
        """There was no hello: the request says who asks, and where it goes."""
        session, request = live.session, flow.request
        session.host, session.port = (
            session.host or request.pretty_host,
            session.port or request.port,
        )
        session.user = live.force.policy.rulebase.user_of(hello_of_request(flow)) or session.user

    def _answers(self, live: Live, flow: http.HTTPFlow) -> bool:
        """Whether it answers what a page asked in this session, which has no server."""
        return live.filtered is not None and self._asking.is_answer(flow)

    def _page_of(self, live: Live, flow: http.HTTPFlow, course: Course) -> http.Response:
        if course.reasons[0] in (BY_CATEGORY, BY_RULE):
            return self._access.barred(live, flow, course.reasons[0])
        return self._certificate_page(live, flow, course.reasons)

    def _coalesced(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """Another host on the same connection is decided anew (RFC 9110 section 15.5.20)."""
        name = name_of(flow.request.pretty_host)
        if not live.hello or not live.decision or not name or name == live.hello.name:
            return None
        if not differs(live.decision, self._core.redecide(live, name)):
            return None
        return again()

    def _without_hello(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """`GET https://...` to the proxy, or a replay: there is no ClientHello to pass through."""
        hello = hello_of_request(flow)
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

    @staticmethod
    def _answer(live: Live, flow: http.HTTPFlow, page: http.Response) -> None:
        flow.request.stream = False  # what is still to come is thrown away
        live.pages[flow.id] = flow.response = page

    def _over(self, live: Live, flow: http.HTTPFlow) -> None:
        if flow.id not in live.pages:
            self._core.reporter.over(live, flow, self._core.now())
        live.forget(flow.id)
        if flow.is_replay:
            live.session.ends(EndReason.FINISHED)
            self._core.close(live)

    def _certificate_page(
        self, live: Live, flow: http.HTTPFlow, reasons: tuple[str, ...]
    ) -> http.Response:
        real = live.session.certificate
        page = live.force.pages.certificate(
            reader_of(live.session, flow),
            host=flow.request.pretty_host,
            reasons=reasons,
            facts=_facts(live),
            certname=real.common_name if real else "",
            issuer=real.issuer if real else "",
            category=live.decision.category if live.decision else "",
        )
        return answer(page)


def _facts(live: Live) -> Facts:
    """What the page may name of the server's certificate."""
    real = live.session.certificate
    if real is None:
        return Facts(host=live.session.sni or live.session.host)
    return Facts(
        host=live.session.sni or live.session.host,
        names=real.names,
        issuer=real.issuer_cn or real.issuer,
        missing_issuer=real.missing_issuer,
        not_before=real.not_before,
        not_after=real.not_after,
    )


def _gone() -> http.Response:
    """Where nobody is left to read a page."""
    return http.Response.make(503)
