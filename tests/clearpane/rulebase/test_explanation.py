"""Why each earlier rule did not match, in words that name its key."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

OBJECTS = """
addresses: {branch: 10.2.0.0/16, pool: 10.3.0.5-10.3.0.9, portal: portal.example.com}
services: {https-alt: tcp/8443}
schedules: {nights: {from: "22:00", to: "06:00"}}
"""
CATEGORIES = {"shopping": "shop.example\n", "financial-services": "bank.example\n"}


@pytest.mark.parametrize(
    ("keys", "because"),
    [
        pytest.param("disabled: true", "disabled", id="disabled"),
        pytest.param("expires: 2026-11-24", "expires 2026-11-24 is past", id="expired"),
        pytest.param("from: dmz", "from zone trust is not in dmz", id="from"),
        pytest.param("to: [dmz, trust]", "to zone untrust is not in dmz, trust", id="to"),
        pytest.param(
            "source: [branch, pool]", "source 10.1.2.3 is not in branch, pool", id="source"
        ),
        pytest.param(
            "source: 10.0.0.0/8, negate-source: true",
            "source 10.1.2.3 is in 10.0.0.0/8, which negate-source leaves out",
            id="negated source",
        ),
        pytest.param(
            "destination: [portal]",
            "destination shop.example or 203.0.113.9 is not in portal",
            id="destination",
        ),
        pytest.param(
            "source-user: [finance, bob]",
            "source-user alice is not in finance, bob",
            id="source-user",
        ),
        pytest.param("service: https-alt", "service tcp/443 is not in https-alt", id="service"),
        pytest.param(
            "category: financial-services",
            "category shopping is not in financial-services",
            id="category",
        ),
        pytest.param(
            "schedule: nights", "schedule nights does not hold on wed at 12:05", id="schedule"
        ),
        pytest.param(
            "to: dmz, source: branch, category: financial-services",
            "to zone untrust is not in dmz",
            id="the first of several",
        ),
        pytest.param(
            f"source: [{', '.join(f'11.0.0.{n}' for n in range(11))}]",
            "source 10.1.2.3 is not in "
            + ", ".join(f"11.0.0.{n}" for n in range(8))
            + " and 3 more",
            id="many words",
        ),
    ],
)
def test_the_first_reason(
    build: Callable[..., Any],
    hello: Callable[..., Any],
    now: datetime,
    keys: str,
    because: str,
) -> None:
    built = build(
        f"rules:\n  - {{name: passed, {keys}}}\n  - {{name: taken, action: decrypt}}\n",
        of_objects=OBJECTS,
        of_categories=CATEGORIES,
    )
    explanation = built.rulebase.explain(hello("shop.example", user="alice"), now)

    assert built.problems.errors == []
    assert explanation.decision.rule == "taken"
    assert [(each.rule, each.because) for each in explanation.skipped] == [("passed", because)]


@pytest.mark.parametrize(
    ("keys", "because"),
    [
        pytest.param("from: dmz", "from no zone is not in dmz", id="no zone of the source"),
        pytest.param("to: dmz", "to no zone is not in dmz", id="no zone of the destination"),
        pytest.param(
            "destination: portal", "destination unknown is not in portal", id="no destination"
        ),
        pytest.param(
            "source-user: known-user",
            "source-user nobody known is not in known-user",
            id="nobody known",
        ),
        pytest.param("category: shopping", "category of none is not in shopping", id="no category"),
    ],
)
def test_what_is_not_known_is_said_so(
    build: Callable[..., Any],
    hello: Callable[..., Any],
    now: datetime,
    keys: str,
    because: str,
) -> None:
    built = build(
        f"rules: [{{name: passed, {keys}}}]",
        zones="dmz: {networks: [192.0.2.0/24]}",
        of_objects=OBJECTS,
        of_categories=CATEGORIES,
    )
    explanation = built.rulebase.explain(hello("", destination=""), now)

    assert [each.because for each in explanation.skipped] == [because]
