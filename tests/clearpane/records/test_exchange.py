"""An exchange is written as one HTTP/1.1 message each way, with framing that is true."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from clearpane.records.exchange import NO_GAP, Exchange, Gap, cut, gap, request, response

HEADERS = [(b"Content-Type", b"text/plain"), (b"Transfer-Encoding", b"chunked")]


def test_a_response_says_its_true_length_and_nothing_of_chunks() -> None:
    assert response(200, "OK", HEADERS, b"hello") == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    )


@pytest.mark.parametrize("name", [b"content-length", b"Content-Length", b"Connection"])
def test_framing_of_its_own_is_dropped(name: bytes) -> None:
    assert response(204, "", [(name, b"9")], b"") == b"HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n"


def test_a_request_without_a_body_has_no_length() -> None:
    assert request("GET", "/a", "www.example", [(b"Host", b"www.example")], b"") == (
        b"GET /a HTTP/1.1\r\nHost: www.example\r\n\r\n"
    )


def test_http2_gets_a_host_and_loses_its_pseudo_headers() -> None:
    headers = [(b":method", b"POST"), (b"accept", b"*/*")]
    assert request("POST", "/a", "www.example", headers, b"xy") == (
        b"POST /a HTTP/1.1\r\nHost: www.example\r\naccept: */*\r\nContent-Length: 2\r\n\r\nxy"
    )


def test_line_breaks_start_no_new_header() -> None:
    text = request("GET", "/a\r\nX: 1", "h", [(b"a", b"1\r\nb: 2")], b"")
    assert text == b"GET /a  X: 1 HTTP/1.1\r\nHost: h\r\na: 1  b: 2\r\n\r\n"


def test_text_that_is_no_unicode_is_written_as_the_bytes_it_was() -> None:
    assert request("GET", "/\udcff", "h\udcfe", [], b"").startswith(
        b"GET /\xff HTTP/1.1\r\nHost: h\xfe\r\n"
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda n: request("POST", "/", "h", [], b"ab", missing=n),
        lambda n: response(200, "OK", [], b"ab", missing=n),
    ],
    ids=["a request", "a response"],
)
def test_the_length_counts_what_was_not_kept(make: Callable[[int], bytes]) -> None:
    assert b"Content-Length: 1002\r\n" in make(1_000) and make(1_000).endswith(b"\r\n\r\nab")


def test_a_gap_stands_before_the_tail() -> None:
    said = response(200, "OK", [], b"begintail", missing=90)
    found = gap(said, 4, 90)
    assert said[: found.at].endswith(b"begin") and said[found.at :] == b"tail"
    assert found.length == 90


def an_exchange(
    request: bytes, response: bytes, request_gap: Gap = NO_GAP, response_gap: Gap = NO_GAP
) -> Exchange:
    at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    return Exchange(at, "10.0.0.1", 1, "10.0.0.2", 2, request, response, request_gap, response_gap)


@pytest.mark.parametrize(
    ("exchange", "room", "expected"),
    [
        pytest.param(an_exchange(b"abcd", b"efgh"), 8, an_exchange(b"abcd", b"efgh"), id="it fits"),
        pytest.param(
            an_exchange(b"ab", b"0123456789"),
            8,
            an_exchange(b"ab", b"012789", NO_GAP, Gap(3, 4)),
            id="a long response",
        ),
        pytest.param(
            an_exchange(b"0123456789", b"ab"),
            8,
            an_exchange(b"012789", b"ab", Gap(3, 4)),
            id="a long request",
        ),
        pytest.param(
            an_exchange(b"0123456789", b"abcdefghij"),
            8,
            an_exchange(b"0189", b"abij", Gap(2, 6), Gap(2, 6)),
            id="both are long",
        ),
        pytest.param(
            an_exchange(b"", b"01234589", NO_GAP, Gap(6, 1_000)),
            6,
            an_exchange(b"", b"012389", NO_GAP, Gap(4, 1_002)),
            id="a gap that was there grows",
        ),
        pytest.param(
            an_exchange(b"", b"23456789", NO_GAP, Gap(0, 1_000)),
            6,
            an_exchange(b"", b"456789", NO_GAP, Gap(0, 1_002)),
            id="a beginning that was lost",
        ),
        pytest.param(
            an_exchange(b"", b"01234567", NO_GAP, Gap(8, 1_000)),
            6,
            an_exchange(b"", b"012345", NO_GAP, Gap(6, 1_002)),
            id="an end that was lost",
        ),
        pytest.param(
            an_exchange(b"ab", b"cd"), 0, an_exchange(b"", b"", Gap(0, 2), Gap(0, 2)), id="no room"
        ),
    ],
)
def test_what_is_too_long_keeps_its_beginning_and_its_end(
    exchange: Exchange, room: int, expected: Exchange
) -> None:
    shown = cut(exchange, room)
    assert shown == expected and shown.size <= room
    assert shown.size + shown.missing == exchange.size + exchange.missing
