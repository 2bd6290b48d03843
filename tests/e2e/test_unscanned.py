"""What can't be scanned is never passed in silence: `on-unscanned` says block or alert."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import bodies, builders, clients, large, origins
from e2e.harness.listener import read_until
from e2e.harness.messages import Answer
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import Record, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
LIMIT = 2 << 20  # bytes, scan-limit of these gateways
# It can be read whole alone: its directory stands at its end.
BIG = builders.by_bsdtar("7zip", "a.bin", large.clean(LIMIT))

PROFILES: dict[str, dict[str, Any]] = {
    "block": {"http": {"action": "reset-both"}, "http2": {"action": "reset-both"}},
    "alert": {"http": {"action": "alert"}, "http2": {"action": "drop"}},
}
SETTINGS = {"antivirus": {"engines": ["embedded"], "scan-limit": f"{LIMIT >> 20}MiB"}}


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf(HOST)) as origin:
        origin.contents.files["locked.zip"] = bodies.LOCKED_ZIP
        origin.contents.files["bomb"] = bodies.bomb()
        origin.contents.files["big.7z"] = BIG
        yield origin


def _gateway(folder: Path, zoo: Zoo, name: str) -> Gateway:
    profile = {**PROFILES[name], "packet-capture": False, "on-unscanned": name}
    antivirus = {"antivirus": {"default": profile}}
    return Gateway(Site(folder / name, profiles=antivirus, settings=SETTINGS, roots=[zoo.root]))


@pytest.fixture(scope="module")
def blocking(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    with _gateway(folder, zoo, "block") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def alerting(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    with _gateway(folder, zoo, "alert") as gateway:
        yield gateway


# path -> reasons of which one must be recorded
UNSCANNED = {
    "/files/big.7z": ["unscanned-too-big"],
    "/files/big.7z?chunked=65536": ["unscanned-too-big"],
    "/files/locked.zip": ["unscanned-encrypted"],
    "/files/bomb?type=application/gzip": ["unscanned-limit", "unscanned-too-big"],
    "/clean/100?coding=gzip-unknown": ["unscanned-malformed"],
}


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
@pytest.mark.parametrize("path", UNSCANNED)
def test_it_is_blocked_with_a_page(
    blocking: Gateway, tls: Origin, path: str, protocol: str
) -> None:
    reply = clients.curl(blocking, f"https://{HOST}{path}", to=tls.port, protocol=protocol)
    if "chunked" in path:  # as long as nobody says how long it will be, it has begun
        assert reply.error and len(reply.body) < len(BIG), reply
    else:
        assert reply.status == 403 and len(reply.body) < 17_999, reply
    assert_recorded(blocking.site, reply.port, UNSCANNED[path])


@pytest.mark.parametrize("path", UNSCANNED)
def test_an_alert_lets_it_pass_and_is_recorded(alerting: Gateway, tls: Origin, path: str) -> None:
    direct = clients.curl(None, f"https://{HOST}{path}", "-k", to=tls.port)
    reply = clients.curl(alerting, f"https://{HOST}{path}", to=tls.port)
    assert (reply.status, reply.body) == (200, direct.body), reply
    record = assert_recorded(alerting.site, reply.port, UNSCANNED[path])
    assert record["action"] == "alert"


def test_a_large_upload_is_refused(blocking: Gateway, tls: Origin, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(BIG)
    for protocol in ("--http1.1", "--http2"):
        reply = clients.curl(
            blocking,
            f"https://{HOST}/up/big",
            *("-T", tmp_path / "big"),
            to=tls.port,
            protocol=protocol,
        )
        assert reply.status == 403 or reply.error, reply
        record = assert_recorded(blocking.site, reply.port, ["unscanned-too-big"])
        assert record["direction"] == "client-to-server"
    assert not [each for each in tls.contents.asked("/up/big") if each.complete]


def test_an_upgrade_is_not_a_way_around(blocking: Gateway, tls: Origin) -> None:
    """101 would turn the connection into bytes that nobody reads."""
    switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"
    tls.contents.routes["/upgrade"] = lambda _: Answer(raw=switching + bodies.EICAR)
    with Tunnel(blocking, tls.port) as tunnel:
        tunnel.start_tls(HOST)
        head = "GET /upgrade HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
        tunnel.say(head.format(HOST).encode())
        assert bodies.EICAR not in tunnel.hear_all()


def test_a_protocol_without_a_decoder_is_recorded_and_passed(blocking: Gateway, zoo: Zoo) -> None:
    context = origins.context(zoo.leaf("odd.zoo.test"), alpn=())

    def speak(connection: origins.Socket) -> None:
        with context.wrap_socket(connection.dup(), server_side=True) as session:
            session.sendall(b"#1 what is it?\r\n")
            origins.echo(session)

    with origins.misbehaving(speak) as server, Tunnel(blocking, server.port) as tunnel:
        tunnel.start_tls("odd.zoo.test", alpn=())
        assert tunnel.hear() == b"#1 what is it?\r\n"
        tunnel.say(b"nothing that is known\r\n")
        assert tunnel.hear() == b"nothing that is known\r\n"
        port = tunnel.source_port
        tunnel.socket.close()
        assert_recorded(blocking.site, port, ["unscanned-protocol"])


# The actions that show no page


def test_alert_delivers_the_virus_and_says_so(alerting: Gateway, tls: Origin) -> None:
    reply = clients.curl(alerting, f"https://{HOST}/files/eicar.com", to=tls.port)
    assert reply.body == bodies.EICAR
    record = alerting.site.record("threat", sport=reply.port)
    assert (record["action"], record["threatid"]) == ("alert", "Eicar Test File(100000)")


def test_drop_ends_the_stream_without_a_page(alerting: Gateway, tls: Origin) -> None:
    reply = clients.curl(
        alerting, f"https://{HOST}/files/eicar.com", to=tls.port, protocol="--http2", seconds=5
    )
    assert reply.error and not reply.body, reply
    record = alerting.site.record("threat", sport=reply.port)
    assert record["action"] == "drop"


def assert_recorded(site: Site, source_port: int, reasons: list[str]) -> Record:
    def look() -> Record | None:
        found = site.records("threat", sport=source_port, threatid="Unscanned(0)")
        return found[0] if found else None

    record = until(look, f"a record of {reasons}")
    assert (record["subtype"], record["severity"]) == ("virus", "low")
    assert set(record["reason"]) & set(reasons), record["reason"]
    return record


def test_the_first_byte_of_a_small_body_waits_for_the_verdict(blocking: Gateway, zoo: Zoo) -> None:
    """Nothing of a body up to hold-limit is let go before all of it was seen."""
    context = origins.context(zoo.leaf(HOST))

    def half(connection: origins.Socket) -> None:
        with context.wrap_socket(connection.dup(), server_side=True) as session:
            read_until(session, b"\r\n\r\n")
            session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 68\r\n\r\n" + bodies.EICAR[:60])
            connection.recv(1)

    with origins.misbehaving(half) as server:
        reply = clients.curl(blocking, f"https://{HOST}/half", to=server.port, seconds=2)
    assert not reply.body.startswith(bodies.EICAR[:10]), "half of the virus was delivered"
