from datetime import timedelta

import pytest

from chains import NOW
from clearpane.verification.intermediate_cache import (
    KEPT_PROVEN,
    KEPT_UNPROVEN,
    Answer,
    IntermediateCache,
)

URL = "http://ca.test/ca.crt"
GOOD, BAD = Answer((b"certificate",)), Answer(error="timeout")
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("answer", [GOOD, BAD], ids=["certificates", "a failure"])
def test_what_proved_nothing_is_kept_for_ten_minutes(answer: Answer) -> None:
    cache = IntermediateCache()
    cache.put(URL, answer, NOW)
    assert cache.get(URL, NOW + KEPT_UNPROVEN - MOMENT) == answer
    assert cache.get(URL, NOW + KEPT_UNPROVEN) is None
    assert len(cache) == 0


def test_what_completed_a_chain_is_kept_for_a_day() -> None:
    cache = IntermediateCache()
    cache.put(URL, GOOD, NOW)
    cache.prove(URL)
    assert cache.get(URL, NOW + KEPT_PROVEN - MOMENT) == GOOD
    assert cache.get(URL, NOW + KEPT_PROVEN) is None


def test_a_day_counts_from_the_fetching() -> None:
    cache = IntermediateCache()
    cache.put(URL, GOOD, NOW)
    cache.prove(URL)
    assert cache.get(URL, NOW + KEPT_UNPROVEN)
    cache.prove(URL)
    assert cache.get(URL, NOW + KEPT_PROVEN) is None


def test_a_failure_can_prove_nothing() -> None:
    cache = IntermediateCache()
    cache.put(URL, BAD, NOW)
    cache.prove(URL)
    cache.prove("http://unknown.test/")
    assert cache.get(URL, NOW + KEPT_UNPROVEN) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = IntermediateCache(2)
    for url in ("one", "two"):
        cache.put(url, GOOD, NOW)
    assert cache.get("one", NOW)
    cache.put("three", GOOD, NOW)
    assert [url for url in ("one", "two", "three") if cache.get(url, NOW)] == ["one", "three"]
    cache.clear()
    assert len(cache) == 0


def test_a_cache_holds_something() -> None:
    assert IntermediateCache().capacity == 1024
    with pytest.raises(ValueError, match="at least one"):
        IntermediateCache(0)
