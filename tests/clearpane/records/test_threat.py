"""The THREAT record."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from clearpane.content.detection import Detection, Severity, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.records import threat
from clearpane.records.actions import DataLogged, FileLogged, UrlLogged
from clearpane.records.text import line
from clearpane.records.threat import Message
from clearpane.sessions.session import Session

type Maker = Callable[..., Session]

EICAR = Detection("Eicar Test File", 100_000, engine="embedded")
DOWNLOAD = Message(
    direction=Direction.DOWNLOAD,
    misc="eicar.com",
    host="files.example",
    url="https://files.example/eicar.com",
    method="GET",
    user_agent="curl/8",
    referer="https://www.example/",
    content_type="application/octet-stream",
    digest="cd" * 32,
)


def test_eicar_over_https(a_session: Maker, now: datetime) -> None:
    row = threat.row(a_session(), now, EICAR, DOWNLOAD, "reset-both", pcap_id=2**64 - 1)
    expected = {
        "type": "THREAT",
        "subtype": "virus",
        "threatid": "Eicar Test File(100000)",
        "severity": "medium",
        "direction": "server-to-client",
        "misc": "eicar.com",
        "flags": "0x81000000",
        "decrypted": True,
        "app": "web-browsing",
        "dport": 443,
        "action": "reset-both",
        "category": "shopping",
        "policy_name": "outbound",
        "sessionid": 4711,
        "src": "10.1.2.3",
        "dst": "192.0.2.9",
        "pcap_id": "18446744073709551615",
        "filedigest": "cd" * 32,
        "http_method": "GET",
        "user_agent": "curl/8",
        "referer": "https://www.example/",
        "contenttype": "application/octet-stream",
        "url": "https://files.example/eicar.com",
        "host": "files.example",
        "sni": "www.example",
        "engine": "embedded",
    }
    assert {key: row.get(key) for key in expected} == expected
    assert {"reason", "member"}.isdisjoint(row)


def test_the_category_is_that_of_no_other_url(a_session: Maker, now: datetime) -> None:
    row = threat.row(a_session(url_category="gambling"), now, EICAR, DOWNLOAD, "block")
    assert row["category"] == "shopping"


def test_eicar_over_http(a_session: Maker, now: datetime) -> None:
    session = a_session(decrypted=False, tls=False, port=80, decision=None, sni="")
    row = threat.row(session, now, EICAR, DOWNLOAD, "reset-both", pcap_id=7)
    assert (row["flags"], row["decrypted"], row["category"]) == ("0x80000000", False, "any")


def test_without_a_capture_there_is_no_flag_and_no_number(a_session: Maker, now: datetime) -> None:
    row = threat.row(a_session(), now, EICAR, DOWNLOAD, "alert")
    assert row["flags"] == "0x1000000" and "pcap_id" not in row


def test_a_member_is_named_and_misc_stays_the_outer_file(a_session: Maker, now: datetime) -> None:
    found = Detection("Worm", 100_002, "a.zip/b.exe", Severity.CRITICAL)
    message = Message(direction=Direction.UPLOAD, misc="outer.zip")
    row = threat.row(a_session(), now, found, message, "block")
    assert (row["misc"], row["member"]) == ("outer.zip", "a.zip/b.exe")
    assert (row["direction"], row["severity"]) == ("client-to-server", "critical")
    assert row["host"] == "www.example", "the session's, where the message names none"


@pytest.mark.parametrize("reason", list(Unread))
def test_what_could_not_be_judged_is_recorded_as_that(
    a_session: Maker, now: datetime, reason: Unread
) -> None:
    finding = Unscanned(reason, "a.zip", "said why")
    row = threat.row(a_session(), now, finding, DOWNLOAD, "alert")
    assert (row["threatid"], row["severity"]) == ("Unscanned(0)", "low")
    assert (row["reason"], row["member"], row["error"]) == ([reason], "a.zip", "said why")


@pytest.mark.parametrize(
    "text", ['a"b', "a\r\nTHREAT,b", "exe\u202egnp", "../../etc/passwd", "\ud800", '=cmd|"/c"']
)
def test_an_outsiders_text_stays_in_its_place(a_session: Maker, now: datetime, text: str) -> None:
    message = Message(
        direction=Direction.DOWNLOAD,
        misc=text,
        host=text,
        url=text,
        user_agent=text,
        referer=text,
        content_type=text,
        method=text,
    )
    written = line(threat.row(a_session(sni=text), now, EICAR, message, "block"))
    assert len(written.splitlines()) == 1
    read = json.loads(written)
    for key in ("misc", "host", "url", "user_agent", "referer", "contenttype", "sni"):
        assert read[key] == (text if text != "\ud800" else "\\ud800")


PAGE = Message(
    direction=Direction.UPLOAD,
    misc="poker",
    host="play.example",
    url="https://play.example/poker?table=1",
    method="GET",
    user_agent="curl/8",
    referer="https://www.example/",
    content_type="text/html",
    categories=("gambling", "games"),
)


@pytest.mark.parametrize(
    ("action", "flags"),
    [
        pytest.param(UrlLogged.ALERT, "0x1000000", id="noted"),
        pytest.param(UrlLogged.BLOCK, "0x1800000", id="blocked"),
        pytest.param(UrlLogged.ASKED, "0x1800000", id="asked whether to go on"),
        pytest.param(UrlLogged.WENT_ON, "0x1000000", id="went on"),
        pytest.param(UrlLogged.PASSWORD_ASKED, "0x1800000", id="asked for the password"),
        pytest.param(UrlLogged.PASSWORD_GIVEN, "0x1000000", id="the password was right"),
        pytest.param(UrlLogged.LOCKED_OUT, "0x1800000", id="too many wrong passwords"),
    ],
)
def test_a_url(a_session: Maker, now: datetime, action: UrlLogged, flags: str) -> None:
    row = threat.url_row(a_session(security_rule="web"), now, PAGE, action)
    expected = {
        "type": "THREAT",
        "subtype": "url",
        "rule": "web",
        "policy_name": "outbound",
        "flags": flags,
        "action": action,
        "misc": "play.example/poker?table=1",
        "threatid": "(9999)",
        "category": "gambling",
        "severity": "informational",
        "direction": "client-to-server",
        "contenttype": "text/html",
        "user_agent": "curl/8",
        "referer": "https://www.example/",
        "http_method": "GET",
        "url_category_list": ["gambling", "games"],
        "url": "https://play.example/poker?table=1",
        "host": "play.example",
    }
    assert {key: row.get(key) for key in expected} == expected
    assert {"pcap_id", "filetype", "member", "delivered"}.isdisjoint(row)


def test_a_url_of_a_session_that_was_not_decrypted(a_session: Maker, now: datetime) -> None:
    """All that is known of it is the name."""
    message = Message(direction=Direction.UPLOAD, misc="play.example/", categories=("gambling",))
    row = threat.url_row(a_session(decrypted=False, app="ssl"), now, message, UrlLogged.BLOCK)
    assert (row["misc"], row["flags"], row["app"]) == ("play.example/", "0x800000", "ssl")


@pytest.mark.parametrize("action", list(FileLogged), ids=list(FileLogged))
@pytest.mark.parametrize("direction", list(Direction), ids=list(Direction))
def test_a_file(a_session: Maker, now: datetime, action: FileLogged, direction: Direction) -> None:
    message = Message(direction=direction, misc="tools.zip", digest="ab" * 32)
    row = threat.file_row(
        a_session(security_rule="web"), now, "pe", message, action, member="a/b.exe", pcap_id=7
    )
    expected = {
        "subtype": "file",
        "rule": "web",
        "flags": "0x81000000",
        "action": action,
        "misc": "tools.zip",
        "threatid": "Microsoft PE File(52060)",
        "category": "shopping",
        "severity": "low",
        "direction": direction,
        "pcap_id": "7",
        "filedigest": "ab" * 32,
        "filetype": "pe",
        "member": "a/b.exe",
    }
    assert {key: row.get(key) for key in expected} == expected


@pytest.mark.parametrize("action", list(DataLogged), ids=list(DataLogged))
def test_data(a_session: Maker, now: datetime, action: DataLogged) -> None:
    message = Message(direction=Direction.UPLOAD, misc="list.csv")
    row = threat.data_row(
        *(a_session(), now, "cards", message, action),
        count=3,
        weight=15,
        matches=("4111********1111",),
        member="a.csv",
    )
    expected = {
        "subtype": "data",
        "action": action,
        "misc": "list.csv",
        "severity": "low",
        "direction": "client-to-server",
        "member": "a.csv",
        "match": ["4111********1111"],
        "count": 3,
        "weight": 15,
    }
    assert {key: row.get(key) for key in expected} == expected
    assert str(row["threatid"]).startswith("cards(6") and "rule" not in row


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        pytest.param(None, {}, id="it was held back whole"),
        pytest.param(0, {"delivered": 0}, id="it flowed, and nothing of it arrived"),
        pytest.param(1_048_576, {"delivered": 1_048_576}, id="a part arrived"),
    ],
)
def test_what_was_delivered_is_said(
    a_session: Maker, now: datetime, delivered: int | None, expected: dict[str, int]
) -> None:
    message = Message(direction=Direction.DOWNLOAD, misc="large.iso", delivered=delivered)
    row = threat.row(a_session(), now, EICAR, message, "reset-both")
    assert {key: row[key] for key in row if key == "delivered"} == expected


def test_what_a_capture_does_not_show_is_said(a_session: Maker, now: datetime) -> None:
    row = threat.row(a_session(), now, EICAR, DOWNLOAD, "alert", pcap_id=7, missing=5)
    assert (row["pcap_id"], row["pcap_missing"]) == ("7", 5)


def test_a_message_may_have_been_judged_by_another_rule(a_session: Maker, now: datetime) -> None:
    session = a_session(security_rule="first")
    message = Message(direction=Direction.DOWNLOAD, misc="a", rule="second")
    assert threat.row(session, now, EICAR, DOWNLOAD, "alert")["rule"] == "first"
    row = threat.row(session, now, EICAR, message, "alert")
    assert row["rule"] == "second" and list(row).index("rule") < list(row).index("srcuser")


def test_the_columns_stand_in_the_order_of_the_firewall(a_session: Maker, now: datetime) -> None:
    message = Message(
        direction=Direction.DOWNLOAD,
        misc="a",
        method="GET",
        content_type="x/y",
        digest="ab",
        user_agent="u",
        referer="r",
        categories=("c",),
    )
    row = threat.file_row(a_session(), now, "exe", message, FileLogged.ALERT, pcap_id=1)
    columns = [
        *("action", "misc", "threatid", "category", "severity", "direction", "contenttype"),
        *("pcap_id", "filedigest", "user_agent", "filetype", "referer", "http_method"),
        *("url_category_list", "high_res_timestamp"),
    ]
    assert [key for key in row if key in columns] == columns
