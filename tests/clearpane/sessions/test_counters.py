"""Counters and hit counts."""

from datetime import UTC, datetime, timedelta

from clearpane.sessions.counters import LIMIT, Counters, HitCounts, Hits

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def test_counting() -> None:
    counters = Counters()
    counters.count("b")
    counters.count("a", 3)
    counters.count("b")
    assert counters.all() == {"a": 3, "b": 2}
    assert counters["a"] == 3 and counters["never"] == 0


def test_names_past_the_limit_count_as_other() -> None:
    counters = Counters()
    for number in range(LIMIT + 50):
        counters.count(f"name {number}")
    counters.count("name 0")
    assert counters["other"] == 50
    assert counters["name 0"] == 2, "a known name still counts as itself"
    assert len(counters.all()) == LIMIT + 1


def test_hits_keep_the_first_and_the_last_time() -> None:
    hits = HitCounts()
    hits.hit("finance", NOON)
    hits.hit("finance", LATER)
    hits.hit("rest", LATER)
    assert hits.all() == {"finance": Hits(2, NOON, LATER), "rest": Hits(1, LATER, LATER)}


def test_a_new_rulebase_keeps_the_hits_of_rules_that_stayed() -> None:
    hits = HitCounts()
    hits.hit("stays", NOON)
    hits.hit("gone", NOON)
    hits.keep(["stays", "new"])
    assert hits.all() == {"stays": Hits(1, NOON, NOON)}
