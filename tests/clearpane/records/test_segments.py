"""Several exchanges are one session in their order; what is missing is a hole that tshark sees."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clearpane.content.direction import Direction
from clearpane.records.dialogue import Dialogue
from clearpane.records.exchange import Exchange, Gap, gap, request, response
from clearpane.records.pcap import build
from clearpane.records.segments import packets

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OCTETS = [(b"Content-Type", b"application/octet-stream")]

type Tshark = Callable[..., str]
type Exported = Callable[..., dict[str, bytes]]


def an_exchange(name: str, *, server: str = "192.0.2.9", seconds: float = 0) -> Exchange:
    asked = request("GET", f"/{name}", "files.example", [], b"")
    said = response(200, "OK", OCTETS, f"body of {name}".encode())
    at = AT + timedelta(seconds=seconds)
    return Exchange(at, "10.1.2.3", 50_000, server, 443, asked, said)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "one.pcap"


def column(tshark: Tshark, path: Path, field: str, *arguments: str) -> list[str]:
    return tshark(path, *arguments, "-T", "fields", "-e", field).split()


def test_exchanges_stand_in_one_session_in_their_order(
    tshark: Tshark, exported: Exported, capture: Path
) -> None:
    names = [f"{number}.bin" for number in (3, 1, 2)]
    capture.write_bytes(build(*(an_exchange(name, seconds=n) for n, name in enumerate(names))))
    assert column(tshark, capture, "http.request.uri") == [f"/{name}" for name in names]
    assert set(column(tshark, capture, "tcp.stream")) == {"0"}
    assert exported(capture) == {name: f"body of {name}".encode() for name in names}
    assert tshark(capture, "-Y", "tcp.analysis.flags || _ws.malformed") == ""
    seconds = column(tshark, capture, "frame.time_relative", "-Y", "http.request")
    assert [int(float(second)) for second in seconds] == [0, 1, 2]


def test_each_server_has_a_session_of_its_own(tshark: Tshark, capture: Path) -> None:
    one, two = "192.0.2.9", "2001:db8::2"
    capture.write_bytes(
        build(an_exchange("a", server=one), an_exchange("b", server=two), an_exchange("c"))
    )
    asked = tshark(
        capture, "-Y", "http.request", "-T", "fields", "-e", "tcp.stream", "-e", "http.request.uri"
    )
    assert asked.split() == ["0", "/a", "1", "/b", "0", "/c"]
    assert tshark(capture, "-Y", "tcp.analysis.flags || _ws.malformed") == ""


def test_time_never_goes_back() -> None:
    found = list(packets([an_exchange("a", seconds=5), an_exchange("b", seconds=0)]))
    times = [packet.at for packet in found]
    assert times == sorted(times) and len(set(times)) == len(times)


def test_the_last_exchange_is_marked_where_its_content_begins() -> None:
    found = list(packets([an_exchange("a"), an_exchange("b")]))
    marked = [packet for packet in found if packet.marked]
    assert len(marked) == 1 and b"GET /b " in marked[0].data


def test_nothing_makes_no_packet() -> None:
    assert list(packets([])) == []


@pytest.mark.parametrize(
    ("missing", "jump"),
    [
        pytest.param(1, 1, id="one byte"),
        pytest.param(10_000_000, 10_000_000, id="10 MB"),
        pytest.param(5 * 2**32, 2**30, id="more than sequence numbers can say"),
    ],
)
def test_what_was_not_kept_is_a_hole(
    tshark: Tshark, capture: Path, missing: int, jump: int
) -> None:
    tail = b"z" * 2_000
    said = response(200, "OK", OCTETS, b"a" * 5_000 + tail, missing=missing)
    exchange = Exchange(
        *(AT, "10.1.2.3", 50_000, "192.0.2.9", 443),
        request("GET", "/large.bin", "files.example", [], b""),
        said,
        response_gap=gap(said, len(tail), missing),
    )
    capture.write_bytes(build(exchange))
    lost = "tcp.analysis.lost_segment"
    assert len(column(tshark, capture, "frame.number", "-Y", lost)) == 1
    assert tshark(capture, "-Y", "_ws.malformed") == ""
    head = ["-o", "http.desegment_body:FALSE"]
    length = column(tshark, capture, "http.content_length", *head, "-Y", "http.response")
    assert length == [str(7_000 + missing)]
    followed = tshark(capture, "-q", "-z", "follow,tcp,ascii,0")
    assert f"[{jump} bytes missing in capture file]" in followed
    assert followed.count("z") >= 2_000


@pytest.mark.parametrize(
    "where", [pytest.param(Gap(0, 500), id="first"), pytest.param(Gap(3, 500), id="last")]
)
def test_a_hole_may_stand_at_either_end(tshark: Tshark, capture: Path, where: Gap) -> None:
    talk = Exchange(AT, "10.1.2.3", 1_025, "192.0.2.9", 4_711, b"ask", b"abc", response_gap=where)
    capture.write_bytes(build(talk))
    assert len(column(tshark, capture, "frame.number", "-Y", "tcp.analysis.lost_segment")) == 1


def test_another_protocol_is_read_as_what_it_is(tshark: Tshark, capture: Path) -> None:
    talk = Dialogue()
    for direction, text in [
        (Direction.DOWNLOAD, "* OK ready\r\n"),
        (Direction.UPLOAD, "a1 FETCH 1 BODY[]\r\n"),
        (Direction.DOWNLOAD, "* 1 FETCH (BODY[] {5}\r\nhello)\r\n"),
        (Direction.DOWNLOAD, "a1 OK done\r\n"),
    ]:
        talk.add(direction, text.encode(), AT)
    exchanges = talk.exchanges(("10.1.2.3", 50_000), ("192.0.2.9", 993))
    capture.write_bytes(build(*exchanges))
    read = tshark(
        capture, "-d", "tcp.port==993,imap", "-Y", "imap", "-T", "fields", "-e", "imap.line"
    )
    assert read.index("ready") < read.index("a1 FETCH 1 BODY[]") < read.index("a1 OK done")
