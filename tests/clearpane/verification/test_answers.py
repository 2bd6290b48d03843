from datetime import UTC, datetime, timedelta

import pytest

from clearpane.verification.answers import UnusableError, lasts_until

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST = 10 * DAY


@pytest.mark.parametrize(
    ("this_update", "next_update", "until"),
    [
        pytest.param(NOW - HOUR, NOW + DAY, NOW + DAY, id="until nextUpdate"),
        pytest.param(NOW - HOUR, NOW, NOW, id="its last moment"),
        pytest.param(NOW + 5 * MINUTE, NOW + DAY, NOW + DAY, id="a clock that is 5 minutes ahead"),
        pytest.param(NOW - DAY, NOW + 20 * DAY, NOW + 9 * DAY, id="no longer than the longest"),
        pytest.param(NOW - LONGEST, NOW + DAY, NOW, id="the longest to the second"),
        pytest.param(NOW - DAY, None, NOW + HOUR, id="an hour without nextUpdate"),
    ],
)
def test_when_an_answer_stops_counting(
    this_update: datetime, next_update: datetime | None, until: datetime
) -> None:
    assert lasts_until(this_update, next_update, NOW, LONGEST) == until


@pytest.mark.parametrize(
    ("this_update", "next_update", "why"),
    [
        pytest.param(NOW + 6 * MINUTE, NOW + DAY, "future", id="from the future"),
        pytest.param(NOW - DAY, NOW - MINUTE, "out of date", id="out of date"),
        pytest.param(NOW - LONGEST - MINUTE, NOW + DAY, "10 days", id="too old in its window"),
        pytest.param(NOW - DAY - MINUTE, None, "a day old", id="a day old without nextUpdate"),
    ],
)
def test_when_an_answer_does_not_count(
    this_update: datetime, next_update: datetime | None, why: str
) -> None:
    with pytest.raises(UnusableError, match=why):
        lasts_until(this_update, next_update, NOW, LONGEST)
