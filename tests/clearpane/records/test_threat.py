"""The THREAT record."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from clearpane.content.detection import Detection, Severity, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.records import threat
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
