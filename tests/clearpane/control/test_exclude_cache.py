import re
from datetime import UTC, datetime, timedelta

import pytest

from clearpane.control import exclude_cache
from clearpane.rulebase.learned import Cause, LearnedExclusions, ProfileId, Server

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PROFILE = ProfileId("default", "f1")


@pytest.fixture
def learned() -> LearnedExclusions:
    table = LearnedExclusions()
    shop = Server("shop.test", "192.0.2.1", 443)
    table.learn(shop, PROFILE, Cause.CLIENT_CERTIFICATE_REQUIRED, NOW)
    app = Server("", "2001:db8::1", 8443)
    table.learn(app, PROFILE, Cause.CLIENT_REJECTED_CERTIFICATE, NOW, "10.0.0.1")
    return table


def test_the_cache_is_shown_newest_first(learned: LearnedExclusions) -> None:
    shown = exclude_cache.show(learned, NOW + timedelta(hours=1))
    lines = str(shown).splitlines()
    app, shop = "[2001:db8::1]:8443", "shop.test:443"
    same = ["default", "1", "2026-11-25T12:00:00+00:00", "39600"]
    assert [re.split(" {2,}", line) for line in lines[2:-1]] == [
        [app, "2001:db8::1", "10.0.0.1", "client-rejected-certificate", *same],
        [shop, "192.0.2.1", "any", "client-certificate-required", *same],
    ]
    columns = ["SERVER", "ADDRESS", "CLIENT", "REASON", "PROFILE", "COUNT", "LEARNED", "TIMEOUT"]
    assert lines[0].split() == columns
    assert lines[-1] == "total entries: 2, limit 1024"


def test_an_empty_cache_still_shows_its_columns() -> None:
    lines = str(exclude_cache.show(LearnedExclusions(), NOW)).splitlines()
    assert "REASON" in lines[0]
    assert lines[2:] == ["no entries", "total entries: 0, limit 1024"]


def test_the_table_is_a_snapshot(learned: LearnedExclusions) -> None:
    shown = exclude_cache.show(learned, NOW)
    learned.clear()
    assert shown.table and len(shown.table().rows) == 2


@pytest.mark.parametrize(
    ("server", "said", "left"),
    [
        pytest.param("", "2 entries cleared", 0, id="all"),
        pytest.param("shop.test", "1 entry cleared", 1, id="one"),
        pytest.param("other.test", "0 entries cleared", 2, id="none"),
    ],
)
def test_clear_says_how_many_went(
    learned: LearnedExclusions, server: str, said: str, left: int
) -> None:
    assert exclude_cache.clear(learned, server).text == said
    assert len(learned.entries(NOW)) == left
