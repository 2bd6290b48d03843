"""What runs in a session is named from its first bytes, on record and to rules."""

import base64
import hashlib
import json
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import clients, origins, speaking
from e2e.harness.listener import Listener
from e2e.harness.messages import Answer, Request
from e2e.harness.site import Site
from e2e.harness.speaking import CLIENTS, SCRIPTS, Script, inside
from e2e.harness.tunnel import Tunnel
from e2e.harness.ways import NAMES, Ways, between
from e2e.harness.zoo import Zoo

# Hosts called no-APPLICATION are those where it is not allowed.
REQUESTS = ["web-browsing", "websocket", "grpc", "dns-over-https"]
TALKS = ["imap", "smtp", "pop3", "ftp", "ssh", "rdp", "bittorrent", "unknown-tcp"]

# What a client of each says first; the server only echoes.
HELLOS = {
    "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "rdp": bytes.fromhex("0300002924e00000000000") + b"Cookie: mstshash=ann\r\n\1\0\x08\0\3\0\0\0",
    "bittorrent": b"\x13BitTorrent protocol" + bytes(8) + b"h" * 20 + b"-ZO0001-" + b"p" * 12,
    "unknown-tcp": b"\x01\x02 nobody knows this\r\n",
}

DNS_QUERY = bytes.fromhex("00000100000100000000000003777777037a6f6f04746573740000010001")
GRPC_CALL = b"\0" + struct.pack(">I", 5) + b"\x0a\x03zoo"


@pytest.fixture(scope="module")
def ways(folder: Path, zoo: Zoo) -> Iterator[Ways]:
    site = Site(folder / "site", roots=[zoo.root])
    denials = [
        {
            "name": f"no-{each}",
            "application": each,
            "destination": [f"no-{each}.zoo.test"],
            "action": "deny",
        }
        for each in [*REQUESTS, *TALKS]
    ]
    clear = {"name": "no-clear-ssh", "application": "ssh", "destination": "127.0.0.2"}
    rules = [*denials, {**clear, "action": "deny"}, {"name": "rest", "action": "allow"}]
    site.write("security.yaml", {"rules": rules})
    with between(site, zoo) as running:
        running.tls.contents.routes["/socket"] = switched
        yield running


def switched(request: Request) -> Answer:
    """RFC 6455 section 4.2.2; the server says one frame and closes."""
    magic = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    return Answer(raw=head.encode() + b"\x81\x05hello\x88\x02\x03\xe8")


# Requests


