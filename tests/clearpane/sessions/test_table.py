"""Sessions are opened once, closed once and counted."""

from datetime import UTC, datetime, timedelta

import pytest

from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.sessions.ends import EndReason
from clearpane.sessions.table import Sessions

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(seconds=9)


def test_numbers_go_up_and_are_never_used_twice() -> None:
    sessions = Sessions(first=100)
    one = sessions.open("a", NOON, "10.0.0.1", 1)
    sessions.close("a", LATER)
    two = sessions.open("a", LATER, "10.0.0.1", 1)
    assert (one.id, two.id) == (100, 101)


def test_a_key_can_not_be_opened_twice() -> None:
    sessions = Sessions()
    sessions.open("a", NOON, "10.0.0.1", 1)
    with pytest.raises(ValueError, match="open already"):
        sessions.open("a", NOON, "10.0.0.1", 2)


def test_a_session_is_closed_once() -> None:
    sessions = Sessions()
    session = sessions.open("a", NOON, "10.0.0.1", 1)
    assert sessions.get("a") is session and len(sessions) == 1
    assert sessions.close("a", LATER) is session and session.end == LATER
    assert sessions.close("a", LATER) is None
    assert sessions.get("a") is None and len(sessions) == 0
    assert sessions.counters["end unknown"] == 1


def test_sessions_can_be_closed_while_one_walks_over_them() -> None:
    sessions = Sessions()
    for key in "abc":
        sessions.open(key, NOON, "10.0.0.1", 1)
    assert [sessions.close(key, LATER) for key, _ in zip("abc", sessions, strict=True)]
    assert len(sessions) == 0


def test_what_is_open_at_the_end_is_closed_together() -> None:
    sessions = Sessions()
    opened = [sessions.open(key, NOON, "10.0.0.1", 1) for key in "abc"]
    sessions.close("b", NOON)
    closed = sessions.close_all(LATER)
    assert closed == [opened[0], opened[2]] and {session.end for session in closed} == {LATER}
    assert sessions.close_all(LATER) == []


def test_what_happened_is_counted() -> None:
    sessions = Sessions()
    session = sessions.open("a", NOON, "10.0.0.1", 1)
    session.tls = session.decrypted = True
    session.authority = "forward-untrust"
    sessions.decide(session, Decision(Action.DECRYPT, Reason.NONE, "all"), NOON)
    session.note("unknown-issuer", "incomplete-chain")
    session.ends(EndReason.FINISHED)
    sessions.close("a", LATER)

    passed = sessions.open("b", NOON, "10.0.0.1", 2)
    passed.tls = True
    sessions.decide(passed, Decision(Action.NO_DECRYPT, Reason.NO_RULE), NOON)
    sessions.close("b", LATER)

    sessions.open("c", NOON, "10.0.0.1", 3)
    sessions.close("c", LATER)
    assert sessions.counters.all() == {
        "action decrypt": 1,
        "action no-decrypt": 1,
        "authority forward-untrust": 1,
        "end tcp-fin": 1,
        "end unknown": 2,
        "handling allow": 1,
        "handling bypass": 1,
        "handling none": 1,
        "reason incomplete-chain": 1,
        "reason no-rule": 1,
        "reason unknown-issuer": 1,
        "sessions": 3,
    }
    assert {rule: hits.count for rule, hits in sessions.hits.all().items()} == {"all": 1}
