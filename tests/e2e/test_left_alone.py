"""What a decryption profile checks of sessions that are not decrypted, and what a claimed name is
worth there."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from e2e.harness import clients, pki
from e2e.harness.messages import PAGE
from e2e.harness.process import Gateway
from e2e.harness.profiled import World, assert_page, host_of
from e2e.harness.site import DECRYPT, Site
from e2e.harness.watched import TLS12, TLS13, Mutual, Version, WatchedOrigin
from e2e.harness.zoo import Zoo

PROTOCOLS = ["--http1.1", "--http2"]
OLD = {
    "TLS 1.0": (Version.TLSv1, Version.TLSv1),
    "TLS 1.1": (Version.TLSv1_1, Version.TLSv1_1),
}
ANY = ("--tlsv1.0", "--ciphers", "ALL:@SECLEVEL=0")
PROFILES: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "no-proxy-expired": {"ssl-no-proxy": {"block-expired-certificate": True}},
    "no-proxy-untrusted": {"ssl-no-proxy": {"block-untrusted-issuer": True}},
    "unchecked": {},
}


def rules() -> list[Mapping[str, object]]:
    """One for each profile by the host's name, one by category, and one that decrypts the rest."""
    left: list[Mapping[str, object]] = [
        {"name": name, "destination": [f"*.{name}.test"], "profile": name} for name in PROFILES
    ]
    return [*left, {"name": "private", "category": ["private"]}, DECRYPT]


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    site = Site(
        folder / "site",
        decryption=rules(),
        profiles={"decryption": PROFILES},
        categories={"private": ["bank.test"]},
        roots=[zoo.root],
    )
    with Gateway(site) as gateway:
        yield World(zoo, gateway)


def assert_blocked(world: World, reply: clients.Reply, reason: str, end: str) -> None:
    traffic, decryption = world.records(reply)
    assert (traffic["session_end_reason"], traffic["decrypted"]) == (end, False)
    assert decryption["action"] == "block" and reason in decryption["reason"], decryption


def assert_passed(world: World, reply: clients.Reply, reason: str) -> None:
    assert (reply.error, reply.status, reply.body) == (0, 200, PAGE), reply
    traffic = world.site.record("traffic", sport=reply.port)
    assert (traffic["decrypted"], traffic["reason"]) == (False, [reason])


# Sessions that are not decrypted


def faulty(world: World, fault: str, host: str) -> pki.Pair:
    past = (pki.NOW - 90 * pki.DAY, pki.NOW - 3 * pki.DAY)
    if fault == "expired":
        return pki.leaf(world.zoo.issuing, host, dates=past)
    return pki.leaf(world.zoo.stranger, host) if fault else world.zoo.leaf(host)


NO_PROXY = {
    ("no-proxy-expired", "expired"): b"expired",
    ("no-proxy-untrusted", "unknown-issuer"): b"not issued by an authority that is trusted",
}


@pytest.mark.parametrize("versions", [TLS12, TLS13], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize("fault", ["", "expired", "unknown-issuer"])
@pytest.mark.parametrize("profile", PROFILES)
def test_the_checks_of_what_is_not_decrypted(
    world: World, profile: str, fault: str, versions: tuple[Version, Version]
) -> None:
    host = host_of(profile)
    pair = faulty(world, fault, host)
    with WatchedOrigin(pair, versions=versions) as origin:
        if words := NO_PROXY.get((profile, fault)):
            for _ in range(2):
                reply = world.fetch(origin, host)
                assert_page(reply, words)
                assert_blocked(world, reply, fault, "decrypt-cert-validation")
            assert not origin.contents.requests
            return
        reply = world.fetch(origin, host, "-k", real=True)
        assert_passed(world, reply, "rule")
        seen = clients.handshake(world.gateway, host, origin.port, trust=world.zoo.root_file)
        assert seen.certificates[0] == pair.der


@pytest.mark.parametrize("way", PROTOCOLS)
def test_a_page_for_what_is_not_decrypted_speaks_the_clients_protocol(
    world: World, way: str
) -> None:
    host = host_of("no-proxy-expired")
    with WatchedOrigin(faulty(world, "expired", host)) as origin:
        assert_page(world.fetch(origin, host, way=way), b"expired", way)


@pytest.mark.parametrize("versions", [TLS12, TLS13], ids=["TLS 1.2", "TLS 1.3"])
@pytest.mark.parametrize("host", ["www.no-proxy-expired.test", "bank.test"])
def test_what_is_left_alone_may_ask_for_a_certificate(
    world: World, host: str, versions: tuple[Version, Version], tmp_path: Path
) -> None:
    mutual = Mutual.made(tmp_path, "Zoo Client")
    pair = world.zoo.leaf(host)
    with WatchedOrigin(pair, clients=mutual.authority, versions=versions) as origin:
        reply = world.fetch(origin, host, *map(str, mutual.words), real=True)
        assert_passed(world, reply, "rule")
        assert origin.handshakes[-1].client == "Zoo Client"


@pytest.mark.parametrize("kind", ["TLS 1.0", "TLS 1.1"])
@pytest.mark.parametrize("fault", ["", "expired"])
def test_a_server_too_old_to_be_decrypted_is_checked_all_the_same(
    world: World, fault: str, kind: str
) -> None:
    host = host_of("no-proxy-expired")
    with WatchedOrigin(faulty(world, fault, host), versions=OLD[kind]) as origin:
        if not fault:
            assert_passed(world, world.fetch(origin, host, *ANY, real=True), "rule")
            return
        reply = world.fetch(origin, host, *ANY, "-k")
        assert PAGE not in reply.body, "it passed unchecked"
        assert_blocked(world, reply, fault, "decrypt-cert-validation")


# A claimed name is no passport


@pytest.mark.parametrize("versions", [TLS12, TLS13], ids=["TLS 1.2", "TLS 1.3"])
def test_a_borrowed_name_is_decided_without_its_category(
    world: World, versions: tuple[Version, Version]
) -> None:
    with WatchedOrigin(world.zoo.leaf("elsewhere.test"), versions=versions) as origin:
        for _ in range(2):
            reply = world.fetch(origin, "bank.test", "-k")
            assert (reply.status, reply.body) == (200, PAGE), reply
            traffic, decryption = world.records(reply)
            assert traffic["decrypted"] is True, traffic
            assert decryption["policy_name"] == "decrypt-all"
            assert decryption["reason"] == ["name-mismatch"]
        assert origin.accepted == 2


@pytest.mark.parametrize("versions", [TLS12, TLS13], ids=["TLS 1.2", "TLS 1.3"])
def test_a_bank_is_looked_at_once(world: World, versions: tuple[Version, Version]) -> None:
    with WatchedOrigin(world.zoo.leaf("bank.test"), versions=versions) as origin:
        for accepted in (2, 3):
            reply = world.fetch(origin, "bank.test", real=True)
            assert_passed(world, reply, "rule")
            assert origin.accepted == accepted


def test_a_bank_seen_at_one_address_vouches_for_no_other(
    world: World,
) -> None:
    with WatchedOrigin(world.zoo.leaf("bank.test"), address="127.0.0.5") as other:
        where = f"::127.0.0.5:{other.port}"
        reply = clients.curl(
            world.gateway,
            "https://bank.test/page",
            *("--connect-to", where),
            trust=world.zoo.root_file,
        )
        assert_passed(world, reply, "rule")
        with WatchedOrigin(world.zoo.leaf("elsewhere.test")) as origin:
            borrowed = world.fetch(origin, "bank.test", "-k")
            traffic, _ = world.records(borrowed)
            assert traffic["decrypted"] is True, "confirmed at one address, borrowed at another"
