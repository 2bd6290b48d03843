"""What is not decrypted passes untouched, is counted both ways and says why."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, origins
from e2e.harness.listener import Listener, drain
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import LEAVE, Site
from e2e.harness.tunnel import Tunnel, pieces
from e2e.harness.zoo import Zoo

TIMEOUT = 2  # seconds, the gateway's handshake-timeout

# host -> the reason in its record
REASONS = {
    "bank.zoo.test": "rule",
    "www.bank.zoo.test": "rule",
    "unlisted.zoo.test": "no-rule",
    "pinned.zoo.test": "excluded-custom",
    "web.whatsapp.net": "excluded-predefined",
}


@dataclass
class World:
    """`tls` holds all hosts; its port is decrypted by no rule, only names are."""

    zoo: Zoo
    gateway: Gateway
    tls: Origin

    @property
    def site(self) -> Site:
        return self.gateway.site

    def certificate(self, host: str | None) -> bytes:
        """The server's own certificate (DER), as a client sees it without the gateway."""
        return clients.handshake(None, host, self.tls.port, trust=self.zoo.root_file).leaf.der


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    names = [*REASONS, "decrypted.zoo.test"]
    tls = Origin({**{name: zoo.leaf(name) for name in names}, "": zoo.leaf("127.0.0.1")})
    by_name = {
        "name": "decrypt-names",
        "destination": ["decrypted.zoo.test", "pinned.zoo.test", "web.whatsapp.net"],
        "action": "decrypt",
        "profile": "default",
        "log-success": True,
    }
    site = Site(
        folder / "site",
        decryption=[LEAVE, by_name],
        categories={"private": ["bank.zoo.test"]},
        exclusions=["pinned.zoo.test"],
        settings={"handshake-timeout": TIMEOUT},
        roots=[zoo.root],
    )
    with tls, Gateway(site) as gateway:
        yield World(zoo, gateway, tls)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("host", REASONS)
def test_the_client_sees_the_servers_own_certificates(
    world: World, host: str, version: str
) -> None:
    real = clients.handshake(None, host, world.tls.port, version, trust=world.zoo.root_file)
    seen = clients.handshake(
        world.gateway, host, world.tls.port, version, trust=world.zoo.root_file
    )
    assert seen.certificates == real.certificates
    assert not seen.errors


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
@pytest.mark.parametrize("host", REASONS)
def test_a_session_is_counted_both_ways_and_says_why(
    world: World, host: str, protocol: str
) -> None:
    down, up = 300_000, 50_000
    reply = clients.curl(
        world.gateway,
        f"https://{host}/clean/{down}",
        *("-X", "GET", "--data-binary", "x" * up),
        to=world.tls.port,
        trust=world.zoo.root_file,
        protocol=protocol,
    )
    assert (reply.status, reply.body) == (200, bodies.clean(down)), reply

    record = world.site.record("traffic", sport=reply.port)

    assert record["type"] == "TRAFFIC"
    assert record["reason"] == [REASONS[host]]
    assert (record["app"], record["decrypted"]) == ("ssl", False)
    assert (record["src"], record["dst"], record["dport"]) == (
        "127.0.0.1",
        "127.0.0.1",
        world.tls.port,
    )
    assert record["sni"] == host
    assert record.get("policy_name", "") == ("leave-private" if REASONS[host] == "rule" else "")
    assert down < record["bytes_received"] < down + 20_000
    assert up < record["bytes_sent"] < up + 10_000
    assert record["bytes"] == record["bytes_sent"] + record["bytes_received"]
    assert record["session_end_reason"] == "tcp-fin"
    assert record["sessionid"]


def test_the_control_is_decrypted_and_inspected(world: World) -> None:
    seen = clients.handshake(
        world.gateway, "decrypted.zoo.test", world.tls.port, trust=world.site.trust_file
    )
    assert seen.leaf.issuer == world.site.trust.leaf.subject
    reply = clients.curl(
        world.gateway, "https://decrypted.zoo.test/files/eicar.com", to=world.tls.port
    )
    assert (reply.status, bodies.EICAR in reply.body) == (403, False), reply


