"""Turns what happened into records and hands them over.

It decides nothing and waits for nothing.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mitmproxy import http

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.pipeline import Judgement, Message
from clearpane.records import decryption, exchange, threat, traffic
from clearpane.records.captures import Captures
from clearpane.records.journal import Journal, Kind
from clearpane.records.text import line
from clearpane.sessions.ends import EndReason
from clearpane.sessions.session import Session


class Reporter:
    """The record files and captures of one state folder; one that can't be used: ClearpaneError."""

    def __init__(self, state: Path, report: Callable[[str], None]) -> None:
        self._report = report
        self._journal = Journal(state / "log", report)
        self._captures = Captures(state / "pcap", report)

    @property
    def healthy(self) -> bool:
        """Whether records are being written."""
        return self._journal.healthy

    def ended(self, session: Session, now: datetime) -> None:
        """A session is over."""
        self._journal.put(Kind.TRAFFIC, line(traffic.row(session, now)))
        if decryption.wanted(session):
            self._journal.put(Kind.DECRYPTION, line(decryption.row(session, now)))

    def found(
        self, session: Session, flow: http.HTTPFlow, message: Message, judgement: Judgement,
        now: datetime, *, capture: bool, digest: str = "",
    ) -> None:  # fmt: skip
        """Something was found in a message, or it could not be judged; once for each message."""
        assert judgement.finding
        if judgement.blocks:
            session.ends(EndReason.THREAT)
        carried = _carried(flow, message, digest)
        pcap = self._captures.put(_exchange(session, flow, now)) if capture else 0
        row = threat.row(session, now, judgement.finding, carried, judgement.action, pcap_id=pcap)
        self._journal.put(Kind.THREAT, line(row))

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


def _carried(flow: http.HTTPFlow, message: Message, digest: str) -> threat.Message:
    headers = flow.request.headers
    return threat.Message(
        direction=message.direction,
        misc=message.name,
        host=flow.request.pretty_host,
        url=flow.request.pretty_url,
        method=flow.request.method,
        user_agent=headers.get("user-agent", ""),
        referer=headers.get("referer", ""),
        content_type=message.content_type,
        digest=digest,
    )


def _exchange(session: Session, flow: http.HTTPFlow, now: datetime) -> exchange.Exchange:
    request, response = flow.request, flow.response
    server = flow.server_conn.peername or (session.destination, session.port)
    return exchange.Exchange(
        at=now,
        client=session.source,
        client_port=session.source_port,
        server=server[0],
        server_port=server[1],
        request=exchange.request(
            request.method, request.path, request.pretty_host, request.headers.fields,
            request.raw_content or b"",
        ),
        response=exchange.response(
            response.status_code, response.reason, response.headers.fields,
            response.raw_content or b"",
        ) if response else b"",
    )  # fmt: skip
