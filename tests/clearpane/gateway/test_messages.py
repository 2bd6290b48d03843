"""mitmproxy's messages in the pipeline's words."""

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from clearpane.content import grpc
from clearpane.content.applications import Application
from clearpane.content.direction import Direction
from clearpane.content.event_stream import EventStream
from clearpane.gateway.messages import (
    answer,
    ask_readably,
    decoder_of,
    ends_with_the_connection,
    file_name,
    framing_of,
    is_framed,
    message_of,
    reader_of,
    stay_on_tcp,
)
from clearpane.pages.page import Page
from clearpane.pipeline.message import Message
from gateways import Gateway

WEB = Application.WEB_BROWSING


def flow_of(path: str = "/", **headers: str) -> http.HTTPFlow:
    """`headers` are the response's."""
    fields = http.Headers([(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()])
    request = tutils.treq(host="www.test", path=path.encode(), headers=http.Headers())
    return tflow.tflow(req=request, resp=tutils.tresp(headers=fields, content=b"body"))


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        pytest.param("/a/b.zip", "", "b.zip", id="the end of the path"),
        pytest.param("/a/b.zip?c=/d", "", "b.zip", id="without the query"),
        pytest.param("/a/b%20c.zip", "", "b c.zip", id="decoded"),
        pytest.param("/a/", "", "www.test/a/", id="a folder is called by its address"),
        pytest.param("/", "", "www.test/", id="and so is the root"),
        pytest.param("/get", 'attachment; filename="x.exe"', "x.exe", id="the name it is offered"),
        pytest.param("/get", "attachment; FileName=x.exe", "x.exe", id="in any case"),
        pytest.param(
            "/get", "attachment; filename*=UTF-8''%C3%A4.exe", "ä.exe", id="with an umlaut"
        ),
        pytest.param("/get", "attachment; filename=", "get", id="an empty name is none"),
        pytest.param("/get", "attachment; filename", "get", id="nor is half a parameter"),
        pytest.param("/get", "inline", "get", id="nothing is offered"),
    ],
)
def test_what_a_record_calls_it(path: str, disposition: str, name: str) -> None:
    headers = {"content_disposition": disposition} if disposition else {}
    assert file_name(flow_of(path, **headers)) == name


def test_a_response_that_has_not_come_has_no_name() -> None:
    flow = flow_of("/a.bin", content_disposition="attachment; filename=b.bin")
    flow.response = None
    assert file_name(flow) == "a.bin"


def test_a_download_as_it_was_received() -> None:
    flow = flow_of("/x", content_type="text/plain", content_encoding="GZIP , br,")
    assert message_of(flow, Direction.DOWNLOAD, Application.GRPC) == Message(
        "http", Direction.DOWNLOAD, "x", ("gzip", "br"), "text/plain", Application.GRPC
    )


def test_codings_on_several_lines_are_one_list() -> None:
    flow = flow_of()
    assert flow.response
    flow.response.headers.set_all("Content-Encoding", ["gzip", "br"])
    assert message_of(flow, Direction.DOWNLOAD, WEB).encodings == ("gzip", "br")


def test_an_upload_is_what_the_request_says_of_it() -> None:
    flow = flow_of("/up", content_type="image/png", content_encoding="br")
    flow.request.headers["Content-Type"] = "text/csv"
    message = message_of(flow, Direction.UPLOAD, WEB)
    assert (message.content_type, message.encodings) == ("text/csv", ())


def test_of_what_is_carried_inside_the_headers_say_nothing() -> None:
    flow = flow_of("/chat", content_type="text/plain", content_encoding="gzip")
    message = message_of(flow, Direction.DOWNLOAD, Application.WEBSOCKET, inside=True)
    assert (message.content_type, message.encodings) == ("", ())
    assert (message.name, message.application) == ("chat", "websocket")


def test_http2_has_a_decoder_of_its_own() -> None:
    flow = flow_of()
    flow.request.http_version = "HTTP/2.0"
    assert message_of(flow, Direction.DOWNLOAD, WEB).decoder == decoder_of(flow) == "http2"


async def test_the_reader_is_the_user_else_the_address(gateway: Gateway) -> None:
    _, live = gateway.open()
    flow = flow_of()
    flow.request.headers["Accept"] = "application/json"
    assert reader_of(live.session, flow).user == "127.0.0.1"
    live.session.user = "alice"
    reader = reader_of(live.session, flow)
    assert (reader.user, reader.accept) == ("alice", "application/json")


