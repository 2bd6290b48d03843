"""When a rule of either rulebase is in force."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clearpane.rulebase.matchers import Matchers
from clearpane.rulebase.schedules import Schedule

NOW = datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        pytest.param(Matchers("r"), True, id="nothing said"),
        pytest.param(Matchers("r", disabled=True), False, id="disabled"),
        pytest.param(Matchers("r", expires=TODAY), True, id="its last day"),
        pytest.param(Matchers("r", expires=TODAY - timedelta(1)), False, id="the day after"),
        pytest.param(Matchers("r", expires=date(2030, 1, 1)), True, id="years before"),
        pytest.param(
            Matchers("r", schedule=Schedule("s", start=480, end=1080)), True, id="on duty"
        ),
        pytest.param(Matchers("r", schedule=Schedule("s", start=0, end=60)), False, id="off duty"),
    ],
)
def test_a_rule_holds(rule: Matchers, holds: bool) -> None:
    assert rule.holds(NOW) is holds
