"""Turns what happened into records and hands them over.

It decides nothing and waits for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mitmproxy import http

from clearpane.antivirus.profile import PacketCapture
from clearpane.configuration.settings import Captures as Kept
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.filtering.files import FileAction
from clearpane.gateway.body import Body
from clearpane.gateway.live import Granted, Live
from clearpane.gateway.talk import Talk
from clearpane.pipeline.message import Outcome
from clearpane.records import decryption, exchange, threat, traffic
from clearpane.records.actions import DataLogged, FileLogged, UrlLogged
from clearpane.records.captures import Captures
from clearpane.records.journal import Journal, Kind
from clearpane.records.text import Row, line
from clearpane.records.trail import Trails
from clearpane.sessions.ends import EndReason
from clearpane.sessions.session import Session


class Reporter:
    """The record files and captures of one state folder; one that can't be used: ClearpaneError."""

    def __init__(
        self, state: Path, report: Callable[[str], None], kept: Kept | None = None
    ) -> None:
        kept = kept or Kept()
        self._report = report
        self._journal = Journal(state / "log", report)
        self._captures = Captures(
            state / "pcap", report, kept=kept.kept, total=kept.total, form=kept.format
        )
        self._trails = Trails()

    @property
    def healthy(self) -> bool:
        """Whether records are being written."""
        return self._journal.healthy

    def ended(self, session: Session, now: datetime) -> None:
        """A session is over."""
        self._trails.forget(session.id)
        self._journal.put(Kind.TRAFFIC, line(traffic.row(session, now)))
        if decryption.wanted(session):
            self._journal.put(Kind.DECRYPTION, line(decryption.row(session, now)))

    def found(
        self, live: Live, flow: http.HTTPFlow, body: Body, outcome: Outcome, now: datetime, *,
        digest: str = "",
    ) -> None:  # fmt: skip
        """Something was found in a body, could not be judged, or is not allowed."""
        session, granted = live.session, live.granted_to(flow)
        carried = _carried(flow, body, granted, digest, ended=outcome.blocks)
        shown: tuple[exchange.Exchange, ...] = ()
        missing = 0
        if _captures(body, outcome) and body.size:
            last = exchange_of(session, flow, body, now)
            shown, missing = (*self._trails.before(session.id), last), self._captures.missing(last)
        self._found(session, outcome, carried, shown, missing, now)

    def found_in_talk(
        self, live: Live, talk: Talk, body: Body, outcome: Outcome, now: datetime
    ) -> None:
        """The same in a mail."""
        session, message = live.session, body.message
        carried = threat.Message(
            direction=message.direction,
            misc=message.name,
            host=message.name,
            content_type=message.content_type,
        )
        shown: tuple[exchange.Exchange, ...] = ()
        if _captures(body, outcome):
            client = (session.source, session.source_port)
            shown = talk.dialogue.exchanges(client, (session.destination, session.port))
        self._found(session, outcome, carried, shown, sum(each.missing for each in shown), now)

    def _found(
        self, session: Session, outcome: Outcome, carried: threat.Message,
        shown: tuple[exchange.Exchange, ...], missing: int, now: datetime,
    ) -> None:  # fmt: skip
        """The capture comes first, since the record names it, and pcapng holds the record."""
        if outcome.blocks:
            session.ends(EndReason.THREAT)

        def row(pcap: int) -> Row:
            return _row(session, now, outcome, carried, pcap, missing if pcap else 0)

        pcap = self._captures.put(*shown, comment=lambda number: line(row(number))) if shown else 0
        self._journal.put(Kind.THREAT, line(row(pcap)))

    def over(self, live: Live, flow: http.HTTPFlow, now: datetime) -> None:
        """An exchange has ended: kept where a capture is to show what went before a finding."""
        virus = live.granted_to(flow).profiles.virus
        if virus and virus.packet_capture is PacketCapture.EXTENDED and flow.response:
            self._trails.add(live.session.id, exchange_of(live.session, flow, None, now))

    def url(
        self, live: Live, flow: http.HTTPFlow, action: UrlLogged, granted: Granted, now: datetime
    ) -> None:
        """A URL-filtering profile had something to say."""
        carried = _carried(flow, None, granted, "", ended=False)
        self._journal.put(Kind.THREAT, line(threat.url_row(live.session, now, carried, action)))

    def host(self, live: Live, category: str, action: UrlLogged, now: datetime) -> None:
        """What URL filtering says of a session that is not decrypted: only its host is known."""
        session = live.session
        name = session.sni or session.host
        message = threat.Message(
            direction=Direction.UPLOAD, misc=name, host=name, categories=(category,)
        )
        self._journal.put(Kind.THREAT, line(threat.url_row(session, now, message, action)))

    def undecoded(self, session: Session, now: datetime) -> None:
        """Decrypted traffic that no decoder knows: recorded, and passed."""
        message = threat.Message(direction=Direction.UPLOAD, misc=session.sni or session.host)
        row = threat.row(session, now, Unscanned(Unread.PROTOCOL), message, "allow")
        self._journal.put(Kind.THREAT, line(row))

    def suggest(self, exclusion: str, server: str, client: str) -> None:
        """A client would not have the forged certificate of a good server."""
        self._report(
            f"{client} rejected the certificate for a server without fault at {server}; if its "
            f"application pins the server's own, this line in exclusions.yaml exempts it: "
            f"{exclusion}"
        )

    def reopen(self) -> None:
        """The files may have been moved away."""
        self._journal.reopen()

    def close(self) -> None:
        self._journal.close()
        self._captures.close()


