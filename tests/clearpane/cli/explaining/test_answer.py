"""What follows from an answer's parts."""

import pytest

from answers import DECRYPT, answer, passed
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Reason


@pytest.mark.parametrize(
    ("failure", "seen"),
    [
        pytest.param("", True, id="a whole handshake"),
        pytest.param("unsupported-version", True, id="a server that answers in TLS"),
        pytest.param("client-certificate-required", True, id="a server that wants a certificate"),
        pytest.param("server-unreachable", False, id="nobody there"),
        pytest.param("handshake-timeout", False, id="nothing said in time"),
        pytest.param("not-tls", False, id="another protocol"),
    ],
)
def test_a_server_is_seen_where_it_speaks_tls(failure: str, seen: bool) -> None:
    assert answer(failure=failure).seen is seen


def test_what_holds_is_decided_with_the_server_in_view() -> None:
    before = passed(Reason.RULE, rule="private", category="bank")
    found = answer(opening=before, decision=DECRYPT)

    assert found.decision is DECRYPT
    assert answer(step=Step.BYPASS, decision=before).decision is before


def test_a_name_that_the_server_has_not_is_told_from_an_exclusion() -> None:
    before = passed(Reason.RULE, rule="private", category="bank")
    exempt = passed(Reason.EXCLUDED_CUSTOM, exclusion="*.test")

    assert answer(opening=before).unnamed
    assert not answer().unnamed
    assert not answer(step=Step.BYPASS, opening=DECRYPT, decision=exempt).unnamed


def test_without_a_certificate_there_are_no_checks() -> None:
    assert answer(verdict=None).checks == ()
    assert answer().checks
