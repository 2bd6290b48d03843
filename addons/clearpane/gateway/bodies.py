"""What is in bodies: whole ones, those that are passed on while they are looked at, and messages.

Each look translates and hands on; what a finding leads to is decided in `pipeline.message`, and
what is done about it stands in `outcomes`.
"""

import asyncio
from functools import partial

from mitmproxy import http

from clearpane.antivirus.scan import Scan
from clearpane.content.archives import needs_whole
from clearpane.content.detection import Finding, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.gateway.body import Body
from clearpane.gateway.boundary import abort, fail_closed
from clearpane.gateway.core import Core
from clearpane.gateway.judge import Size
from clearpane.gateway.live import Live
from clearpane.gateway.messages import (
    ends_with_the_connection,
    framing_of,
    is_framed,
    message_of,
)
from clearpane.gateway.outcomes import Outcomes
from clearpane.gateway.passage import Passage, Verdict, waiting
from clearpane.pages.forms import Kind
from clearpane.pipeline.message import Account

_PATIENCE = 5.0  # seconds without a verdict after which a trickle goes on
_TOO_BIG = "it can only be read whole, and is larger than scan-limit"
_KEPT = 20  # messages of a WebSocket that the user interfaces can show


class Bodies:
    """Inspects content; `Stream` asks `size` what is to become of a body."""

    name = "clearpane-bodies"

    def __init__(self, core: Core, outcomes: Outcomes) -> None:
        self._core, self._outcomes = core, outcomes

    async def whole(self, live: Live, flow: http.HTTPFlow, direction: Direction) -> None:
        """A body that was held back is complete."""
        sent = flow.request if direction is Direction.UPLOAD else flow.response
        content = sent.raw_content if sent else b""
        if not content or not live.granted_to(flow).profiles.inspects:
            return
        body = self._body(live, flow, direction)
        body.keep(content)
        scan = await live.force.scan(body.message, content)
        digest = await live.force.digest(content) if scan.findings else ""
        self._outcomes.apply(live, flow, body, scan, digest=digest)

    def unseen(
        self, live: Live, flow: http.HTTPFlow, direction: Direction, finding: Finding
    ) -> bool:
        """Content that nobody will look into; whether it is blocked."""
        return self._outcomes.apply(live, flow, self._body(live, flow, direction), Scan((finding,)))

    def size(self, live: Live, flow: http.HTTPFlow, request: bool, held: int) -> Size:
        """Asked at the headers and again at each piece; `held` is in bytes."""
        message = flow.request if request else flow.response
        framed = not held and message is not None and is_framed(message)
        if request and flow.id not in live.granted:
            # At its headers nobody has said yet what is to be inspected.
            return Size.INSPECT if framed else Size.HOLD
        if not live.granted_to(flow).profiles.inspects:
            return Size.STREAM
        if framed:
            return Size.INSPECT
        settings = live.force.policy.settings.antivirus
        live.held[flow.id] = held
        if self._core.held > settings.hold_budget:
            direction = Direction.UPLOAD if request else Direction.DOWNLOAD
            blocked = self.unseen(live, flow, direction, Unscanned(Unread.BUDGET))
            live.held.pop(flow.id, None)
            return Size.REFUSE if blocked else Size.STREAM
        return Size.INSPECT if held > settings.hold_limit else Size.HOLD

    @fail_closed
    async def clearpane_body(self, passage: Passage) -> None:
        """A piece of a body that is passed on has come, or its end; see `passage`."""
        live = self._core.of_flow(passage.flow)
        if live is None:
            passage.flow.kill()  # the client has left
            return
        with live.gate(request=passage.request).while_looking(lambda: passage.queued):
            await self._look(live, passage)

    async def _look(self, live: Live, passage: Passage) -> None:
        body = passage.body or self._begin(live, passage)
        if body.task is None:
            body.task = asyncio.ensure_future(self._next(live, passage, body))
        done, _ = await asyncio.wait((body.task,), timeout=_PATIENCE)
        if not done:
            passage.verdict = Verdict.WAIT
            return
        scan, body.task = body.task.result(), None
        flow, body.delivered = passage.flow, passage.delivered
        live.held[flow.id] = passage.waits + body.held
        blocked = self._outcomes.apply(live, flow, body, scan)
        passage.verdict = Verdict.BLOCK if blocked else Verdict.PASS
        if blocked and passage.begun and not passage.request and ends_with_the_connection(flow):
            abort(flow.client_conn)  # a clean end would make it look complete

    async def _next(self, live: Live, passage: Passage, body: Body) -> Scan:
        """What is in the next piece; what is to be too large is said before anything goes on."""
        piece, first = passage.looked(), body.size == 0
        scan = await body.look(piece, end=passage.end)
        limit = live.force.policy.settings.antivirus.scan_limit
        announced = first and passage.expected > limit and not body.message.encodings
        if announced and needs_whole(piece):
            return Scan((Unscanned(Unread.TOO_BIG, detail=_TOO_BIG), *scan.findings), scan.seen)
        return scan

    def _begin(self, live: Live, passage: Passage) -> Body:
        flow = passage.flow
        direction = Direction.UPLOAD if passage.request else Direction.DOWNLOAD
        body = passage.body = self._body(live, flow, direction)
        message = flow.request if passage.request else flow.response
        assert message
        body.streams, body.framing = True, framing_of(message)
        if body.framing and body.account.profiles.virus:
            self._outcomes.told(live, flow, body, Unscanned(Unread.STREAM))
        live.inspections.setdefault(flow.id, []).append(body)
        return body

    @fail_closed
    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        """One message in either direction, put together from its frames."""
        live = self._core.of_flow(flow)
        assert flow.websocket
        message = flow.websocket.messages[-1]
        if live is None:
            message.drop()
            return
        del flow.websocket.messages[:-_KEPT]
        if not message.content or not live.granted_to(flow).profiles.inspects:
            return
        direction = Direction.UPLOAD if message.from_client else Direction.DOWNLOAD
        body = self._body(live, flow, direction, inside=True)
        body.keep(message.content)
        with live.gate(request=message.from_client).while_looking(
            partial(waiting, live.upgraded[flow.id])
        ):
            scan = await live.force.scan(body.message, message.content)
        if self._outcomes.apply(live, flow, body, scan):
            message.drop()
            abort(flow.client_conn)

    def gathers(self, live: Live, flow: http.HTTPFlow, size: int) -> bool:
        """Whether a WebSocket message may grow beyond `size` bytes."""
        if size <= live.force.policy.settings.antivirus.scan_limit:
            return True
        if flow.id not in live.outgrown:  # said once
            blocked = self.unseen(live, flow, Direction.DOWNLOAD, Unscanned(Unread.TOO_BIG))
            live.outgrown[flow.id] = blocked
        return not live.outgrown[flow.id]

    def _body(
        self, live: Live, flow: http.HTTPFlow, direction: Direction, *, inside: bool = False
    ) -> Body:
        """`inside`: of a message that is carried in the exchange, whose headers do not speak of
        it."""
        granted = live.granted_to(flow)
        message = message_of(flow, direction, granted.application, inside=inside)
        account = Account(granted.profiles, message, partial(self._may_go_on, live))
        return Body(account, live.force.scanner)

    def _may_go_on(self, live: Live, kind: str) -> bool:
        user = live.session.user or live.session.source
        return self._core.consents.granted(user, Kind.FILE_CONTINUE, kind, self._core.now())
