"""`max-sessions`: exactly so many are decrypted at once, whatever way sessions end."""

import contextlib
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import clients, origins, pki, rejecting
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import DECRYPT, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.watched import Mutual, WatchedOrigin
from e2e.harness.zoo import Zoo

LIMIT = 5
HOST = "www.limit.test"
PROFILES = {
    "ending": {"ssl-forward-proxy": {"block-if-no-resource": True}},
    "strict": {"ssl-forward-proxy": {"block-untrusted-issuer": True}},
}


def made(folder: Path, zoo: Zoo, profile: str = "default", **settings: object) -> Site:
    strict = {**DECRYPT, "name": "strict", "destination": ["strict.limit.test"]}
    return Site(
        folder,
        decryption=[{**strict, "profile": "strict"}, {**DECRYPT, "profile": profile}],
        profiles={"decryption": {"default": {}, **PROFILES}},
        categories={"asking": ["mtls.limit.test"]},
        settings={
            "max-sessions": LIMIT,
            "learned-exclusions": {"pinned": "off", "never": ["asking"]},
            **settings,
        },
        roots=[zoo.root],
    )


@dataclass(frozen=True)
class Held:
    """Sessions that were opened at once and are still open: what each was shown, b"" where it was
    ended."""

    tunnels: Sequence[Tunnel]
    shown: Sequence[bytes]
    own: bytes

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(map(self._kind, self.shown)))

    def ports(self, kind: str) -> list[int]:
        both = zip(self.tunnels, self.shown, strict=True)
        return [tunnel.source_port for tunnel, shown in both if self._kind(shown) == kind]

    def _kind(self, shown: bytes) -> str:
        if not shown:
            return "ended"
        return "passed" if shown == self.own else "decrypted"


@contextlib.contextmanager
def held(gateway: Gateway, origin: WatchedOrigin, own: bytes, count: int) -> Iterator[Held]:
    """`count` sessions whose hellos come at once; when it is over all are recorded."""
    with contextlib.ExitStack() as stack:
        tunnels = [stack.enter_context(Tunnel(gateway, origin.port)) for _ in range(count)]
        ports = [tunnel.source_port for tunnel in tunnels]
        start = threading.Barrier(count)

        def go(tunnel: Tunnel) -> bytes:
            start.wait()
            try:
                return tunnel.start_tls(HOST)
            except (ssl.SSLError, OSError):
                return b""

        with ThreadPoolExecutor(count) as pool:
            shown = list(pool.map(go, tunnels))
        yield Held(tunnels, shown, own)
    over(gateway, ports)


def over(gateway: Gateway, ports: Sequence[int]) -> None:
    """Waits for the records of sessions that have ended."""

    def missing() -> set[int]:
        return set(ports) - {row["sport"] for row in gateway.site.records("traffic")}

    try:
        until(lambda: not missing(), "all records")
    except AssertionError:
        raise AssertionError(f"{len(missing())} of {len(ports)} sessions are still open") from None


@dataclass
class World:
    zoo: Zoo
    gateway: Gateway
    mutual: Mutual
    origin: WatchedOrigin
    own: bytes

    def exactly_the_limit_fits(self) -> None:
        with held(self.gateway, self.origin, self.own, LIMIT + 3) as sessions:
            assert sessions.counts == {"decrypted": LIMIT, "passed": 3}


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    mutual = Mutual.made(folder / "client", "Zoo Client")
    pair = zoo.leaf(HOST)
    with WatchedOrigin(pair) as origin, Gateway(made(folder / "site", zoo)) as gateway:
        yield World(zoo, gateway, mutual, origin, pair.der)


# A burst


def test_of_a_burst_exactly_the_limit_is_decrypted_and_the_rest_passes(world: World) -> None:
    with held(world.gateway, world.origin, world.own, 3 * LIMIT) as sessions:
        assert sessions.counts == {"decrypted": LIMIT, "passed": 2 * LIMIT}
        passed, decrypted = sessions.ports("passed"), sessions.ports("decrypted")
        answers = [each.ask(HOST, "/page") for each in sessions.tunnels]
        assert all(PAGE in answer for answer in answers)
    for port in passed:
        record = world.gateway.site.record("traffic", sport=port)
        assert (record["decrypted"], record["reason"]) == (False, ["no-resource"])
        record = world.gateway.site.record("decryption", sport=port)
        assert (record["action"], record["err_index"]) == ("bypass", "Resource")
    for port in decrypted:
        record = world.gateway.site.record("traffic", sport=port)
        assert (record["decrypted"], record.get("reason", [])) == (True, [])


