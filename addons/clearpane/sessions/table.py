"""The sessions that are open now, and the counts of those that were.

A session is opened once and closed once: whoever closes it first gets it and writes its records.
"""

from collections.abc import Iterator
from datetime import datetime

from clearpane.rulebase.decision import Decision
from clearpane.sessions.counters import Counters, HitCounts
from clearpane.sessions.pool import Pool
from clearpane.sessions.session import Session


class Sessions:
    """Open sessions by the key of their client connection.

    `first` is the first session's number; numbers go up by one and are never used twice.
    """

    def __init__(self, first: int = 1) -> None:
        self._open: dict[str, Session] = {}
        self._next = first
        self.counters = Counters()
        self.hits = HitCounts()
        self.security_hits = HitCounts()
        self.pool = Pool()

    def open(self, key: str, now: datetime, source: str, source_port: int) -> Session:
        """A new session; a key that is open already is the caller's mistake (ValueError)."""
        if key in self._open:
            raise ValueError(f"session {key} is open already")
        session = Session(id=self._next, start=now, source=source, source_port=source_port)
        self._next += 1
        self._open[key] = session
        self.counters.count("sessions")
        return session

    def get(self, key: str) -> Session | None:
        return self._open.get(key)

    def decide(self, session: Session, decision: Decision, now: datetime) -> None:
        """Notes and counts the rulebase's answer."""
        session.decide(decision)
        self.counters.count(f"action {decision.action}")
        if decision.rule:
            self.hits.hit(decision.rule, now)

    def admit(self, session: Session, limit: int) -> bool:
        """Whether a session may be decrypted: there is a place in the pool, and it is taken."""
        if self.pool.take(session.id, limit):
            return True
        self.counters.count("proxy_flow_alloc_failure")
        return False

    def close(self, key: str, now: datetime) -> Session | None:
        """The session, ended and counted; None where it is closed already or never was open."""
        session = self._open.pop(key, None)
        if session is None:
            return None
        session.end = now
        self.pool.release(session.id)
        self.counters.count(f"handling {session.handling}" if session.tls else "handling none")
        self.counters.count(f"end {session.end_reason}")
        if session.authority:
            self.counters.count(f"authority {session.authority}")
        for reason in session.reasons:
            self.counters.count(f"reason {reason}")
        return session

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._open.values()))

    def close_all(self, now: datetime) -> list[Session]:
        """What is still open when the gateway stops, ended and counted."""
        return [session for key in tuple(self._open) if (session := self.close(key, now))]
