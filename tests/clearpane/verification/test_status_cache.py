from datetime import UTC, datetime, timedelta

import pytest

from clearpane.verification.answers import State, Status
from clearpane.verification.status_cache import CertificateId, StatusCache

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ONE = CertificateId("a", "root")
GOOD = Status(State.GOOD, NOW + HOUR)


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        pytest.param(GOOD, HOUR, id="good until nextUpdate"),
        pytest.param(Status(State.REVOKED, NOW + HOUR), HOUR, id="revoked until nextUpdate"),
        pytest.param(Status(State.UNKNOWN), 60 * SECOND, id="unknown for a minute"),
        pytest.param(Status(State.TIMEOUT), 60 * SECOND, id="a time-out for a minute"),
    ],
)
def test_how_long_an_answer_is_kept(status: Status, kept: timedelta) -> None:
    cache = StatusCache()
    cache.put(ONE, status, NOW)
    assert cache.get(ONE, NOW + kept - SECOND) == status
    assert cache.get(ONE, NOW + kept) is None
    assert len(cache) == 0


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(CertificateId("b", "root"), id="another certificate"),
        pytest.param(CertificateId("a", "other"), id="another issuer"),
    ],
)
def test_an_answer_is_found_only_for_what_it_is_about(other: CertificateId) -> None:
    cache = StatusCache()
    cache.put(ONE, GOOD, NOW)
    assert cache.get(other, NOW) is None


def test_it_never_holds_more_than_its_capacity() -> None:
    cache = StatusCache(3)
    for number in range(100):
        cache.put(CertificateId(str(number), "root"), GOOD, NOW)
        cache.get(CertificateId("0", "root"), NOW)
    assert len(cache) == 3
    assert cache.get(CertificateId("0", "root"), NOW) == GOOD
    assert cache.get(CertificateId("97", "root"), NOW) is None


def test_a_later_answer_takes_the_place_of_an_earlier() -> None:
    cache = StatusCache()
    cache.put(ONE, GOOD, NOW)
    cache.put(ONE, Status(State.REVOKED, NOW + HOUR), NOW)
    found = cache.get(ONE, NOW)
    assert found is not None and found.state == "revoked"


def test_clear_forgets_all() -> None:
    cache = StatusCache()
    cache.put(ONE, GOOD, NOW)
    cache.clear()
    assert cache.get(ONE, NOW) is None


def test_a_cache_holds_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        StatusCache(0)
