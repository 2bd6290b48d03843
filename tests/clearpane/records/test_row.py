"""The columns that every record begins and ends with."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from clearpane.records.row import CAPTURED, category, filled, head, host_category, tail, timestamp
from clearpane.records.text import Row
from clearpane.sessions.session import Session

type Maker = Callable[..., Session]


def test_the_head(a_session: Maker, now: datetime) -> None:
    assert head(a_session(security_rule="web"), "TRAFFIC", "end", now) == {
        "type": "TRAFFIC",
        "subtype": "end",
        "receive_time": "2026/08/12 15:57:14",
        "time_generated": "2026/08/12 15:57:14",
        "src": "10.1.2.3",
        "dst": "192.0.2.9",
        "rule": "web",
        "policy_name": "outbound",
        "srcuser": "alice",
        "app": "web-browsing",
        "from": "trust",
        "to": "untrust",
        "sessionid": 4711,
        "sport": 50_000,
        "dport": 443,
        "flags": "0x1000000",
        "proto": "tcp",
    }


@pytest.mark.parametrize(
    ("decrypted", "source", "more", "expected"),
    [
        pytest.param(True, "10.0.0.1", CAPTURED, "0x81000000", id="decrypted and captured"),
        pytest.param(False, "10.0.0.1", CAPTURED, "0x80000000", id="captured"),
        pytest.param(True, "10.0.0.1", 0, "0x1000000", id="decrypted"),
        pytest.param(False, "10.0.0.1", 0, "0x0", id="neither"),
        pytest.param(False, "2001:db8::1", 0, "0x2000000", id="IPv6"),
    ],
)
def test_flags(
    a_session: Maker, now: datetime, decrypted: bool, source: str, more: int, expected: str
) -> None:
    session = a_session(decrypted=decrypted, source=source)
    assert head(session, "THREAT", "virus", now, more)["flags"] == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, "www.example", id="what was asked for"),
        pytest.param({"host": ""}, "www.example", id="else the SNI"),
        pytest.param({"host": "", "sni": ""}, "192.0.2.9", id="else the address"),
        pytest.param({"host": "", "sni": "", "tls": False}, "", id="nothing without TLS"),
    ],
)
def test_every_tls_session_has_a_host(
    a_session: Maker, now: datetime, values: dict[str, object], expected: str
) -> None:
    assert tail(a_session(**values), now)["host"] == expected


def test_the_tail_has_a_time_with_its_zone(a_session: Maker, now: datetime) -> None:
    assert tail(a_session(), now)["high_res_timestamp"] == "2026-08-12T15:57:14.014+02:00"


def test_what_is_empty_is_left_out_and_what_is_nothing_stays() -> None:
    row: Row = {"a": "", "b": None, "c": [], "d": 0, "e": False, "f": "x"}
    assert filled(row) == {"d": 0, "e": False, "f": "x"}


def test_without_a_decision_the_category_is_any(a_session: Maker) -> None:
    assert (category(a_session()), category(a_session(decision=None))) == ("shopping", "any")


def test_a_hosts_category_is_that_of_no_url(a_session: Maker) -> None:
    asked = a_session(url_category="gambling")
    assert (category(asked), host_category(asked)) == ("gambling", "shopping")
    assert host_category(a_session(decision=None)) == "any"


def test_a_timestamp_has_four_digits_of_year() -> None:
    assert timestamp(datetime(901, 2, 3, 4, 5, 6, tzinfo=UTC)) == "0901/02/03 04:05:06"