def test_what_is_not_decrypted_is_not_inspected(world: World) -> None:
    reply = clients.curl(
        world.gateway,
        "https://bank.zoo.test/files/eicar.com",
        to=world.tls.port,
        trust=world.zoo.root_file,
    )
    assert reply.body == bodies.EICAR
    world.site.record("traffic", sport=reply.port)
    assert not world.site.records("threat", sport=reply.port)


def test_an_exclusion_matches_the_name_in_the_servers_certificate(world: World) -> None:
    """The client asks for a name that a rule decrypts; the server turns out to be a pinned one."""
    with Origin(world.zoo.leaf("pinned.zoo.test")) as origin:
        seen = clients.handshake(
            world.gateway,
            "decrypted.zoo.test",
            origin.port,
            trust=world.zoo.root_file,
            expect="pinned.zoo.test",
        )
        record = world.site.record("traffic", dport=origin.port)
    assert not seen.errors, seen.output
    assert (record["reason"], record["decrypted"]) == (["excluded-custom"], False)


@pytest.mark.parametrize("cuts", [(1,), (2,), (5,), (60,), (1, 2, 5, 60), (-1,)], ids=str)
@pytest.mark.parametrize("host", ["bank.zoo.test", "decrypted.zoo.test"])
def test_a_hello_in_pieces_is_read_whole(world: World, host: str, cuts: tuple[int, ...]) -> None:
    with Tunnel(world.gateway, world.tls.port) as tunnel:
        hello = tunnel.hello(host)
        tunnel.send(*pieces(hello, *(cut % len(hello) for cut in cuts)))
        shown = tunnel.handshake()
    own = world.certificate(host)
    assert (shown == own) == (host == "bank.zoo.test"), "decided otherwise than by its name"


@pytest.mark.parametrize("host", ["bank.zoo.test", "decrypted.zoo.test"])
def test_a_hello_may_come_byte_by_byte(world: World, host: str) -> None:
    with Tunnel(world.gateway, world.tls.port) as tunnel:
        hello = tunnel.hello(host)
        tunnel.send(*pieces(hello, *range(1, 80), *range(100, len(hello), 50)))
        shown = tunnel.handshake()
    assert (shown == world.certificate(host)) == (host == "bank.zoo.test")


def test_a_hello_in_many_tls_records_is_read_whole(world: World) -> None:
    """RFC 8446 section 5.1: a handshake message may be spread over records."""
    with Tunnel(world.gateway, world.tls.port) as tunnel:
        hello = tunnel.hello("decrypted.zoo.test")
        version, body = hello[1:3], hello[5:]
        parts = [body[n : n + 50] for n in range(0, len(body), 50)]
        records = [b"\x16" + version + len(part).to_bytes(2) + part for part in parts]
        tunnel.send(*records)
        shown = tunnel.handshake()
    assert shown != world.certificate("decrypted.zoo.test")


def test_a_hello_longer_than_a_segment_is_read_whole(world: World) -> None:
    """As with key shares that withstand quantum computers, or a long list of protocols."""
    offers = ("http/1.1", *(f"{'x' * 60}{n}" for n in range(60)))
    with Tunnel(world.gateway, world.tls.port) as tunnel:
        hello = tunnel.hello("decrypted.zoo.test", alpn=offers)
        assert len(hello) > 3_000
        tunnel.send(*pieces(hello, 1_400, 2_800))
        shown = tunnel.handshake()
    assert shown != world.certificate("decrypted.zoo.test")


def test_without_sni_the_address_decides(world: World) -> None:
    with Tunnel(world.gateway, world.tls.port) as tunnel:
        shown = tunnel.start_tls(None)
        port = tunnel.source_port
    record = world.site.record("traffic", sport=port)
    assert (
        shown == clients.handshake(None, None, world.tls.port, trust=world.zoo.root_file).leaf.der
    )
    assert (record["reason"], record["decrypted"]) == (["no-rule"], False)


def test_tls_over_ipv6_is_decided_too(world: World) -> None:
    host = "bank.zoo.test"
    with Origin(world.zoo.leaf(host), address="::1") as origin:
        with Tunnel(world.gateway, origin.port, "::1") as tunnel:
            own = tunnel.start_tls(host)
            port = tunnel.source_port
        record = world.site.record("traffic", sport=port)
    assert own
    assert (record["dst"], record["reason"]) == ("::1", ["rule"])


