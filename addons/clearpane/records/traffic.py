"""The TRAFFIC record: one for each session, written when it ends."""

from datetime import datetime

from clearpane.records.row import category, filled, head, tail, timestamp
from clearpane.records.text import Row
from clearpane.sessions.session import Session


def row(session: Session, now: datetime) -> Row:
    """The record of a session that has ended; `elapsed` is in whole seconds."""
    end = session.end or now
    elapsed = max(0, int((end - session.start).total_seconds()))
    return filled(
        head(session, "TRAFFIC", "end", now)
        | {
            "action": session.action,
            "bytes": session.bytes_sent + session.bytes_received,
            "bytes_sent": session.bytes_sent,
            "bytes_received": session.bytes_received,
            "start": timestamp(session.start),
            "elapsed": elapsed,
            "category": category(session),
            "session_end_reason": session.end_reason,
            "reason": list(session.reasons),
        }
        | tail(session, now)
    )