SOCKET = (
    *("-H", "Connection: Upgrade", "-H", "Upgrade: websocket"),
    *("-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
)


def ask(ways: Ways, application: str, host: str, folder: Path) -> clients.Reply:
    """A request of the application, as its clients make it."""
    body = folder / "body"
    if application == "websocket":
        return ways.fetch("https", f"{host}/socket", *SOCKET)
    if application == "grpc":
        body.write_bytes(GRPC_CALL)
        call = ("-H", "Content-Type: application/grpc", "-H", "TE: trailers")
        return ways.fetch("h2", f"{host}/zoo.Keeper/Feed", *call, "--data-binary", f"@{body}")
    if application == "dns-over-https":
        body.write_bytes(DNS_QUERY)
        kind = ("-H", "Content-Type: application/dns-message")
        return ways.fetch("h2", f"{host}/resolve", *kind, "--data-binary", f"@{body}")
    return ways.fetch("https", f"{host}/page")


@pytest.mark.parametrize("application", REQUESTS)
def test_a_request_is_named_on_record(ways: Ways, application: str, tmp_path: Path) -> None:
    reply = ask(ways, application, "app.zoo.test", tmp_path)
    assert reply.status == (101 if application == "websocket" else 200), reply
    traffic = ways.traffic(reply)
    assert (traffic["app"], traffic["rule"]) == (application, "rest")
    assert traffic["action"] == "allow"


@pytest.mark.parametrize("application", REQUESTS)
def test_a_request_that_a_rule_denies_gets_the_page(
    ways: Ways, application: str, tmp_path: Path
) -> None:
    host = f"no-{application}.zoo.test"
    before = len(ways.tls.contents.requests)
    reply = ask(ways, application, host, tmp_path)
    assert (reply.error, reply.status) == (0, 403), reply
    assert application.encode() in reply.body
    assert len(ways.tls.contents.requests) == before, "it reached the server"
    traffic = ways.traffic(reply)
    assert (traffic["app"], traffic["rule"]) == (application, f"no-{application}")
    assert (traffic["action"], traffic["session_end_reason"]) == ("deny", "policy-deny")


def test_a_look_up_by_get_is_dns_too(ways: Ways) -> None:
    query = base64.urlsafe_b64encode(DNS_QUERY).rstrip(b"=").decode()
    reply = ways.fetch("h2", f"no-dns-over-https.zoo.test/dns-query?dns={query}")
    assert reply.status == 403, reply
    assert ways.traffic(reply)["app"] == "dns-over-https"


def test_what_is_not_the_denied_application_passes_on_the_same_host(ways: Ways) -> None:
    reply = ways.fetch("https", "no-dns-over-https.zoo.test/page")
    assert (reply.status, ways.traffic(reply)["rule"]) == (200, "rest"), reply


def test_json_clients_are_refused_in_json(ways: Ways) -> None:
    accept = ("-H", "Accept: application/json")
    reply = ways.fetch("https", "no-web-browsing.zoo.test/page", *accept)
    assert reply.status == 403
    assert "web-browsing" in json.dumps(json.loads(reply.body))


# Other protocols inside TLS


@pytest.mark.parametrize("application", CLIENTS)
def test_a_protocol_is_named_and_its_client_served(ways: Ways, zoo: Zoo, application: str) -> None:
    client, wanted = CLIENTS[application]
    with speaking.server(zoo.leaf(NAMES), SCRIPTS[application]) as server:
        with inside(ways.gateway, server.port, "mail.zoo.test") as (session, port):
            assert client(session) == wanted
        traffic = ways.site.record("traffic", sport=port)
    assert (traffic["app"], traffic["decrypted"]) == (application, True)
    assert traffic["rule"] == "rest"


@pytest.mark.parametrize("application", CLIENTS)
def test_a_protocol_that_a_rule_denies_ends(ways: Ways, zoo: Zoo, application: str) -> None:
    client, _ = CLIENTS[application]
    host = f"no-{application}.zoo.test"
    with speaking.server(zoo.leaf(NAMES), SCRIPTS[application]) as server:
        talk = inside(ways.gateway, server.port, host)
        with talk as (session, port), pytest.raises(speaking.GONE):
            client(session)
        traffic = ways.site.record("traffic", sport=port)
    assert (traffic["app"], traffic["rule"]) == (application, f"no-{application}")
    assert traffic["session_end_reason"] == "policy-deny"


@pytest.mark.parametrize("application", HELLOS)
def test_a_client_that_speaks_first_is_named(ways: Ways, zoo: Zoo, application: str) -> None:
    with speaking.server(zoo.leaf(NAMES), Script()) as server:
        with inside(ways.gateway, server.port, "talk.zoo.test") as (session, port):
            session.sendall(HELLOS[application])
            assert session.recv(65536) == HELLOS[application]
        traffic = ways.site.record("traffic", sport=port)
    assert (traffic["app"], traffic["decrypted"]) == (application, True)


@pytest.mark.parametrize("application", HELLOS)
def test_a_client_that_speaks_first_is_denied(ways: Ways, zoo: Zoo, application: str) -> None:
    with speaking.server(zoo.leaf(NAMES), Script()) as server:
        host = f"no-{application}.zoo.test"
        with inside(ways.gateway, server.port, host) as (session, port):
            session.sendall(HELLOS[application])
            assert heard(session) == b""
        traffic = ways.site.record("traffic", sport=port)
    assert (traffic["app"], traffic["action"]) == (application, "deny")
    assert traffic["rule"] == f"no-{application}"


def heard(session: ssl.SSLSocket) -> bytes:
    """All until the end, however it comes."""
    data = b""
    try:
        while piece := session.recv(65536):
            data += piece
    except (ConnectionError, ssl.SSLError):
        pass
    return data


def greet(connection: socket.socket) -> None:
    with connection:
        origins.greet_then(HELLOS["ssh"])(connection)


@pytest.mark.parametrize("address, rule", [("127.0.0.1", "rest"), ("127.0.0.2", "no-clear-ssh")])
def test_a_session_without_tls_is_named_too(ways: Ways, address: str, rule: str) -> None:
    with Listener(greet, address) as server:
        with Tunnel(ways.gateway, server.port, address) as tunnel:
            tunnel.socket.sendall(HELLOS["ssh"])
            tunnel.socket.shutdown(socket.SHUT_WR)
            tunnel.rest()
            port = tunnel.source_port
        traffic = ways.site.record("traffic", sport=port)
    assert (traffic["app"], traffic["decrypted"]) == ("ssh", False)
    assert (traffic["rule"], traffic["action"]) == (rule, "allow" if rule == "rest" else "deny")
