"""Hellos made by a real OpenSSL client, and by hand where no client would send them."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.proxy.layers.tls import get_client_hello, parse_client_hello
from mitmproxy.tls import ClientHello

from clearpane.gateway.client_hello import offer, offers_ech, server_name, takes_ecdsa
from clearpane.verification.protocol import Offer, Version
from damage import damaged


def hello_of(context: ssl.SSLContext, name: str | None = None) -> ClientHello:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    message = get_client_hello(outgoing.read())
    assert message
    return ClientHello(message[4:])


def body_with(*extensions: tuple[int, bytes], suites: bytes = b"\xc0\x2b") -> bytes:
    body = b"".join(kind.to_bytes(2) + len(value).to_bytes(2) + value for kind, value in extensions)
    return (
        b"\x03\x03" + bytes(32) + b"\0" + len(suites).to_bytes(2) + suites + b"\x01\0"
        + len(body).to_bytes(2) + body
    )  # fmt: skip


def hello_with(*extensions: tuple[int, bytes], suites: bytes = b"\xc0\x2b") -> ClientHello:
    return ClientHello(body_with(*extensions, suites=suites))


def sni(name: bytes) -> tuple[int, bytes]:
    entry = b"\0" + len(name).to_bytes(2) + name
    return 0, len(entry).to_bytes(2) + entry


@pytest.mark.parametrize(
    ("sent", "name", "raw"),
    [
        pytest.param(b"www.example.com", "www.example.com", None, id="a host name is taken"),
        pytest.param(b"WWW.Example.COM", "www.example.com", None, id="case does not matter"),
        pytest.param(
            b"under_score.example", "under_score.example", None, id="underscores are real"
        ),
        pytest.param(b"192.0.2.1", "192.0.2.1", None, id="an address is taken though not allowed"),
        pytest.param(b'a"b\n.example', "", None, id="junk is no name, and not no SNI"),
        pytest.param(b"a\0.example", "", None, id="a NUL is junk"),
        pytest.param(b"\xff\xfe", "", "\\xff\\xfe", id="bytes that are no text are shown escaped"),
        pytest.param(b"x" * 250, "", None, id="a label of 250 is junk"),
    ],
)
def test_server_name(sent: bytes, name: str, raw: str | None) -> None:
    assert server_name(hello_with(sni(sent))) == (name, raw or sent.decode())


def test_no_server_name_is_two_empty_texts() -> None:
    assert server_name(hello_with()) == ("", "")


def test_two_server_names_are_junk() -> None:
    one, two = b"\0\0\x01a", b"\0\0\x01b"
    name, sent = server_name(hello_with((0, (8).to_bytes(2) + one + two)))
    assert name == "" and sent


def test_a_real_client_takes_ecdsa() -> None:
    hello = hello_of(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "host.example")
    assert takes_ecdsa(hello)
    assert server_name(hello) == ("host.example", "host.example")


def words(*numbers: int) -> bytes:
    body = b"".join(number.to_bytes(2) for number in numbers)
    return len(body).to_bytes(2) + body


@pytest.mark.parametrize(
    ("extensions", "suites", "expected"),
    [
        pytest.param([], b"\xc0\x2b", True, id="an ECDSA suite of TLS 1.2 will do"),
        pytest.param([], b"\xc0\x2f\x00\x9c", False, id="RSA suites alone will not"),
        pytest.param([(13, words(0x0804, 0x0401))], b"\xc0\x2b", False, id="RSA signatures alone"),
        pytest.param([(13, words(0x0401, 0x0403))], b"\xc0\x2b", True, id="both signatures"),
        pytest.param([(10, words(29, 24))], b"\xc0\x2b", False, id="no P-256 among the groups"),
        pytest.param([(43, b"\x02\x03\x04"), (13, words(0x0403))], b"\x13\x01", True, id="TLS 1.3"),
    ],
)  # fmt: skip
def test_takes_ecdsa(extensions: list[tuple[int, bytes]], suites: bytes, expected: bool) -> None:
    assert takes_ecdsa(hello_with(*extensions, suites=suites)) is expected


OFFERS = [
    pytest.param(
        [(43, b"\x06\x7a\x7a\x03\x04\x03\x03")], {Version.TLS1_3, Version.TLS1_2},
        id="the extension, with GREASE",
    ),
    pytest.param(
        [], {Version.TLS1_0, Version.TLS1_1, Version.TLS1_2}, id="TLS 1.2 without the extension"
    ),
    pytest.param([(43, b"")], {Version.TLS1_0, Version.TLS1_1, Version.TLS1_2}, id="a cut one"),
]  # fmt: skip


@pytest.mark.parametrize(("extensions", "versions"), OFFERS)
def test_what_a_client_offers(extensions: list[tuple[int, bytes]], versions: set[Version]) -> None:
    hello = hello_with(*extensions, suites=b"\x0a\x0a\xc0\x2b")
    assert offer(hello) == Offer(frozenset(versions), frozenset((0x0A0A, 0xC02B)))


@pytest.mark.parametrize("offered", [True, False])
def test_an_encrypted_hello_is_noticed(offered: bool) -> None:
    hello = hello_with(*([(0xFE0D, b"\x00")] if offered else []))
    assert offers_ech(hello) is offered


def record(body: bytes) -> bytes:
    message = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + len(message).to_bytes(2) + message


def extended(*extensions: tuple[int, bytes]) -> bytes:
    return record(body_with(*extensions))


REAL = hello_of(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "host.example")
SOUND = (
    REAL.raw_bytes(wrap_in_record=True),
    extended(sni(b"host.example"), (13, words(0x0403)), (43, b"\x04\x03\x04\x03\x03")),
    extended(sni("café.example".encode("latin-1")), (43, b"\x03\x03\x04")),
    extended((0xFE0D, bytes(250)), (10, words(*range(2000)))),
)


def read(data: bytes) -> None:
    """All that is asked of a hello, as `decide` asks it: only the parser may refuse."""
    try:
        hello = parse_client_hello(data)
    except ValueError:
        return
    if hello is None:
        return
    name, sent = server_name(hello)
    assert sent or not name
    assert len(sent) <= 4 * len(data)
    assert offer(hello).versions <= set(Version)
    assert takes_ecdsa(hello) in (True, False)
    assert offers_ech(hello) in (True, False)


@given(damaged(*SOUND))
def test_a_damaged_hello_is_read_or_refused(data: bytes) -> None:
    read(data)


@given(damaged(REAL.raw_bytes(wrap_in_record=False)))
def test_a_hello_that_is_damaged_inside_is_read_or_refused(body: bytes) -> None:
    """The record and the message say the length that there is."""
    read(record(body[:60_000]))


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=80)), max_size=8))
def test_any_extensions_are_read_or_refused(extensions: list[tuple[int, bytes]]) -> None:
    read(extended(*extensions))


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param((21, bytes(64_000)), id="padding"),
        pytest.param((43, b"\xff" + b"\x03\x04" * 32_000), id="versions"),
        pytest.param(sni(b"a" * 63_000), id="a name"),
        pytest.param((16, b"\xf0\x00" + b"\x01a" * 30_000), id="protocols"),
    ],
)
def test_a_hello_of_64_kib_is_read_or_refused(extension: tuple[int, bytes]) -> None:
    body = body_with(extension)
    message = b"\x01" + len(body).to_bytes(3) + body
    parts = [message[n : n + 16_384] for n in range(0, len(message), 16_384)]
    read(b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part for part in parts))
