"""Days and hours in local time, across midnight too."""

from datetime import UTC, datetime

import pytest

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.rulebase.schedules import clock, parse

OFFICE = '{days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00"}'
NIGHT = '{days: [fri], from: "22:00", to: "06:00"}'


def moment(text: str) -> datetime:
    """`wed 12:05` in one certain week, which started on a Monday."""
    day, hours = text.split()
    number = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
    return datetime.strptime(f"2026-11-{23 + number} {hours}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def schedule(text: str, problems: Problems) -> object:
    root = read(f"night: {text}", "objects.yaml", problems)
    block = root.mapping("night") if root else None
    assert block is not None
    return parse("night", block)


@pytest.mark.parametrize(
    ("text", "when", "holds"),
    [
        pytest.param(OFFICE, "wed 12:05", True, id="a weekday at noon"),
        pytest.param(OFFICE, "wed 08:00", True, id="the first minute"),
        pytest.param(OFFICE, "wed 07:59", False, id="the minute before"),
        pytest.param(OFFICE, "wed 17:59", True, id="the last minute"),
        pytest.param(OFFICE, "wed 18:00", False, id="the end itself"),
        pytest.param(OFFICE, "sat 12:05", False, id="a Saturday"),
        pytest.param(NIGHT, "fri 23:00", True, id="before midnight"),
        pytest.param(NIGHT, "sat 05:59", True, id="after midnight it is still Friday's"),
        pytest.param(NIGHT, "sat 06:00", False, id="the end after midnight"),
        pytest.param(NIGHT, "fri 05:00", False, id="Friday morning is Thursday's"),
        pytest.param(NIGHT, "sat 23:00", False, id="Saturday night"),
        pytest.param(
            '{days: [sun], from: "22:00", to: "06:00"}', "mon 01:00", True, id="week's end"
        ),
        pytest.param('{from: "22:00", to: "06:00"}', "tue 03:00", True, id="every night"),
        pytest.param("{days: [sat, sun]}", "sat 00:00", True, id="whole days begin at midnight"),
        pytest.param("{days: [sat, sun]}", "sun 23:59", True, id="and end at midnight"),
        pytest.param("{days: [sat, sun]}", "mon 00:00", False, id="and no later"),
        pytest.param('{from: "22:00", to: "24:00"}', "mon 23:59", True, id="24:00 is the end"),
        pytest.param('{from: "22:00", to: "00:00"}', "mon 23:59", True, id="so is 00:00"),
        pytest.param("{to: 8:00}", "mon 00:00", True, id="from is the start of the day"),
    ],
)
def test_a_schedule_holds(text: str, when: str, holds: bool) -> None:
    problems = Problems()
    found = schedule(text, problems)

    assert not problems.found
    assert found.holds(moment(when)) is holds  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{days: [mon, wednesday]}", "wednesday is no day", id="a long day"),
        pytest.param("{days: []}", "empty list", id="no days"),
        pytest.param('{from: "25:00"}', "not a time of day", id="hour 25"),
        pytest.param('{from: "08:60"}', "not a time of day", id="minute 60"),
        pytest.param('{to: "24:01"}', "not a time of day", id="past the end of the day"),
        pytest.param("{from: 8}", "not a time of day", id="a bare hour"),
        pytest.param('{from: "08:00", to: "08:00"}', "leave no time", id="an empty window"),
        pytest.param('{from: "00:00", to: "24:00", day: mon}', "unknown key day", id="a slip"),
    ],
)
def test_slips_are_reported_at_their_place(text: str, message: str) -> None:
    problems = Problems()
    schedule(text, problems)

    assert [message in str(each) for each in problems.errors] == [True]
    assert problems.errors[0].place.startswith("objects.yaml:1:")


def test_the_clock_counts_minutes() -> None:
    assert [clock(text) for text in ("00:00", "8:05", "24:00")] == [0, 485, 1440]
