"""Servers whose handshake fails: a page under Forward Trust or the end, never another authority."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, origins, pki
from e2e.harness.listener import drain
from e2e.harness.origins import Origin, misbehaving
from e2e.harness.process import Gateway
from e2e.harness.site import Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.zoo import Zoo

HOST = "server.zoo.test"
TIMEOUT = 2  # seconds, the gateway's handshake-timeout
REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
BROKEN: dict[str, Callable[[origins.Socket], None]] = {
    "closes after the hello": origins.close_after_hello,
    "answers in clear": origins.answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "says nothing": origins.hang,
    "answers with rubbish": origins.answer(b"\x16\x03\x03\x00\x05rubbish"),
}


@pytest.fixture(scope="module")
def gateway(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    site = Site(folder / "site", settings={"handshake-timeout": TIMEOUT}, roots=[zoo.root])
    with Gateway(site) as running:
        yield running


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
@pytest.mark.parametrize("how", BROKEN)
def test_the_client_reads_a_page_or_the_end(gateway: Gateway, how: str, protocol: str) -> None:
    with misbehaving(BROKEN[how]) as server:
        reply = clients.curl(
            gateway, f"https://{HOST}/page", to=server.port, protocol=protocol, seconds=10
        )
    assert (reply.error, reply.status) == (0, 503), reply
    assert reply.ended - reply.began < TIMEOUT + 3
    record = gateway.site.record("decryption", sport=reply.port)
    assert record["action"] == "block"
    assert record["reason"]
    traffic = gateway.site.record("traffic", sport=reply.port)
    assert traffic["session_end_reason"].startswith("decrypt-")


@pytest.mark.parametrize("how", BROKEN)
def test_no_other_authority_signs(gateway: Gateway, how: str) -> None:
    with misbehaving(BROKEN[how]) as server:
        seen = clients.handshake(gateway, HOST, server.port, trust=gateway.site.trust_file)
    if seen.certificates:
        assert seen.leaf.issuer == gateway.site.trust.leaf.subject
        assert not seen.errors, seen.output


def test_a_port_where_nobody_listens(gateway: Gateway) -> None:
    with Origin() as gone:
        port = gone.port
    reply = clients.curl(gateway, f"https://{HOST}/page", to=port)
    assert reply.error and not reply.body, reply


def test_an_old_server_speaks_the_newest_version_it_knows(gateway: Gateway, zoo: Zoo) -> None:
    twelve = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    with Origin(zoo.leaf(HOST), versions=twelve) as old:
        reply = clients.curl(gateway, f"https://{HOST}/page", to=old.port)
    assert reply.status == 200, reply
    record = gateway.site.record("decryption", sport=reply.port)
    assert (record["tls_version"], record["server_tls_version"]) == ("TLS1.3", "TLS1.2")


def test_a_server_that_refuses_what_is_offered_meets_the_client_itself(gateway: Gateway) -> None:
    """As without the gateway, the client is told so by the server."""
    refusal = origins.answer(b"\x15\x03\x03\x00\x02\x02\x28")
    with misbehaving(refusal) as server:
        reply = clients.curl(gateway, f"https://{HOST}/page", to=server.port)
    assert reply.error and "handshake failure" in reply.said, reply
    record = gateway.site.record("decryption", sport=reply.port)
    assert (record["action"], record["reason"]) == ("bypass", ["unsupported-cipher"])


# GET https://... to the proxy itself: the client is shown no certificate that could warn it.


def test_absolute_form_is_decrypted_and_inspected(gateway: Gateway, zoo: Zoo) -> None:
    with Origin(zoo.leaf("127.0.0.1")) as origin:
        good = absolute(gateway, f"https://127.0.0.1:{origin.port}/page")
        virus = absolute(gateway, f"https://127.0.0.1:{origin.port}/files/eicar.com")
    assert b" 200 " in good.splitlines()[0]
    assert b" 403 " in virus.splitlines()[0]
    assert bodies.EICAR not in virus


@pytest.mark.parametrize("kind", ["self-signed", "expired", "mismatch"])
def test_absolute_form_does_not_hide_a_bad_certificate(
    gateway: Gateway, zoo: Zoo, kind: str
) -> None:
    past = (pki.NOW - 90 * pki.DAY, pki.NOW - 3 * pki.DAY)
    pair = {
        "self-signed": lambda: pki.leaf(None, "127.0.0.1"),
        "expired": lambda: pki.leaf(zoo.issuing, "127.0.0.1", dates=past),
        "mismatch": lambda: zoo.leaf("other.zoo.test"),
    }[kind]()
    with Origin(pair) as origin:
        answer = absolute(gateway, f"https://127.0.0.1:{origin.port}/page")
        assert not origin.contents.requests, "the request was sent in spite of the certificate"
    assert b" 200 " not in answer.splitlines()[0], answer


def absolute(gateway: Gateway, url: str) -> bytes:
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as line:
        line.sendall(f"GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return drain(line)


# A later connection of the same client to the same server


def test_a_server_that_turns_bad_is_not_asked_again(gateway: Gateway, zoo: Zoo) -> None:
    """The client was shown the good certificate; mitmproxy would reconnect without a word."""
    good, bad = zoo.leaf(HOST), pki.leaf(None, HOST)
    contexts = iter([origins.context(good), origins.context(bad)])
    asked: list[bytes] = []

    def serve(line: origins.Socket) -> None:
        with next(contexts).wrap_socket(line.dup(), server_side=True) as session:
            asked.append(session.recv(65536))
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with misbehaving(serve) as server, Tunnel(gateway, server.port) as tunnel:
        tunnel.start_tls(HOST)
        tunnel.say(REQUEST)
        first = b""
        while not first.endswith(b"\r\n\r\nok"):
            first += tunnel.hear() or pytest.fail(f"the first answer was {first!r}")
        tunnel.say(REQUEST)
        assert tunnel.hear().startswith(b"HTTP/1.1 503")
    assert list(filter(None, asked)) == [REQUEST]
