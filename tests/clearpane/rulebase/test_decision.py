"""The words of decisions are those that users write and read."""

from dataclasses import FrozenInstanceError

import pytest

from clearpane.rulebase.decision import Action, Decision, Reason, RuleType


def test_enums_hold_the_words_of_the_files() -> None:
    assert [*Action] == ["decrypt", "no-decrypt"]
    assert [*RuleType] == ["ssl-forward-proxy", "ssl-inbound-inspection"]
    assert [*Reason] == [
        "",
        "rule",
        "no-rule",
        "excluded-predefined",
        "excluded-custom",
        "excluded-learned",
    ]


def test_a_decision_logs_failures_alone_unless_told_otherwise() -> None:
    decision = Decision(Action.NO_DECRYPT, Reason.NO_RULE)

    assert (decision.log_success, decision.log_fail) == (False, True)
    assert (decision.rule, decision.category, decision.exclusion) == ("", "any", "")
    assert not decision.decrypts
    assert Decision(Action.DECRYPT, Reason.NONE).decrypts


def test_a_decision_does_not_change() -> None:
    decision = Decision(Action.DECRYPT, Reason.NONE)

    with pytest.raises(FrozenInstanceError):
        decision.action = Action.NO_DECRYPT  # type: ignore[misc]
