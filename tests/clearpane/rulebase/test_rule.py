"""When a rule is in force."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clearpane.rulebase.rule import Rule
from clearpane.rulebase.schedules import Schedule

NOW = datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
TODAY = NOW.date()


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        pytest.param(Rule("r"), True, id="nothing said"),
        pytest.param(Rule("r", disabled=True), False, id="disabled"),
        pytest.param(Rule("r", expires=TODAY), True, id="its last day"),
        pytest.param(Rule("r", expires=TODAY - timedelta(1)), False, id="the day after"),
        pytest.param(Rule("r", expires=date(2030, 1, 1)), True, id="years before"),
        pytest.param(Rule("r", schedule=Schedule("s", start=480, end=1080)), True, id="on duty"),
        pytest.param(Rule("r", schedule=Schedule("s", start=0, end=60)), False, id="off duty"),
    ],
)
def test_a_rule_holds(rule: Rule, holds: bool) -> None:
    assert rule.holds(NOW) is holds


def test_a_rule_decrypts_nothing_unless_it_says_so() -> None:
    assert Rule("r").action == "no-decrypt"
    assert Rule("r").type == "ssl-forward-proxy"
