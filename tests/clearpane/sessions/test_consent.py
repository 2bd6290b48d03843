"""An answer holds for its time and for its user, and is asked again once it is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from clearpane.sessions.consent import LIMIT, TRIES, Consent, Consents

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


@pytest.fixture
def consents() -> Consents:
    return Consents()


class TestOptOut:
    def test_nobody_has_answered_at_first(self, consents: Consents) -> None:
        assert consents.state("alice", NOW) is Consent.ASK
        assert consents.seconds("alice", NOW) == 0

    def test_yes_holds_for_a_day(self, consents: Consents) -> None:
        consents.agree("alice", NOW)
        assert consents.state("alice", after(hours=24) - SECOND) is Consent.YES
        assert consents.state("alice", after(hours=24)) is Consent.ASK
        assert consents.state("bob", NOW) is Consent.ASK

    def test_no_holds_for_a_minute(self, consents: Consents) -> None:
        consents.refuse("192.0.2.7", NOW)
        assert consents.state("192.0.2.7", after(seconds=59.9)) is Consent.NO
        assert consents.state("192.0.2.7", after(seconds=60)) is Consent.ASK

    def test_the_seconds_that_are_left_are_rounded_up(self, consents: Consents) -> None:
        consents.refuse("alice", NOW)
        assert consents.seconds("alice", NOW) == 60
        assert consents.seconds("alice", after(seconds=0.1)) == 60
        assert consents.seconds("alice", after(seconds=59.9)) == 1
        assert consents.seconds("alice", after(seconds=61)) == 0

    def test_the_last_answer_counts(self, consents: Consents) -> None:
        consents.agree("alice", NOW)
        consents.refuse("alice", after(hours=1))
        assert consents.state("alice", after(hours=1)) is Consent.NO
        assert consents.state("alice", after(hours=2)) is Consent.ASK


class TestGrants:
    def test_it_holds_for_a_quarter_of_an_hour(self, consents: Consents) -> None:
        consents.grant("alice", "url-continue", "games", NOW)
        assert consents.granted("alice", "url-continue", "games", after(minutes=15) - SECOND)
        assert not consents.granted("alice", "url-continue", "games", after(minutes=15))

    @pytest.mark.parametrize(
        ("user", "kind", "key"),
        [
            pytest.param("bob", "url-continue", "games", id="another user"),
            pytest.param("alice", "url-override", "games", id="another question"),
            pytest.param("alice", "url-continue", "gambling", id="another category"),
        ],
    )
    def test_it_is_for_what_was_asked(
        self, consents: Consents, user: str, kind: str, key: str
    ) -> None:
        consents.grant("alice", "url-continue", "games", NOW)
        assert not consents.granted(user, kind, key, NOW)


class TestPasswords:
    def test_after_three_tries_one_waits_for_half_an_hour(self, consents: Consents) -> None:
        assert [consents.attempt("alice", NOW) for _ in range(5)] == [True] * TRIES + [False] * 2
        assert consents.locked("alice", NOW) == 1_800
        assert not consents.attempt("alice", after(minutes=30) - SECOND)
        assert consents.attempt("alice", after(minutes=30))
        assert consents.locked("alice", after(minutes=30)) == 0

    def test_a_refused_try_does_not_make_it_longer(self, consents: Consents) -> None:
        for _ in range(TRIES):
            consents.attempt("alice", NOW)
        consents.attempt("alice", after(minutes=20))
        assert consents.locked("alice", after(minutes=20)) == 600

    def test_two_wrong_ones_lock_nobody(self, consents: Consents) -> None:
        consents.attempt("alice", NOW)
        consents.attempt("alice", NOW)
        assert consents.locked("alice", NOW) == 0 == consents.locked("bob", NOW)

    def test_the_right_one_forgives(self, consents: Consents) -> None:
        for _ in range(10):
            assert consents.attempt("alice", NOW)
            consents.succeeded("alice")

    def test_an_ipv6_client_has_no_more_tries_than_others(self, consents: Consents) -> None:
        tries = [consents.attempt(f"2001:db8:0:1::{n}", NOW) for n in range(1, 6)]
        assert tries == [True] * TRIES + [False] * 2
        assert consents.attempt("2001:db8:0:2::1", NOW)
        assert consents.locked("2001:db8:0:1:ffff::", NOW) == 1_800


def test_it_is_bounded_and_the_oldest_is_asked_again(consents: Consents) -> None:
    for number in range(LIMIT + 1):
        consents.agree(f"user{number}", NOW)
        consents.grant(f"user{number}", "url-continue", "games", NOW)
    assert consents.state("user0", NOW) is Consent.ASK
    assert not consents.granted("user0", "url-continue", "games", NOW)
    assert consents.state("user1", NOW) is Consent.YES
    assert consents.granted(f"user{LIMIT}", "url-continue", "games", NOW)