@pytest.mark.parametrize("by", ["deny-setup-failure", "block-if-no-resource"])
def test_the_rest_ends_where_that_is_asked_for(world: World, by: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {by: True} if by == "deny-setup-failure" else {}
    profile = "ending" if by == "block-if-no-resource" else "default"
    site = made(tmp_path / "site", world.zoo, profile, **settings)
    with Gateway(site) as gateway:
        for _ in range(2):
            with held(gateway, world.origin, world.own, 3 * LIMIT) as sessions:
                assert sessions.counts == {"decrypted": LIMIT, "ended": 2 * LIMIT}
                ended = sessions.ports("ended")
            for port in ended:
                record = site.record("traffic", sport=port)
                assert record["reason"] == ["no-resource"]
                assert record["session_end_reason"] == "decrypt-error"
                record = site.record("decryption", sport=port)
                assert (record["action"], record["err_index"]) == ("block", "Resource")


def test_a_changed_limit_holds_for_what_comes(world: World, tmp_path: Path) -> None:
    site = made(tmp_path / "site", world.zoo)
    with Gateway(site) as gateway:
        for limit in (LIMIT + 2, LIMIT - 2):
            tree = site.read("settings.yaml")
            tree["max-sessions"] = limit
            said = len(gateway.lines)
            site.write("settings.yaml", tree)
            gateway.reload()
            gateway.said("a new policy is in force", after=said)
            with held(gateway, world.origin, world.own, 2 * LIMIT) as sessions:
                assert sessions.counts == {"decrypted": limit, "passed": 2 * LIMIT - limit}


# A place comes back; each kind gives the ports of the sessions that it made


def finished(world: World, protocol: str = "--http1.1") -> list[int]:
    port = world.origin.port
    reply = clients.curl(world.gateway, f"https://{HOST}/page", to=port, protocol=protocol)
    assert reply.status == 200, reply
    return [reply.port]


def finished_over_http2(world: World) -> list[int]:
    return finished(world, "--http2")


def reset_by_the_client(world: World) -> list[int]:
    with Tunnel(world.gateway, world.origin.port) as tunnel:
        tunnel.start_tls(HOST)
        port = tunnel.source_port
        _reset(tunnel.socket)
        return [port]


def closed_without_a_request(world: World) -> list[int]:
    with Tunnel(world.gateway, world.origin.port) as tunnel:
        tunnel.start_tls(HOST)
        return [tunnel.source_port]


def reset_by_the_server(world: World) -> list[int]:
    context = origins.context(world.zoo.leaf(HOST))

    def act(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as session:
            session.recv(10_000)
            _reset(session)

    with origins.misbehaving(act) as server, Tunnel(world.gateway, server.port) as tunnel:
        tunnel.start_tls(HOST)
        tunnel.ask(HOST, "/page")
        return [tunnel.source_port]


def blocked_with_a_page(world: World) -> list[int]:
    host = "strict.limit.test"
    with Origin(pki.leaf(world.zoo.stranger, host)) as origin:
        reply = clients.curl(world.gateway, f"https://{host}/page", to=origin.port)
    assert reply.status == 503, reply
    return [reply.port]


def rejected_in_the_handshake(world: World) -> list[int]:
    with Tunnel(world.gateway, world.origin.port) as tunnel:
        tunnel.socket.sendall(tunnel.hello(HOST, trust=world.zoo.root_file))
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            tunnel.handshake()
            raise AssertionError("the client took the certificate")
        return [tunnel.source_port]


def rejected_after_the_handshake(world: World) -> list[int]:
    alert = rejecting.BAD_CERTIFICATE
    return [rejecting.after_the_handshake(world.gateway, HOST, world.origin.port, alert)]


def gone_with_half_a_hello(world: World) -> list[int]:
    with Tunnel(world.gateway, world.origin.port) as tunnel:
        tunnel.send(tunnel.hello(HOST)[:100])
        return [tunnel.source_port]


def gone_after_the_hello(world: World) -> list[int]:
    with Tunnel(world.gateway, world.origin.port) as tunnel:
        tunnel.send(tunnel.hello(HOST))
        return [tunnel.source_port]


def gone_after_our_certificate(world: World) -> list[int]:
    return [rejecting.by_hanging_up(world.gateway, HOST, world.origin.port)]


def gone_while_the_server_is_silent(world: World) -> list[int]:
    heard = threading.Event()

    def act(connection: socket.socket) -> None:
        connection.recv(10_000)
        heard.set()
        origins.hang(connection)

    with origins.misbehaving(act) as server, Tunnel(world.gateway, server.port) as tunnel:
        tunnel.socket.sendall(tunnel.hello(HOST))
        assert heard.wait(20)
        return [tunnel.source_port]


def closed_by_the_server_in_the_handshake(world: World) -> list[int]:
    with (
        origins.misbehaving(origins.close_after_hello) as server,
        Tunnel(world.gateway, server.port) as tunnel,
    ):
        tunnel.start_tls(HOST)
        assert b" 50" in tunnel.ask(HOST, "/page")[:20]
        return [tunnel.source_port]


def passed_for_its_certificate(world: World) -> list[int]:
    host = "mtls.limit.test"
    with WatchedOrigin(world.zoo.leaf(host), clients=world.mutual.authority) as origin:
        reply = clients.curl(
            world.gateway,
            f"https://{host}/page",
            *world.mutual.words,
            to=origin.port,
            trust=world.zoo.root_file,
        )
    assert reply.status == 200, reply
    return [reply.port]


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


type End = Callable[[World], list[int]]

ENDS: tuple[End, ...] = (
    finished,
    finished_over_http2,
    reset_by_the_client,
    closed_without_a_request,
    reset_by_the_server,
    blocked_with_a_page,
    rejected_in_the_handshake,
    gone_with_half_a_hello,
    gone_after_the_hello,
    gone_after_our_certificate,
    gone_while_the_server_is_silent,
    closed_by_the_server_in_the_handshake,
    passed_for_its_certificate,
    rejected_after_the_handshake,
)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_the_place_comes_back(world: World, end: End) -> None:
    ports = [port for _ in range(LIMIT + 1) for port in end(world)]
    over(world.gateway, ports)
    world.exactly_the_limit_fits()


def test_after_hundreds_of_sessions_of_all_kinds_exactly_the_limit_fits(world: World) -> None:
    """Below the limit at each moment, so that each takes a place."""
    todo = [end for _ in range(16) for end in ENDS if end is not rejected_after_the_handshake]
    with ThreadPoolExecutor(LIMIT - 1) as pool:
        ports = [port for made in pool.map(lambda end: end(world), todo) for port in made]
    assert len(ports) > 200
    over(world.gateway, ports)
    world.exactly_the_limit_fits()