def _captures(body: Body, outcome: Outcome) -> bool:
    """Only antivirus profiles ask for a capture."""
    virus = body.account.profiles.virus
    return outcome.virus is not None and virus is not None and virus.captures


def _row(
    session: Session, now: datetime, outcome: Outcome, carried: threat.Message, pcap: int,
    missing: int,
) -> Row:  # fmt: skip
    if outcome.virus:
        assert outcome.virus.finding
        return threat.row(
            session, now, outcome.virus.finding, carried, outcome.virus.action, pcap_id=pcap,
            missing=missing,
        )  # fmt: skip
    if outcome.file:
        kind, member = outcome.file.kind, outcome.file.member
        action = FileLogged.WENT_ON if outcome.went_on else _FILES[outcome.file.action]
        return threat.file_row(session, now, kind, carried, action, member=member)
    data = outcome.data
    assert data
    return threat.data_row(
        session, now, data.pattern, carried, DataLogged(data.action),
        count=data.count, weight=data.weight, matches=data.samples,
    )  # fmt: skip


_FILES = {
    FileAction.ALERT: FileLogged.ALERT,
    FileAction.BLOCK: FileLogged.BLOCK,
    FileAction.CONTINUE: FileLogged.ASKED,
}


def _carried(
    flow: http.HTTPFlow, body: Body | None, granted: Granted, digest: str, *, ended: bool
) -> threat.Message:
    headers = flow.request.headers
    return threat.Message(
        direction=body.message.direction if body else Direction.UPLOAD,
        misc=body.message.name if body else flow.request.pretty_url,
        host=flow.request.pretty_host,
        url=flow.request.pretty_url,
        method=flow.request.method,
        user_agent=headers.get("user-agent", ""),
        referer=headers.get("referer", ""),
        content_type=body.message.content_type if body else "",
        digest=digest,
        categories=granted.categories,
        rule=granted.rule,
        delivered=body.delivered if body and body.streams and ended else None,
    )


def exchange_of(
    session: Session, flow: http.HTTPFlow, body: Body | None, now: datetime
) -> exchange.Exchange:
    """The exchange as it was kept; of a body that was passed on, its beginning and its end."""
    request, response = flow.request, flow.response
    server = flow.server_conn.peername or (session.destination, session.port)
    asked = _kept(body, Direction.UPLOAD, request.raw_content)
    answered = _kept(body, Direction.DOWNLOAD, response.raw_content if response else b"")
    sent = exchange.request(
        request.method, request.path, request.pretty_host, request.headers.fields,
        asked.content, missing=asked.missing,
    )  # fmt: skip
    got = exchange.response(
        response.status_code, response.reason, response.headers.fields,
        answered.content, missing=answered.missing,
    ) if response else b""  # fmt: skip
    return exchange.Exchange(
        at=now,
        client=session.source,
        client_port=session.source_port,
        server=server[0],
        server_port=server[1],
        request=sent,
        response=got,
        request_gap=exchange.gap(sent, asked.tail, asked.missing),
        response_gap=exchange.gap(got, answered.tail, answered.missing) if got else exchange.NO_GAP,
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is there of a body; `missing` bytes stood before the last `tail` of it."""

    content: bytes
    tail: int = 0
    missing: int = 0


def _kept(body: Body | None, direction: Direction, content: bytes | None) -> _Kept:
    if body is None or body.message.direction is not direction:
        return _Kept(content or b"")
    if not body.streams:
        return _Kept(content or body.head)
    tail = body.last if body.size > len(body.head) else b""
    tail = tail[-(body.size - len(body.head)) :] if tail else b""
    return _Kept(body.head + tail, len(tail), body.size - len(body.head) - len(tail))
