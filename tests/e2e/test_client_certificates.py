"""Servers that ask for a client's certificate: the client's own reaches them, or a page says why
not. What asks is known before the client's handshake, so its first connection is the one."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, pki
from e2e.harness.messages import PAGE
from e2e.harness.process import OWN, STOCK, Gateway
from e2e.harness.site import DECRYPT, Record, Site
from e2e.harness.watched import TLS12, TLS13, Mutual, WatchedOrigin
from e2e.harness.zoo import Zoo

CLIENT = "Zoo Client"
REASON = "client-certificate-required"
PROTOCOLS = ["--http1.1", "--http2"]
KINDS = {
    "required with TLS 1.2": (TLS12, True),
    "required with TLS 1.3": (TLS13, True),
    "optional with TLS 1.2": (TLS12, False),
    "optional with TLS 1.3": (TLS13, False),
    "required with any": (None, True),
}
PROFILES = {
    "no-clients": {"ssl-forward-proxy": {"block-client-cert": True}},
    "strict": {
        "ssl-forward-proxy": {"block-untrusted-issuer": True, "block-expired-certificate": True}
    },
}


def rule(name: str, destination: str) -> dict[str, object]:
    return {**DECRYPT, "name": name, "destination": [destination], "profile": name}


def made(folder: Path, zoo: Zoo) -> Site:
    rules = [rule("no-clients", "*.page.test"), rule("strict", "*.strict.test"), DECRYPT]
    return Site(folder, decryption=rules, profiles={"decryption": PROFILES}, roots=[zoo.root])


@dataclass
class World:
    zoo: Zoo
    gateway: Gateway
    mutual: Mutual

    @property
    def site(self) -> Site:
        return self.gateway.site

    def asking(self, kind: str, host: str, pair: pki.Pair | None = None) -> WatchedOrigin:
        versions, required = KINDS[kind]
        return WatchedOrigin(
            pair or self.zoo.leaf(host),
            clients=self.mutual.authority,
            required=required,
            versions=versions,
        )

    def fetch(
        self,
        origin: WatchedOrigin,
        host: str,
        *arguments: str | Path,
        protocol: str = "--http1.1",
        trust: Path | None = None,
        path: str = "/page",
    ) -> clients.Reply:
        return clients.curl(
            self.gateway,
            f"https://{host}{path}",
            *arguments,
            to=origin.port,
            trust=trust or self.zoo.root_file,
            protocol=protocol,
        )


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    mutual = Mutual.made(folder / "client", CLIENT)
    with Gateway(made(folder / "site", zoo)) as gateway:
        yield World(zoo, gateway, mutual)


def assert_says(record: Record, **wanted: object) -> None:
    assert record | wanted == record


# Passed through


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_clients_own_certificate_reaches_the_server_at_once(
    world: World, kind: str, protocol: str
) -> None:
    with world.asking(kind, "mtls.zoo.test") as origin:
        reply = world.fetch(origin, "mtls.zoo.test", *world.mutual.words, protocol=protocol)
        assert (reply.error, reply.status, reply.body) == (0, 200, PAGE), reply
        assert [seen.client for seen in origin.handshakes if seen.client] == [CLIENT]
        assert origin.accepted == 2, "a look and the session itself"

        record = world.site.record("decryption", sport=reply.port)
        assert_says(
            record, action="bypass", reason=[REASON], err_index="Feature", sni="mtls.zoo.test"
        )
        assert not record.get("authority")
        traffic = world.site.record("traffic", sport=reply.port)
        assert_says(traffic, decrypted=False, app="ssl", session_end_reason="tcp-fin")

        again = world.fetch(origin, "mtls.zoo.test", *world.mutual.words, protocol=protocol)
        assert (again.error, again.status, again.body) == (0, 200, PAGE), again
        assert origin.accepted == 3, "a learned server is not looked at"
        traffic = world.site.record("traffic", sport=again.port)
        assert_says(traffic, decrypted=False, reason=["excluded-learned"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_without_a_certificate_fares_as_without_the_gateway(
    world: World, kind: str
) -> None:
    with world.asking(kind, "bare.zoo.test") as origin:
        direct = clients.curl(
            None, "https://bare.zoo.test/page", to=origin.port, trust=world.zoo.root_file
        )
        reply = world.fetch(origin, "bare.zoo.test")
    # Which of several calls the server's alert meets is chance, and so is curl's number for it.
    assert (bool(reply.error), reply.status) == (bool(direct.error), direct.status), reply
    assert reply.body == direct.body
    assert (reply.status == 200) == kind.startswith("optional")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_upload_arrives_untouched(
    world: World, kind: str, protocol: str, tmp_path: Path
) -> None:
    body = bodies.EICAR + bodies.clean(1_000_000)
    (tmp_path / "up").write_bytes(body)
    with world.asking(kind, "up.zoo.test") as origin:
        words = (*world.mutual.words, "-T", tmp_path / "up")
        reply = world.fetch(origin, "up.zoo.test", *words, protocol=protocol, path="/up")
        (asked,) = origin.contents.requests
        assert (asked.method, asked.complete) == ("PUT", True)
        assert bytes(asked.body) == body
    assert reply.body.decode() == f"{len(body)} {bodies.digest(body)}", reply


def test_a_server_that_asks_nobody_is_decrypted_over_one_connection(world: World) -> None:
    with WatchedOrigin(world.zoo.leaf("plain.zoo.test")) as origin:
        reply = world.fetch(
            origin, "plain.zoo.test", *world.mutual.words, trust=world.site.trust_file
        )
        assert (reply.status, reply.body) == (200, PAGE), reply
        assert (origin.accepted, origin.handshakes[0].client) == (1, "")
    assert world.site.record("traffic", sport=reply.port)["decrypted"] is True


def test_a_server_nobody_trusts_shows_its_own_certificate(world: World) -> None:
    """No check is on: the client warns of it as it would without the gateway."""
    pair = pki.leaf(world.zoo.stranger, "odd.zoo.test")
    with world.asking("required with TLS 1.3", "odd.zoo.test", pair) as origin:
        warned = world.fetch(origin, "odd.zoo.test", *world.mutual.words)
        taken = world.fetch(origin, "odd.zoo.test", "-k", *world.mutual.words)
    assert (warned.error, warned.status) == (60, 0), warned
    assert (taken.status, taken.body) == (200, PAGE), taken


# Blocked


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_block_client_cert_shows_the_page(world: World, kind: str, protocol: str) -> None:
    with world.asking(kind, "mtls.page.test") as origin:
        for _ in range(2):  # nothing is learned
            reply = world.fetch(
                origin,
                "mtls.page.test",
                *world.mutual.words,
                protocol=protocol,
                trust=world.site.trust_file,
            )
            assert (reply.error, reply.status) == (0, 503), reply
            assert b"asks for a certificate of the client" in reply.body
            assert reply.protocol == ("2" if protocol == "--http2" else "1.1")
            record = world.site.record("decryption", sport=reply.port)
            assert_says(record, action="block", reason=[REASON], policy_name="no-clients")
            traffic = world.site.record("traffic", sport=reply.port)
            assert_says(traffic, session_end_reason="decrypt-cert-validation")
        assert not origin.contents.requests
        assert not any(seen.client for seen in origin.handshakes)


def test_block_client_cert_leaves_other_servers_alone(world: World) -> None:
    with WatchedOrigin(world.zoo.leaf("plain.page.test")) as origin:
        reply = world.fetch(origin, "plain.page.test", trust=world.site.trust_file)
    assert (reply.status, reply.body) == (200, PAGE), reply


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["unknown-issuer", "expired"])
def test_asking_for_a_certificate_is_no_way_around_a_check(
    world: World, fault: str, kind: str
) -> None:
    host, now = "mtls.strict.test", pki.NOW
    if fault == "expired":
        past = (now - 90 * pki.DAY, now - 3 * pki.DAY)
        pair = pki.leaf(world.zoo.issuing, host, dates=past)
    else:
        pair = pki.leaf(world.zoo.stranger, host)
    with world.asking(kind, host, pair) as origin:
        reply = world.fetch(origin, host, *world.mutual.words, trust=world.site.trust_file)
        assert (reply.error, reply.status) == (0, 503), reply
        assert not origin.contents.requests
    record = world.site.record("decryption", sport=reply.port)
    assert record["action"] == "block" and fault in record["reason"], record
    traffic = world.site.record("traffic", sport=reply.port)
    assert_says(traffic, session_end_reason="decrypt-cert-validation", decrypted=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_server_under_those_checks_still_gets_the_certificate(
    world: World, kind: str
) -> None:
    with world.asking(kind, "good.strict.test") as origin:
        reply = world.fetch(origin, "good.strict.test", *world.mutual.words)
        assert (reply.status, reply.body) == (200, PAGE), reply
        assert origin.handshakes[-1].client == CLIENT


# The other ways in


@dataclass(frozen=True)
class Way:
    """How a gateway is started and reached."""

    command: tuple[str, ...] = STOCK
    mode: str = ""
    proxy: str = ""


WAYS = {
    "our own command": Way(OWN),
    "SOCKS5": Way(mode="socks5", proxy="socks5://{}"),
    "reverse:https": Way(mode="reverse:https://127.0.0.1:{}"),
    "reverse:tls": Way(mode="reverse:tls://127.0.0.1:{}"),
}


@pytest.mark.parametrize("way", WAYS)
def test_other_modes(world: World, way: str, tmp_path: Path) -> None:
    kinds = ["required with TLS 1.2", "required with TLS 1.3"]
    for kind in kinds if "reverse" in way else kinds[1:]:
        with _reached(world, WAYS[way], kind, tmp_path / kind[-1]) as (origin, site, to):
            words: Mapping[str, object] = to
            first, second = (_through(world, words, "mtls.zoo.test") for _ in range(2))
            for reply in (first, second):
                assert (reply.error, reply.status, reply.body) == (0, 200, PAGE), reply
            assert [seen.client for seen in origin.handshakes if seen.client] == [CLIENT] * 2
            assert_says(
                site.record("decryption", sport=first.port), action="bypass", reason=[REASON]
            )
            record = site.record("traffic", sport=second.port)
            assert_says(record, reason=["excluded-learned"], decrypted=False)
            assert origin.accepted == 3


@contextlib.contextmanager
def _reached(
    world: World, way: Way, kind: str, folder: Path
) -> Iterator[tuple[WatchedOrigin, Site, Mapping[str, object]]]:
    site = made(folder, world.zoo)
    with world.asking(kind, "mtls.zoo.test") as origin:
        mode = ("--mode", way.mode.format(origin.port)) if way.mode else ()
        with Gateway(site, way.command, *mode) as gateway:
            if "reverse" in way.mode:
                yield origin, site, {"to": gateway.port, "proxy": ()}
            else:
                proxy = way.proxy.format(gateway.address) or f"http://{gateway.address}"
                yield origin, site, {"to": origin.port, "proxy": ("-x", proxy)}


def _through(world: World, words: Mapping[str, object], host: str) -> clients.Reply:
    to, proxy = words["to"], words["proxy"]
    assert isinstance(to, int) and isinstance(proxy, tuple)
    quiet = ("--suppress-connect-headers",) if proxy else ()
    return clients.curl(
        None,
        f"https://{host}/page",
        *proxy,
        *quiet,
        *world.mutual.words,
        to=to,
        trust=world.zoo.root_file,
    )
