"""The THREAT record: one for each message in which something was found or could not be judged."""

from dataclasses import dataclass
from datetime import datetime

from clearpane.content.detection import Finding, Severity, Unscanned
from clearpane.content.direction import Direction
from clearpane.records.row import CAPTURED, category, filled, head, tail
from clearpane.records.text import Row
from clearpane.sessions.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The HTTP message that carried the content, as it was sent.

    `misc` is the file's name, or the URL where it has none; `digest` is SHA-256 of the body in hex.
    """

    direction: Direction
    misc: str
    host: str = ""
    url: str = ""
    method: str = ""
    user_agent: str = ""
    referer: str = ""
    content_type: str = ""
    digest: str = ""


def row(
    session: Session,
    now: datetime,
    finding: Finding,
    message: Message,
    action: str,
    *,
    pcap_id: int = 0,
) -> Row:
    """The record of one finding; `action` is what was done, `pcap_id` 0 without a capture.

    `pcap_id` becomes text: it has 64 bits, and many JSON readers keep 53.
    """
    return filled(
        head(session, "THREAT", "virus", now, CAPTURED if pcap_id else 0)
        | {
            "action": action,
            "misc": message.misc,
            "threatid": _threatid(finding),
            "category": category(session),
            "severity": _severity(finding),
            "direction": message.direction,
            "contenttype": message.content_type,
            "pcap_id": str(pcap_id) if pcap_id else "",
            "filedigest": message.digest,
            "user_agent": message.user_agent,
            "referer": message.referer,
            "http_method": message.method,
            "member": finding.member,
            "url": message.url,
        }
        | _why(finding)
        | tail(session, now)
        | ({"host": message.host} if message.host else {})
    )


def _threatid(finding: Finding) -> str:
    return "Unscanned(0)" if isinstance(finding, Unscanned) else str(finding)


def _severity(finding: Finding) -> Severity:
    return Severity.LOW if isinstance(finding, Unscanned) else finding.severity


def _why(finding: Finding) -> Row:
    """What kept the content from being judged; a threat needs no reason beside its name."""
    if isinstance(finding, Unscanned):
        return {"reason": [str(finding.reason)], "error": finding.detail}
    return {"engine": finding.engine}
