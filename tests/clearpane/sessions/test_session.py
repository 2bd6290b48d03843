"""A session takes over what is learned, and keeps the weightiest end."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from clearpane.hello import Hello, address
from clearpane.rulebase.decision import Action, Decision, Reason, RuleType
from clearpane.rulebase.security import ProfileNames, SecurityAction, SecurityDecision
from clearpane.sessions.ends import EndReason
from clearpane.sessions.session import Handling, Session

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def a_session() -> Session:
    return Session(id=7, start=START, source="10.1.2.3", source_port=50000)


def test_at_first_nothing_is_known() -> None:
    session = a_session()
    assert (session.app, session.handling, session.end_reason) == (
        "incomplete",
        "bypass",
        "unknown",
    )
    assert not session.tls and not session.reasons and session.certificate is None


def test_a_hello_is_taken_over() -> None:
    session = a_session()
    session.destination = "192.0.2.1"
    session.greet(
        Hello(
            source=address("10.1.2.3"),
            destination=address("192.0.2.9"),
            port=443,
            host="cdn.example",
            sni="www.example",
            user="alice",
        )
    )
    assert (session.destination, session.port) == ("192.0.2.9", 443)
    assert (session.host, session.sni, session.user) == ("cdn.example", "www.example", "alice")
    assert session.tls


def test_what_a_hello_lacks_leaves_the_rest_alone() -> None:
    session = a_session()
    session.destination, session.user, session.host = "192.0.2.1", "bob", "known.example"
    session.greet(Hello(source=address("10.1.2.3"), destination=None, port=443), sni="bad\r\nname")
    assert (session.destination, session.user, session.host) == (
        "192.0.2.1",
        "bob",
        "known.example",
    )
    assert session.sni == "bad\r\nname", "the text that was sent, though it is no valid name"


def test_a_decision_not_to_decrypt_leaves_its_reason_and_zones() -> None:
    session = a_session()
    session.decide(
        Decision(Action.NO_DECRYPT, Reason.RULE, "private", from_zone="trust", to_zone="untrust")
    )
    assert session.reasons == ["rule"]
    assert (session.from_zone, session.to_zone) == ("trust", "untrust")


def test_a_decision_to_decrypt_leaves_no_reason() -> None:
    session = a_session()
    session.decide(Decision(Action.DECRYPT, Reason.NONE, "all"))
    assert session.reasons == []


def test_inbound_is_what_the_client_was_shown() -> None:
    session = a_session()
    session.decide(Decision(Action.DECRYPT, Reason.NONE, "one", type=RuleType.INBOUND_INSPECTION))
    assert not session.inbound
    session.authority = "inbound"
    assert session.inbound


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        pytest.param((), Handling.ALLOW, id="the client broke the handshake off"),
        pytest.param(("unknown-issuer",), Handling.ALLOW, id="a fault is no bypass"),
    ],
)
def test_a_session_that_was_to_be_decrypted(reasons: tuple[str, ...], expected: Handling) -> None:
    session = a_session()
    session.decide(Decision(Action.DECRYPT, Reason.NONE, "one"))
    session.note(*reasons)
    assert session.handling is expected


def test_a_session_that_passes_after_all() -> None:
    session = a_session()
    session.decide(Decision(Action.DECRYPT, Reason.NONE, "one"))
    session.bypass("client-certificate-required")
    assert (session.passed, session.handling) == (True, Handling.BYPASS)
    assert session.reasons == ["client-certificate-required"]


def test_reasons_are_noted_once_and_in_order() -> None:
    session = a_session()
    session.note("unknown-issuer", "incomplete-chain", "unknown-issuer")
    session.note("expired", "", "incomplete-chain")
    assert session.reasons == ["unknown-issuer", "incomplete-chain", "expired"]
    assert all(type(reason) is str for reason in session.reasons)


@pytest.mark.parametrize(
    ("decrypted", "blocked", "expected"),
    [
        (True, False, Handling.ALLOW),
        (False, False, Handling.BYPASS),
        (False, True, Handling.BLOCK),
        (True, True, Handling.BLOCK),
    ],
)
def test_handling(decrypted: bool, blocked: bool, expected: Handling) -> None:
    session = a_session()
    session.decrypted, session.blocked = decrypted, blocked
    assert session.handling is expected


def test_a_block_says_why_and_how_it_ends() -> None:
    session = a_session()
    session.block("unsupported-cipher")
    session.ends(EndReason.FINISHED)
    assert session.handling is Handling.BLOCK
    assert session.reasons == ["unsupported-cipher"]
    assert session.end_reason == "decrypt-unsupport-param"


def test_a_rejected_certificate_is_noted_with_its_alert() -> None:
    session = a_session()
    session.reject("unknown ca")
    assert (session.reasons, session.alert) == (["client-rejected-certificate"], "unknown ca")
    assert session.end_reason == "decrypt-error"


@pytest.mark.parametrize(
    "ends", list(permutations([EndReason.THREAT, EndReason.RESET_BY_CLIENT, EndReason.FINISHED]))
)
def test_the_weightiest_end_stays_whatever_comes_first(ends: tuple[EndReason, ...]) -> None:
    session = a_session()
    for reason in ends:
        session.ends(reason)
    assert session.end_reason is EndReason.THREAT


def ruled(rule: str, action: SecurityAction, category: str = "any") -> SecurityDecision:
    return SecurityDecision(rule, action, ProfileNames(), category)


def test_the_last_security_rule_is_named_while_the_session_goes_on() -> None:
    session = a_session()
    session.govern(ruled("first", SecurityAction.ALLOW, "news"))
    session.govern(ruled("second", SecurityAction.ALLOW, "games"))
    assert (session.security_rule, session.url_category, session.action) == (
        *("second", "games", "allow"),
    )
    assert session.end_reason is EndReason.UNKNOWN and not session.refused


def test_the_security_rule_that_ended_it_stays() -> None:
    session = a_session()
    session.govern(ruled("first", SecurityAction.ALLOW))
    session.govern(ruled("stop", SecurityAction.RESET_CLIENT, "gambling"))
    session.govern(ruled("third", SecurityAction.ALLOW))
    assert (session.security_rule, session.url_category) == ("stop", "gambling")
    assert (session.action, session.end_reason) == ("reset-client", EndReason.POLICY_DENY)
    assert session.handling is not Handling.BLOCK, "the handshakes were not what failed"


def test_what_the_security_rule_said_stays_where_the_handshake_is_ended_for_it() -> None:
    session = a_session()
    session.govern(ruled("stop", SecurityAction.DROP))
    session.block("security-rule")
    assert (session.action, session.end_reason) == ("drop", EndReason.POLICY_DENY)
