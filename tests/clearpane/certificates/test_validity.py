from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import der, validity

UTC_2026 = der.element(der.UTC_TIME, b"260101000000Z")


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_date_is_read_as_it_was_written(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert validity.parse(der.sequence(der.time(moment), UTC_2026))[0] == moment


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        pytest.param(der.UTC_TIME, b"491231235959Z", 2049, id="UTCTime 49 is 2049"),
        pytest.param(der.UTC_TIME, b"500101000000Z", 1950, id="UTCTime 50 is 1950"),
        pytest.param(der.GENERALIZED_TIME, b"20300101000000Z", 2030, id="early GeneralizedTime"),
        pytest.param(der.GENERALIZED_TIME, b"99991231235959Z", 9999, id="no end"),
        pytest.param(der.GENERALIZED_TIME, b"00000101000000Z", None, id="the year 0"),
        pytest.param(der.UTC_TIME, b"260230000000Z", None, id="30 February"),
        pytest.param(der.UTC_TIME, b"260101240000Z", None, id="24 o'clock"),
        pytest.param(der.UTC_TIME, b"260101000060Z", None, id="a leap second"),
        pytest.param(der.UTC_TIME, b"2601010000Z", None, id="no seconds"),
        pytest.param(der.UTC_TIME, b"260101000000+0100", None, id="a zone"),
        pytest.param(der.GENERALIZED_TIME, b"20260101000000.5Z", None, id="a fraction"),
        pytest.param(der.UTC_TIME, b"20260101000000Z", None, id="four digits in UTCTime"),
        pytest.param(der.UTC_TIME, b"+60101000000Z", None, id="a sign"),
        pytest.param(der.UTC_TIME, b"", None, id="nothing"),
        pytest.param(der.UTF8_STRING, b"260101000000Z", None, id="another type"),
    ],
)
def test_a_date_that_breaks_the_rules_is_none(tag: int, text: bytes, expected: int | None) -> None:
    date, _ = validity.parse(der.sequence(der.element(tag, text), UTC_2026))
    assert (date and date.year) == expected


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(der.sequence(), id="no date"),
        pytest.param(der.sequence(UTC_2026), id="one date"),
        pytest.param(der.sequence(UTC_2026, UTC_2026, UTC_2026), id="three dates"),
        pytest.param(der.octet_string(UTC_2026), id="no sequence"),
        pytest.param(b"\x30\x09", id="cut short"),
    ],
)
def test_a_broken_pair_has_no_dates(data: bytes) -> None:
    assert validity.parse(data) == (None, None)
