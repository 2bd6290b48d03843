"""HTTP messages of mitmproxy as the pipeline takes them, and the product's pages as answers."""

import re
from email.message import Message as MimeMessage
from urllib.parse import unquote

from mitmproxy import http

from clearpane.content import grpc
from clearpane.content.applications import Application
from clearpane.content.direction import Direction
from clearpane.content.encodings import CODINGS, names
from clearpane.content.event_stream import EventStream
from clearpane.content.grpc import is_grpc
from clearpane.gateway.body import Framing
from clearpane.pages.page import Page, Reader
from clearpane.pipeline.message import Message
from clearpane.sessions.session import Session

_EVENTS = "text/event-stream"
# RFC 7838 section 3: alternatives are parted by commas, which quoted values may hold too.
_ALTERNATIVE = re.compile(r'[^\s,](?:"[^"]*"|[^",])*')
# HTTP/3, its drafts, and Google's QUIC before it.
_QUIC = re.compile(r"(h3|hq|quic)[^=,]*=", re.IGNORECASE)


def message_of(
    flow: http.HTTPFlow, direction: Direction, application: Application, *, inside: bool = False
) -> Message:
    """What is known of a body before any of it is looked at; `inside`: of a message that the
    exchange only carries, as a WebSocket's, which its headers do not speak of."""
    sent = flow.request if direction is Direction.UPLOAD else flow.response
    fields = fields_of(sent) if sent and not inside else {}
    return Message(
        decoder=decoder_of(flow),
        direction=direction,
        name=file_name(flow),
        encodings=tuple(names([fields.get("content-encoding", "")])),
        content_type=fields.get("content-type", ""),
        application=application,
    )


def fields_of(message: http.Message) -> dict[str, str]:
    """The header fields by their names in lower case; those of one name are joined by commas.

    mitmproxy's own Headers go through all of them for each that is asked for.
    """
    fields: dict[str, str] = {}
    for raw, value in message.headers.fields:
        name, text = raw.decode("latin-1").lower(), value.decode("utf-8", "surrogateescape")
        fields[name] = f"{fields[name]},{text}" if name in fields else text
    return fields


def is_framed(message: http.Message) -> bool:
    """Whether a body consists of messages that go on one by one; codings would hide them."""
    fields = fields_of(message)
    kind = fields.get("content-type", "").lstrip().lower()
    framed = kind.startswith(_EVENTS) or is_grpc(kind)
    return framed and not names([fields.get("content-encoding", "")])


def framing_of(message: http.Message) -> Framing | None:
    """The reader for a body that consists of messages."""
    if not is_framed(message):
        return None
    kind = message.headers.get("content-type", "")
    if is_grpc(kind):
        return grpc.reader(kind, message.headers.get("grpc-encoding", ""))
    return EventStream()


def ends_with_the_connection(flow: http.HTTPFlow) -> bool:
    """Whether only the end of the connection tells a client that the response is complete."""
    assert flow.response
    headers = flow.response.headers
    return not flow.request.is_http2 and not {"content-length", "transfer-encoding"} & {
        name.lower() for name in headers
    }


def decoder_of(flow: http.HTTPFlow) -> str:
    return "http2" if flow.request.is_http2 else "http"


def ask_readably(request: http.Request, *, partial: bool) -> None:
    """Asks for an answer that can be inspected: whole, and in a coding that can be undone."""
    fields = fields_of(request)
    for header in () if partial else ("range", "if-range"):
        if header in fields:
            del request.headers[header]
    if "accept-encoding" not in fields:
        return
    if _EVENTS in fields.get("accept", "").lower():
        request.headers["accept-encoding"] = "identity"  # events can't be told apart in a coding
        return
    offers = fields["accept-encoding"].split(",")
    readable = [offer.strip() for offer in offers if _coding(offer) in (*CODINGS, "identity")]
    if len(readable) < len(offers):
        request.headers["accept-encoding"] = ", ".join(readable) or "identity"


def _coding(offer: str) -> str:
    return offer.partition(";")[0].strip().lower()


def file_name(flow: http.HTTPFlow) -> str:
    """What a record calls the content: the name it was offered by, else the end of the path."""
    offered = flow.response.headers.get("content-disposition", "") if flow.response else ""
    if "filename" in offered.lower():
        header = MimeMessage()
        header["content-disposition"] = offered.replace("\r", " ").replace("\n", " ")
        if name := header.get_filename():
            return name
    path = flow.request.path.partition("?")[0]
    if "%" in path:
        path = unquote(path)
    return path.rsplit("/", 1)[-1] or f"{flow.request.pretty_host}{path}"


def reader_of(session: Session, flow: http.HTTPFlow) -> Reader:
    return Reader(session.user or session.source, flow.request.headers.get("accept", ""))


def answer(page: Page) -> http.Response:
    """A page as mitmproxy sends it; the connection is not used again after it on HTTP/1."""
    return http.Response.make(page.status, page.body, {**page.headers, "Connection": "close"})


def stay_on_tcp(headers: http.Headers) -> None:
    """Takes the offers of HTTP/3 from Alt-Svc (RFC 7838): QUIC would go past the gateway."""
    offered = headers.get_all("alt-svc")
    if not offered:
        return
    kept = [each for each in _ALTERNATIVE.findall(",".join(offered)) if not _QUIC.match(each)]
    headers.pop("alt-svc")
    if kept:
        headers["alt-svc"] = ", ".join(kept)
