"""The THREAT record: what was found in a message, could not be judged, or was not allowed.

One row for each; the subtypes are the firewall's: virus, url, file, data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clearpane.content.detection import Finding, Severity, Unscanned
from clearpane.content.direction import Direction
from clearpane.records import threat_ids
from clearpane.records.actions import DENIALS, DataLogged, FileLogged, UrlLogged
from clearpane.records.row import CAPTURED, URL_DENIED, filled, head, host_category, tail
from clearpane.records.text import Row
from clearpane.sessions.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The HTTP message that carried the content, as it was sent.

    `misc` is the file's name, or the URL where it has none; `digest` is SHA-256 of the body in hex.
    `categories` are those of the URL, the one that counts first; `rule` is the security rule that
    the message was judged by, where it is not the session's. `delivered` are the bytes of the body
    that had reached the other side when it was ended; None where none could: it was held back
    whole, or it passed.
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
    categories: tuple[str, ...] = ()
    rule: str = ""
    delivered: int | None = None


def row(
    session: Session,
    now: datetime,
    finding: Finding,
    message: Message,
    action: str,
    *,
    pcap_id: int = 0,
    missing: int = 0,
) -> Row:
    """The record of one finding; `action` is what was done.

    Here and below `pcap_id` is 0 without a capture, `missing` the bytes of the message and of the
    one it answers that the capture does not show.
    """
    unread = isinstance(finding, Unscanned)
    about: Row = {
        "threatid": "Unscanned(0)" if unread else str(finding),
        "severity": Severity.LOW if isinstance(finding, Unscanned) else finding.severity,
        "member": finding.member,
    }
    return _row(session, now, "virus", message, action, about | _why(finding), pcap_id, missing)


def url_row(session: Session, now: datetime, message: Message, action: UrlLogged) -> Row:
    """The record of a URL; as on the firewall `misc` is the address without its scheme."""
    about: Row = {
        "misc": message.url.partition("://")[2] or message.misc,
        "threatid": threat_ids.URL,
        "severity": Severity.INFORMATIONAL,
    }
    flags = URL_DENIED if action in DENIALS else 0
    return _row(session, now, "url", message, action, about, flags=flags)


def file_row(
    session: Session,
    now: datetime,
    kind: str,
    message: Message,
    action: FileLogged,
    *,
    member: str = "",
    pcap_id: int = 0,
    missing: int = 0,
) -> Row:
    """The record of a file; `kind` is a word of `FileType`, `member` its path in an archive."""
    about: Row = {
        "threatid": threat_ids.of_file(kind),
        "severity": Severity.LOW,
        "filetype": kind,
        "member": member,
    }
    return _row(session, now, "file", message, action, about, pcap_id, missing)


def data_row(
    session: Session,
    now: datetime,
    pattern: str,
    message: Message,
    action: DataLogged,
    *,
    count: int,
    weight: int,
    matches: Sequence[str] = (),
    member: str = "",
    pcap_id: int = 0,
    missing: int = 0,
) -> Row:
    """The record of data; `weight` is that of all `count` matches, `matches` are masked already."""
    about: Row = {
        "threatid": threat_ids.of_data(pattern),
        "severity": Severity.LOW,
        "member": member,
        "match": list(matches),
        "count": count,
        "weight": weight,
    }
    return _row(session, now, "data", message, action, about, pcap_id, missing)


def _row(
    session: Session,
    now: datetime,
    subtype: str,
    message: Message,
    action: str,
    about: Row,
    pcap_id: int = 0,
    missing: int = 0,
    flags: int = 0,
) -> Row:
    flags |= CAPTURED if pcap_id else 0
    found = head(session, "THREAT", subtype, now, flags)
    if message.rule:
        found["rule"] = message.rule
    common: Row = {
        "action": action,
        "misc": message.misc,
        "threatid": "",
        "category": message.categories[0] if message.categories else host_category(session),
        "severity": "",
        "direction": message.direction,
        "contenttype": message.content_type,
        # Text: it has 64 bits, and many JSON readers keep 53.
        "pcap_id": str(pcap_id or ""),
        "pcap_missing": missing or None,
        "filedigest": message.digest,
        "user_agent": message.user_agent,
        "filetype": "",
        "referer": message.referer,
        "http_method": message.method,
        "url_category_list": list(message.categories),
        "member": "",
        "url": message.url,
        "delivered": message.delivered,
    }
    host: Row = {"host": message.host} if message.host else {}
    return filled(found | common | about | tail(session, now) | host)


def _why(finding: Finding) -> Row:
    """What kept the content from being judged; a threat needs no reason beside its name."""
    if isinstance(finding, Unscanned):
        return {"reason": [str(finding.reason)], "error": finding.detail}
    return {"engine": finding.engine}