def test_the_shipped_rules_leave_a_bank_alone_and_decrypt_the_rest(folder: Path, zoo: Zoo) -> None:
    site = Site(folder / "shipped", roots=[zoo.root])
    site.as_shipped("decryption.yaml", "settings.yaml")
    seeds = (site.rules / "categories" / "financial-services.txt").read_text(encoding="utf-8")
    bank = next(line for line in seeds.splitlines() if line and not line.startswith("#"))
    with Origin(zoo.leaf(bank, "www.zoo.test")) as origin, Gateway(site) as gateway:
        own = clients.handshake(gateway, bank, origin.port, trust=zoo.root_file)
        forged = clients.handshake(gateway, "www.zoo.test", origin.port, trust=site.trust_file)
        record = site.record("traffic", sni=bank)
    assert not own.errors and not forged.errors
    assert (record["category"], record["policy_name"]) == (
        "financial-services",
        "no-decrypt-private",
    )


# What is not TLS, or not yet


def test_other_protocols_on_a_tls_port_are_recorded(world: World) -> None:
    with origins.misbehaving(origins.echo) as server, Tunnel(world.gateway, server.port) as tunnel:
        tunnel.socket.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        tunnel.socket.recv(100)
        port = tunnel.source_port
        tunnel.socket.close()
        record = world.site.record("traffic", sport=port)
    assert "not-tls" in record["reason"]
    assert record["decrypted"] is False


def test_a_server_may_speak_first(world: World) -> None:
    banner = b"220 mail.zoo.test ESMTP\r\n"
    with origins.misbehaving(origins.greet_then(banner)) as server:
        with Tunnel(world.gateway, server.port) as tunnel:
            assert tunnel.socket.recv(100) == banner
            tunnel.socket.sendall(b"EHLO client\r\n")
            assert tunnel.socket.recv(100) == b"EHLO client\r\n"
            port = tunnel.source_port
        record = world.site.record("traffic", sport=port)
    assert "not-tls" in record["reason"]
    assert record["bytes_received"] >= len(banner)


@pytest.mark.parametrize("host", ["bank.zoo.test", "decrypted.zoo.test"])
def test_a_hello_after_the_servers_banner_is_decided_like_any_other(
    world: World, host: str
) -> None:
    banner = b"220 ready, go on with TLS\r\n"
    pair = world.zoo.leaf(host)
    with (
        _banner_then_tls(banner, origins.context(pair)) as server,
        Tunnel(world.gateway, server.port) as tunnel,
    ):
        assert tunnel.socket.recv(100) == banner
        try:
            shown = tunnel.start_tls(host)
        except (ConnectionError, ssl.SSLError):
            shown = b""  # closing is an answer too, passing as raw bytes is none
    if host == "bank.zoo.test":
        assert shown == pair.der
    else:
        assert shown != pair.der, "the session was passed undecrypted"


def _banner_then_tls(banner: bytes, context: ssl.SSLContext) -> Listener:
    def act(connection: socket.socket) -> None:
        connection.sendall(banner)
        with context.wrap_socket(connection.dup(), server_side=True) as session:
            origins.echo(session)

    return origins.misbehaving(act)


def test_half_a_hello_ends_by_the_handshake_timeout(world: World) -> None:
    with Tunnel(world.gateway, world.tls.port) as tunnel:
        tunnel.send(tunnel.hello("decrypted.zoo.test")[:100])
        assert tunnel.rest() == b"", "the gateway answered half a hello"
        port = tunnel.source_port
    record = world.site.record("traffic", sport=port)
    assert record["decrypted"] is False


# GET https://... to the proxy itself, without CONNECT


def test_absolute_form_is_refused_where_the_answer_is_no_decrypt(world: World) -> None:
    """The proxy would have to decrypt on the way to the server."""
    with Origin(world.zoo.leaf("127.0.0.1")) as origin:
        answer = _absolute(world.gateway, f"https://127.0.0.1:{origin.port}/files/eicar.com")
        assert not origin.contents.requests
    assert answer.split(b" ")[1] in (b"403", b"503"), answer
    assert bodies.EICAR not in answer


def _absolute(gateway: Gateway, url: str) -> bytes:
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as line:
        line.sendall(f"GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return drain(line)
