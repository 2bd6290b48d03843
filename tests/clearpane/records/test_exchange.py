"""An exchange is written as one HTTP/1.1 message each way, with framing that is true."""

import pytest

from clearpane.records.exchange import request, response

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
