"""The TRAFFIC record."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from clearpane.records import traffic
from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.rulebase.security import ProfileNames, SecurityAction, SecurityDecision
from clearpane.sessions.ends import EndReason
from clearpane.sessions.session import Session

type Maker = Callable[..., Session]


def test_a_decrypted_session(a_session: Maker, now: datetime) -> None:
    row = traffic.row(a_session(), now)
    assert list(row) == [
        *("type", "subtype", "receive_time", "time_generated", "src", "dst", "policy_name"),
        *("srcuser", "app", "from", "to", "sessionid", "sport", "dport", "flags", "proto"),
        *("action", "bytes", "bytes_sent", "bytes_received", "start", "elapsed", "category"),
        *("session_end_reason", "decrypted", "sni", "host", "high_res_timestamp"),
    ]
    assert (row["type"], row["subtype"], row["action"]) == ("TRAFFIC", "end", "allow")
    assert (row["bytes"], row["bytes_sent"], row["bytes_received"]) == (21_000, 1_000, 20_000)
    assert (row["start"], row["elapsed"]) == ("2026/08/12 15:57:04", 9)
    assert (row["category"], row["session_end_reason"]) == ("shopping", "tcp-fin")
    assert row["decrypted"] is True


@pytest.mark.parametrize("reason", [r for r in Reason if r])
def test_a_session_that_was_not_decrypted_says_why(
    a_session: Maker, now: datetime, reason: Reason
) -> None:
    session = a_session(decrypted=False, app="ssl")
    session.decide(Decision(Action.NO_DECRYPT, reason, "private"))
    row = traffic.row(session, now)
    assert (row["app"], row["decrypted"], row["reason"]) == ("ssl", False, [reason])
    assert (row["policy_name"], row["flags"]) == ("private", "0x0")


def test_a_session_that_never_said_anything(a_session: Maker, now: datetime) -> None:
    session = a_session(decision=None, tls=False, app="incomplete", decrypted=False, user="")
    session.host = session.sni = session.destination = ""
    session.bytes_sent = session.bytes_received = 0
    row = traffic.row(session, now)
    assert (row["bytes"], row["category"], row["decrypted"]) == (0, "any", False)
    assert {"host", "sni", "dst", "srcuser", "policy_name", "reason"}.isdisjoint(row)


def test_the_end_counts_if_the_record_comes_later(a_session: Maker, now: datetime) -> None:
    session = a_session()
    session.end = session.start + timedelta(seconds=3.9)
    assert traffic.row(session, now)["elapsed"] == 3


def test_a_clock_that_went_back_gives_no_negative_time(a_session: Maker, now: datetime) -> None:
    assert traffic.row(a_session(start=now + timedelta(hours=1)), now)["elapsed"] == 0


def test_the_row_does_not_change_with_the_session(a_session: Maker, now: datetime) -> None:
    session = a_session()
    session.note("expired")
    row = traffic.row(session, now)
    session.note("later")
    session.ends(EndReason.THREAT)
    assert (row["reason"], row["session_end_reason"]) == (["expired"], "tcp-fin")


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        pytest.param(SecurityAction.ALLOW, "tcp-fin", id="allowed"),
        pytest.param(SecurityAction.DENY, "policy-deny", id="denied"),
        pytest.param(SecurityAction.RESET_BOTH, "policy-deny", id="reset"),
        pytest.param(SecurityAction.DROP, "policy-deny", id="dropped"),
    ],
)
def test_the_security_rule_and_what_it_did(
    a_session: Maker, now: datetime, action: SecurityAction, reason: str
) -> None:
    session = a_session(app="bittorrent")
    session.govern(SecurityDecision("no-sharing", action, ProfileNames(), "peer-to-peer"))
    row = traffic.row(session, now)
    assert (row["rule"], row["policy_name"], row["app"]) == ("no-sharing", "outbound", "bittorrent")
    assert (row["action"], row["session_end_reason"]) == (action, reason)
    assert row["category"] == "peer-to-peer"
