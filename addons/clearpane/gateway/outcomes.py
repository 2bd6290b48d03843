"""What is done about what was found: a record, evidence, a page, or the end of the connection."""

from mitmproxy import http

from clearpane.antivirus.profile import Action
from clearpane.antivirus.scan import Scan
from clearpane.content.detection import Detection, Finding
from clearpane.filtering.files import FileAction
from clearpane.gateway import show
from clearpane.gateway.answers import Asking
from clearpane.gateway.body import Body
from clearpane.gateway.core import Core
from clearpane.gateway.live import Live
from clearpane.gateway.messages import answer, reader_of
from clearpane.pages.forms import Kind
from clearpane.pages.page import Page
from clearpane.pipeline.message import Judgement, Message, Outcome


class Outcomes:
    """Acts on what profiles say."""

    def __init__(self, core: Core, asking: Asking) -> None:
        self._core, self._asking = core, asking

    def apply(
        self, live: Live, flow: http.HTTPFlow, body: Body, scan: Scan, *, digest: str = ""
    ) -> bool:
        """Whether the body is blocked; then its page stands ready, or the flow is killed."""
        said = body.account.add(scan.findings, scan.seen)
        for outcome in said:
            self._tell(live, flow, body, outcome, digest)
        blocking = next((outcome for outcome in said if outcome.blocks), None)
        if blocking is None:
            return False
        if blocking.virus and blocking.virus.action is Action.DROP:
            flow.kill()
        else:
            page = live.pages[flow.id] = answer(self._page(live, flow, body.message, blocking))
            if not body.streams and not flow.websocket:
                flow.response = page
        return True

    def told(self, live: Live, flow: http.HTTPFlow, body: Body, finding: Finding) -> None:
        """Says on record what is passed on all the same."""
        self._tell(live, flow, body, Outcome(virus=Judgement(Action.ALERT, finding)), "")

    def _tell(
        self, live: Live, flow: http.HTTPFlow, body: Body, outcome: Outcome, digest: str
    ) -> None:
        self._core.reporter.found(live, flow, body, outcome, self._core.now(), digest=digest)
        if outcome.virus and outcome.virus.finding:
            show.finding(flow, outcome.virus.finding, outcome.blocks)
        else:
            show.filtered(flow, outcome)

    def _page(self, live: Live, flow: http.HTTPFlow, message: Message, outcome: Outcome) -> Page:
        reader, pages = reader_of(live.session, flow), live.force.pages
        host, url = flow.request.pretty_host, flow.request.pretty_url
        if outcome.file:
            kind = outcome.file.kind
            if outcome.file.action is FileAction.CONTINUE:
                form = self._asking.form(live, flow, Kind.FILE_CONTINUE, kind)
                return pages.file_continue(
                    reader, fname=message.name, kind=kind, host=host, url=url, form=form
                )
            return pages.file_block(reader, fname=message.name, kind=kind, host=host, url=url)
        if outcome.data:
            return pages.data_block(
                reader,
                fname=message.name,
                appname=message.application,
                direction=message.direction,
                host=host,
                url=url,
            )
        found = outcome.virus.finding if outcome.virus else None
        assert found
        return pages.virus(
            reader,
            fname=message.name,
            host=host,
            url=url,
            threats=(str(found),) if isinstance(found, Detection) else (),
            reasons=() if isinstance(found, Detection) else (found.reason,),
        )
