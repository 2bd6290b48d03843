"""A capture in the newer form says itself what was found in it."""

import json
import struct
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearpane.records.exchange import Exchange, request, response
from clearpane.records.pcapng import COMMENT_LIMIT, build

AT = datetime(2026, 11, 25, 12, 0, 0, 123_456, tzinfo=UTC)

type Tshark = Callable[..., str]


def an_exchange(name: str = "eicar.com") -> Exchange:
    asked = request("GET", f"/{name}", "files.example", [], b"")
    said = response(200, "OK", [(b"Content-Type", b"application/octet-stream")], b"content")
    return Exchange(AT, "10.1.2.3", 50_000, "192.0.2.9", 443, asked, said)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "one.pcapng"


def comments(tshark: Tshark, path: Path) -> list[str]:
    """The comment of each packet, empty where it has none."""
    return tshark(path, "-T", "fields", "-e", "frame.comment").splitlines()


def of_the_file(path: Path) -> str:
    done = subprocess.run(["capinfos", "-k", path], capture_output=True, text=True, check=True)
    return done.stdout.partition("Capture comment:")[2].strip()


def test_the_record_stands_on_the_file_and_on_the_finding(tshark: Tshark, capture: Path) -> None:
    record = '{"type":"THREAT","misc":"größe \\"1\\".exe","pcap_id":"18446744073709551615"}'
    capture.write_bytes(build(an_exchange("before"), an_exchange(), comment=record))
    assert of_the_file(capture) == record
    marked = [text for text in comments(tshark, capture) if text]
    assert len(marked) == 1 and json.loads(marked[0])["misc"] == 'größe "1".exe'
    shown = tshark(capture, "-Y", "frame.comment", "-T", "fields", "-e", "http.request.uri")
    assert shown.strip() == "/eicar.com", "the last exchange is the one with the finding"


def test_without_a_comment_there_is_none(tshark: Tshark, capture: Path) -> None:
    capture.write_bytes(build(an_exchange()))
    assert set(comments(tshark, capture)) == {""} and of_the_file(capture) == ""


def test_a_talk_that_only_the_server_led_is_marked_too(tshark: Tshark, capture: Path) -> None:
    greeting = Exchange(AT, "10.1.2.3", 50_000, "192.0.2.9", 25, b"", b"220 ready\r\n")
    capture.write_bytes(build(greeting, comment="found"))
    assert comments(tshark, capture)[3] == "found"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        pytest.param("a" * COMMENT_LIMIT, "a", id="it just fits"),
        pytest.param("a" * (COMMENT_LIMIT + 1), "… (cut)", id="one byte too long"),
        pytest.param("ü" * COMMENT_LIMIT, "ü… (cut)", id="a character that the cut goes through"),
        pytest.param("a" + "ü" * COMMENT_LIMIT, "ü… (cut)", id="the same, shifted by one"),
        pytest.param("a\ud800", "a\\ud800", id="a lone surrogate"),
    ],
)
def test_a_comment_of_any_length_and_text_is_read(
    tshark: Tshark, capture: Path, text: str, end: str
) -> None:
    capture.write_bytes(build(an_exchange(), comment=text))
    found = next(comment for comment in comments(tshark, capture) if comment)
    assert found.endswith(end) and len(found.encode()) <= COMMENT_LIMIT


def test_times_are_exact(tshark: Tshark, capture: Path) -> None:
    capture.write_bytes(build(an_exchange()))
    times = tshark(capture, "-T", "fields", "-e", "frame.time_epoch").split()
    assert times[:2] == ["1795608000.123456000", "1795608000.123457000"]


def test_blocks_follow_each_other_to_the_end() -> None:
    """Each block gives its length at both ends, in whole words of four bytes."""
    data, at, kinds = build(an_exchange(), comment="abc"), 0, []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and struct.unpack_from("<I", data, at + length - 4) == (length,)
        kinds.append(kind)
        at += length
    assert at == len(data) and kinds == [0x0A0D0D0A, 1] + [6] * 10
