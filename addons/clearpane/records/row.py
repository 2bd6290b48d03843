"""What every record has in common: the columns that the firewall puts first.

A row is an ordered dict with the firewall's column names in snake_case, so that a formatter for
another output needs to know nothing else. What is empty is left out.
"""

from datetime import datetime

from clearpane.records.text import Row
from clearpane.sessions.session import Session

CAPTURED = 0x8000_0000
URL_DENIED = 0x0080_0000
IPV6 = 0x0200_0000
DECRYPTED = 0x0100_0000


def head(session: Session, kind: str, subtype: str, now: datetime, flags: int = 0) -> Row:
    """Columns 2 to 31, as far as a gateway knows them; `flags` are added to the session's own.

    `now` is aware; its zone is the one that the firewall's zoneless columns are written in.
    """
    decision = session.decision
    flags |= DECRYPTED if session.decrypted else 0
    flags |= IPV6 if ":" in session.source else 0
    stamp = timestamp(now)
    return {
        "type": kind,
        "subtype": subtype,
        "receive_time": stamp,
        "time_generated": stamp,
        "src": session.source,
        "dst": session.destination,
        "rule": session.security_rule,
        "policy_name": decision.rule if decision else "",
        "srcuser": session.user,
        "app": session.app,
        "from": session.from_zone,
        "to": session.to_zone,
        "sessionid": session.id,
        "sport": session.source_port,
        "dport": session.port,
        "flags": f"0x{flags:x}",
        "proto": "tcp",
    }


def tail(session: Session, now: datetime) -> Row:
    """What stands at the end of every record, beside the columns."""
    return {
        "decrypted": session.decrypted,
        "sni": session.sni,
        "host": session.host or (session.sni or session.destination if session.tls else ""),
        "high_res_timestamp": now.isoformat(timespec="milliseconds"),
    }


def filled(row: Row) -> Row:
    """The row without its empty columns; zero and false are values."""
    return {key: value for key, value in row.items() if value not in ("", None, [], ())}


def category(session: Session) -> str:
    """The URL category; `any` where there is none, as the firewall writes it.

    That of the last URL which the security rules were asked about, else of the host.
    """
    return session.url_category or host_category(session)


def host_category(session: Session) -> str:
    """The category of the host, whatever URLs were asked for on the connection; else `any`."""
    return session.decision.category if session.decision else "any"


def timestamp(time: datetime) -> str:
    """`YYYY/MM/DD HH:MM:SS`, as in the firewall's columns."""
    return (
        f"{time.year:04}/{time.month:02}/{time.day:02} "
        f"{time.hour:02}:{time.minute:02}:{time.second:02}"
    )