def test_a_page_as_an_answer() -> None:
    made = answer(Page(403, "text/html; charset=utf-8", b"<p>no</p>"))
    assert (made.status_code, made.raw_content) == (403, b"<p>no</p>")
    assert made.headers["content-type"] == "text/html; charset=utf-8"
    assert made.headers["connection"] == "close"
    assert made.headers["content-length"] == "9"
    assert made.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        pytest.param("gzip, br", "gzip, br", id="what can be undone is asked for"),
        pytest.param("GZIP;q=0.5 , dcb, zstd", "GZIP;q=0.5, zstd", id="the others are left out"),
        pytest.param("dcb", "identity", id="nothing is left"),
        pytest.param("*", "identity", id="anything at all is too much"),
        pytest.param(None, None, id="nothing was asked for"),
    ],
)
def test_codings_that_can_be_undone_are_asked_for(asked: str | None, sent: str | None) -> None:
    request = tutils.treq(headers=http.Headers())
    if asked is not None:
        request.headers["Accept-Encoding"] = asked
    ask_readably(request, partial=False)
    assert request.headers.get("accept-encoding") == sent


@pytest.mark.parametrize("accept", ["text/event-stream", "text/html, Text/Event-Stream;q=0.5"])
def test_events_are_asked_for_without_a_coding(accept: str) -> None:
    request = tutils.treq(headers=http.Headers(accept=accept, accept_encoding="gzip"))
    ask_readably(request, partial=False)
    assert request.headers["accept-encoding"] == "identity"


FRAMED = [
    pytest.param("text/event-stream", "", EventStream, id="events"),
    pytest.param(
        "Text/Event-Stream; charset=utf-8", "", EventStream, id="events, with a parameter"
    ),
    pytest.param("application/grpc+proto", "", grpc.Messages, id="gRPC"),
    pytest.param("Application/GRPC-web", "identity", grpc.Messages, id="gRPC for browsers"),
    pytest.param("application/grpc-web-text", "", grpc.Text, id="the same in base64"),
    pytest.param("text/event-stream", "gzip", None, id="a coding hides where an event ends"),
    pytest.param("application/grpc", "br", None, id="and where a message does"),
    pytest.param("text/html", "", None, id="a page"),
    pytest.param("", "", None, id="nothing is said"),
]


@pytest.mark.parametrize(("kind", "coding", "reader"), FRAMED)
def test_bodies_that_consist_of_messages(kind: str, coding: str, reader: type | None) -> None:
    fields = {"content_type": kind, "content_encoding": coding}
    response = flow_of("/", **{name: value for name, value in fields.items() if value}).response
    assert response
    assert is_framed(response) is (reader is not None)
    made = framing_of(response)
    assert made is None if reader is None else isinstance(made, reader)


ENDS = [
    pytest.param("HTTP/1.1", {}, True, id="neither length nor chunks"),
    pytest.param("HTTP/1.1", {"content_length": "4"}, False, id="a length"),
    pytest.param("HTTP/1.1", {"transfer_encoding": "chunked"}, False, id="chunks"),
    pytest.param("HTTP/2.0", {}, False, id="HTTP/2 ends its streams"),
]


@pytest.mark.parametrize(("version", "headers", "expected"), ENDS)
def test_whose_end_is_that_of_the_connection(
    version: str, headers: dict[str, str], expected: bool
) -> None:
    flow = flow_of("/", **headers)
    assert flow.response
    flow.request.http_version = version
    if not headers:
        flow.response.headers.pop("content-length", None)
    assert ends_with_the_connection(flow) is expected


@pytest.mark.parametrize("partial", [True, False])
def test_a_part_is_asked_for_only_where_that_is_allowed(partial: bool) -> None:
    request = tutils.treq(headers=http.Headers(range="bytes=1-2", if_range="x"))
    ask_readably(request, partial=partial)
    assert ("range" in request.headers, "if-range" in request.headers) == (partial, partial)


ALT_SVC = [
    pytest.param(['h3=":443"; ma=86400'], [], id="HTTP/3"),
    pytest.param(['h3-29=":443", h2="alt.test:443"; ma=60'], ['h2="alt.test:443"; ma=60'],
                 id="a draft, and HTTP/2 elsewhere"),
    pytest.param(['h3=":443"', 'hq=":1"', 'quic=":443"; v="46,43"'], [], id="older names"),
    pytest.param(["clear"], ["clear"], id="clear"),
    pytest.param([], [], id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "kept"), ALT_SVC)
def test_offers_of_quic_are_taken_out(sent: list[str], kept: list[str]) -> None:
    headers = http.Headers([(b"alt-svc", each.encode()) for each in sent])
    stay_on_tcp(headers)
    assert headers.get_all("alt-svc") == kept
