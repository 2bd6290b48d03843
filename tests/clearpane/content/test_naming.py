"""What begins like a protocol is named after it, once and for all; what is near is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content.applications import Application
from clearpane.content.naming import SPAN, of_request, of_stream

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
RDP = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"
MCS = b"\x03\x00\x01\xca\x02\xf0\x80\x7f\x65\x82\x01\xbe\x04\x01\x01"
CREDSSP = b"\x30\x37\xa0\x03\x02\x01\x06\xa1\x30\x30\x2e"
LONG_CREDSSP = b"\x30\x82\x02\x41\xa0\x03\x02\x01\x02\xa1\x82\x02\x3a"

CLIENT_FIRST = [
    pytest.param(b"GET / HTTP/1.1\r\n", "web-browsing", id="a request"),
    pytest.param(b"\r\nGET / HTTP/1.0\n", "web-browsing", id="a request after an empty line"),
    pytest.param(b"M-SEARCH * HTTP/1.1\r\n", "web-browsing", id="a rare method"),
    pytest.param(b"GET /" + b"a" * 600, "web-browsing", id="a URL longer than what is looked at"),
    pytest.param(PREFACE, "web-browsing", id="HTTP/2 with prior knowledge"),
    pytest.param(HELLO, "ssl", id="TLS in TLS"),
    pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "ssh", id="ssh"),
    pytest.param(b"SSH-1.99-x\r\n", "ssh", id="ssh of an old kind"),
    pytest.param(RDP, "rdp", id="an X.224 connection request"),
    pytest.param(MCS, "rdp", id="MCS after TLS"),
    pytest.param(CREDSSP, "rdp", id="network level authentication"),
    pytest.param(LONG_CREDSSP, "rdp", id="the same with a long length"),
    pytest.param(b"\x13BitTorrent protocol\0\0", "bittorrent", id="a BitTorrent handshake"),
    pytest.param(b"EHLO client.example\r\n", "smtp", id="a mail client that does not wait"),
    pytest.param(b"a1 CAPABILITY\r\n", "imap", id="an IMAP client that does not wait"),
    # near misses
    pytest.param(b"GET / HTTP/9.9\r\n", "unknown-tcp", id="no such HTTP"),
    pytest.param(b"OPTIONS rtsp://a/ RTSP/1.0\r\n", "unknown-tcp", id="RTSP"),
    pytest.param(b"get key\r\n", "unknown-tcp", id="memcached"),
    pytest.param(b"GET x" + b"a" * 600, "unknown-tcp", id="a long line that is no request"),
    pytest.param(b"\x16\x03\x01\x02\x00\x02", "unknown-tcp", id="a server's hello"),
    pytest.param(b"\x16\x03\x09\x02\x00\x01", "unknown-tcp", id="no version of TLS"),
    pytest.param(b"SSH-3.0-x\r\n", "unknown-tcp", id="no version of ssh"),
    pytest.param(b"\x13BitTorrent protocal", "unknown-tcp", id="almost BitTorrent"),
    pytest.param(b"\x03\x00\x00\x08\x08\x02\x00\x00", "unknown-tcp", id="TPKT of a telephone"),
    pytest.param(b"\x30\x0c\x02\x01\x01\x60\x07", "unknown-tcp", id="LDAP"),
    pytest.param(b"EHLOX\r\n", "unknown-tcp", id="almost EHLO"),
    pytest.param(b"a1 CAPABLE\r\n", "unknown-tcp", id="almost CAPABILITY"),
    pytest.param(b"\x00\x01\x02", "unknown-tcp", id="binary"),
    pytest.param(b"\r\n" * 300, "unknown-tcp", id="empty lines without end"),
]

SERVER_FIRST = [
    pytest.param(b"", b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "imap", id="imap"),
    pytest.param(b"", b"* PREAUTH hello\r\n", "imap", id="imap without a login"),
    pytest.param(b"", b"+OK POP3 ready <1@a>\r\n", "pop3", id="pop3"),
    pytest.param(b"", b"SSH-2.0-x\r\n", "ssh", id="an ssh server that is quicker"),
    pytest.param(b"", b"220 mail.example ESMTP Postfix\r\n", "smtp", id="a mail server"),
    pytest.param(b"", b"220 (vsFTPd 3.0.3)\r\n", "ftp", id="vsFTPd"),
    pytest.param(b"", b"220 ProFTPD Server ready\r\n", "ftp", id="ProFTPD"),
    pytest.param(b"", b"220-Welcome\r\nto us\r\n220 FTP ready\r\n", "ftp", id="of several lines"),
    pytest.param(b"", b"220 ftp.example.com ESMTP\r\n", "smtp", id="a mail server called ftp"),
    pytest.param(b"", b"220 smtp.example.com FTP ready\r\n", "ftp", id="and the other way round"),
    pytest.param(b"EHLO a\r\n", b"220 hello\r\n", "smtp", id="the client tells: mail"),
    pytest.param(b"helo a\r\n", b"220\r\n", "smtp", id="in small letters, after a bare code"),
    pytest.param(b"USER a\r\n", b"220 hello\r\n", "ftp", id="the client tells: files"),
    pytest.param(b"AUTH TLS\r\n", b"220 hello\r\n", "ftp", id="the client tells: files over TLS"),
    pytest.param(b"NOOP\r\nFEAT\r\n", b"220 hello\r\n", "ftp", id="by its second command"),
    pytest.param(b"EHLO a\r\n", b"220 FTP and SMTP\r\n", "smtp", id="a greeting that says both"),
    pytest.param(b"USER a\r\n", b"220 FTP and SMTP\r\n", "ftp", id="the same for files"),
    pytest.param(b"", b"220 files.ftp ESMTP\r\n", "smtp", id="a host name that ends in ftp"),
    pytest.param(b"", b"220 ESMTP " + b"a" * 600, "smtp", id="a greeting without end"),
    pytest.param(b"x\r\n" * 200, b"220 hello\r\n", "unknown-tcp", id="a client that never tells"),
    # near misses
    pytest.param(b"", b"* NO\r\n", "unknown-tcp", id="almost imap"),
    pytest.param(b"", b"+NO\r\n", "unknown-tcp", id="almost pop3"),
    pytest.param(b"", b"2200 x\r\n", "unknown-tcp", id="almost a code"),
    pytest.param(b"GET / HTTP/1.1\r\n", b"hello\r\n", "unknown-tcp", id="a greeting before HTTP"),
]


@pytest.mark.parametrize(("client", "name"), CLIENT_FIRST)
def test_a_stream_that_the_client_opens(client: bytes, name: str) -> None:
    assert of_stream(client, b"anything", server_first=False) == name


@pytest.mark.parametrize(("client", "server", "name"), SERVER_FIRST)
def test_a_stream_with_a_greeting(client: bytes, server: bytes, name: str) -> None:
    assert of_stream(client, server, server_first=True) == name


@pytest.mark.parametrize(
    ("client", "server", "server_first"),
    [
        pytest.param(b"", b"", False, id="nothing"),
        pytest.param(b"", b"* OK hi\r\n", False, id="a client that was silent"),
        pytest.param(b"G", b"", False, id="one letter"),
        pytest.param(b"GET / HTTP/1.1", b"", False, id="a line without its end"),
        pytest.param(b"\x16\x03\x01", b"", False, id="half a record"),
        pytest.param(b"\x13BitTorrent prot", b"", False, id="half a handshake"),
        pytest.param(b"EHLO", b"", False, id="a verb that may go on"),
        pytest.param(b"", b"* O", True, id="half a greeting"),
        pytest.param(b"USER a\r\n", b"220 hel", True, id="a greeting without its end"),
        pytest.param(b"", b"220 hello\r\n", True, id="a greeting that says nothing"),
        pytest.param(b"USER", b"220 hello\r\n", True, id="a command without its end"),
        pytest.param(b"", b"220-Welcome\r\n220-to us\r\n", True, id="a greeting that goes on"),
    ],
)
def test_more_is_needed(client: bytes, server: bytes, server_first: bool) -> None:
    assert of_stream(client, server, server_first=server_first) is None


def rows() -> list[tuple[bytes, bytes, bool]]:
    by_client = [(row.values[0], b"", False) for row in CLIENT_FIRST]
    by_server = [(row.values[0], row.values[1], True) for row in SERVER_FIRST]
    return [(c, s, first) for c, s, first in (*by_client, *by_server) if isinstance(c, bytes)]


@pytest.mark.parametrize("client_ahead", [True, False], ids=["client ahead", "server ahead"])
def test_no_further_byte_changes_an_answer(client_ahead: bool) -> None:
    for client, server, server_first in rows():
        sizes = [(n, len(server)) if client_ahead else (len(client), n) for n in range(SPAN + 99)]
        ahead = [(0, n) if client_ahead else (n, 0) for n in range(SPAN + 99)]
        answers = [
            of_stream(client[:c], server[:s], server_first=server_first)
            for c, s in (*ahead, *sizes)
        ]
        decided = [answer for answer in answers if answer]
        assert len(set(decided)) == 1
        assert answers[-1] == decided[0] and None not in answers[answers.index(decided[0]) :]


TEXT = "GET| |/|HTTP/1.1|\r|\n|220|-|FTP|ESMTP|EHLO|USER|a1|LOGIN|* OK"
SIGNS = [b"\x16\x03", b"\x01", b"\x03\x00", b"\xe0", b"\x30", b"\xa0\x03"]
WORDS = st.sampled_from([*TEXT.encode().split(b"|"), *SIGNS])
BYTES = st.lists(st.one_of(WORDS, st.binary(max_size=3)), max_size=14).map(b"".join)


@given(BYTES, BYTES, BYTES, BYTES, st.booleans())
def test_whatever_is_said_an_answer_stays(
    client: bytes, server: bytes, more: bytes, answer: bytes, server_first: bool
) -> None:
    before = of_stream(client, server, server_first=server_first)
    for c, s in (
        (client + more, server),
        (client, server + answer),
        (client + more, server + answer),
    ):
        assert before in (None, of_stream(c, s, server_first=server_first))


@given(st.binary(min_size=SPAN, max_size=SPAN + 9), st.booleans())
def test_what_is_looked_at_has_an_end(data: bytes, server_first: bool) -> None:
    assert of_stream(data, data, server_first=server_first) is not None


GRPC, DNS, JSON = "application/grpc", "application/dns-message", "application/dns-json"


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        pytest.param({}, "web-browsing", id="a page"),
        pytest.param({"upgrade": "WebSocket"}, "websocket", id="an upgrade"),
        pytest.param({"upgrade": "h2c, websocket"}, "websocket", id="one of two upgrades"),
        pytest.param({"upgrade": "h2c"}, "web-browsing", id="an upgrade to HTTP/2"),
        pytest.param(
            {"method": "CONNECT", "protocol": "websocket"}, "websocket", id="extended CONNECT"
        ),
        pytest.param({"protocol": "websocket"}, "web-browsing", id="a protocol without CONNECT"),
        pytest.param({"method": "POST", "content_type": GRPC}, "grpc", id="gRPC"),
        pytest.param({"content_type": GRPC + "+proto; a=b"}, "grpc", id="gRPC with its encoding"),
        pytest.param({"content_type": "Application/gRPC-Web-Text"}, "grpc", id="gRPC-Web"),
        pytest.param({"content_type": "application/grpcx"}, "web-browsing", id="almost gRPC"),
        pytest.param({"method": "POST", "content_type": DNS}, "dns-over-https", id="DNS by POST"),
        pytest.param({"path": "/q?dns=AAAB", "accept": DNS}, "dns-over-https", id="DNS by GET"),
        pytest.param({"path": "/dns-query?dns=AAAB"}, "dns-over-https", id="DNS without Accept"),
        pytest.param({"path": "/a/dns-query/?dns=A"}, "dns-over-https", id="DNS further down"),
        pytest.param({"path": "/dns-query?ct=x&name=a"}, "dns-over-https", id="DNS as JSON"),
        pytest.param({"accept": f"text/html, {JSON};q=1"}, "dns-over-https", id="asking for JSON"),
        pytest.param({"path": "/dns-query"}, "web-browsing", id="a path without a question"),
        pytest.param({"path": "/search?dns=x"}, "web-browsing", id="a parameter called dns"),
        pytest.param({"accept": "*/*"}, "web-browsing", id="anything will do"),
    ],
)
def test_a_request(request_: dict[str, str], name: str) -> None:
    found = of_request(**{"method": "GET", "path": "/", **request_})
    assert found is Application(name)
