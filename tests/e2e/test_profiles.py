"""What a decryption profile allows, on both legs: versions, suites, ALPN, and the leaf."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from e2e.harness import clients, pki
from e2e.harness.messages import PAGE
from e2e.harness.process import Gateway
from e2e.harness.profiled import World, assert_page, host_of
from e2e.harness.site import DECRYPT, Site
from e2e.harness.watched import TLS12, Version, WatchedOrigin
from e2e.harness.zoo import Zoo

TLS10, TLS11 = (Version.TLSv1, Version.TLSv1), (Version.TLSv1_1, Version.TLSv1_1)
ANY = ("--tlsv1.0", "--ciphers", "ALL:eNULL:@SECLEVEL=0")
PROTOCOLS = ["--http1.1", "--http2"]

type Checks = Mapping[str, Mapping[str, object]]


def protocol(**settings: object) -> Checks:
    return {"ssl-protocol-settings": {key.replace("_", "-"): v for key, v in settings.items()}}


def forward(*checks: str) -> Checks:
    return {"ssl-forward-proxy": dict.fromkeys(checks, True)}


BLOCKING = forward("block-unsupported-version", "block-unsupported-cipher")
PROFILES: Mapping[str, Checks] = {
    "plain": {},
    "only-12": protocol(min_version="tls1-2", max_version="tls1-2"),
    "only-13": protocol(min_version="tls1-3"),
    "from-10": protocol(min_version="tls1-0"),
    "no-gcm": protocol(enc_algo_aes_128_gcm=False, enc_algo_aes_256_gcm=False),
    "cbc": protocol(
        max_version="tls1-2",
        enc_algo_aes_128_gcm=False,
        enc_algo_aes_256_gcm=False,
        enc_algo_chacha20_poly1305=False,
    ),
    "no-rsa": protocol(keyxchg_algo_rsa=False),
    "blocking": {**BLOCKING, **protocol(keyxchg_algo_rsa=False)},
    "no-alpn": forward("strip-alpn"),
    "bare-leaf": forward("restrict-cert-exts"),
    "altname": forward("auto-include-altname"),
}


def rules() -> list[Mapping[str, object]]:
    """A rule for each profile, by the host's name."""
    return [
        {**DECRYPT, "name": name, "destination": [f"*.{name}.test"], "profile": name}
        for name in PROFILES
    ]


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    site = Site(
        folder / "site",
        decryption=rules(),
        profiles={"decryption": PROFILES},
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


# Versions and suites


@pytest.mark.parametrize(
    ("profile", "version"),
    [("plain", "TLSv1.3"), ("only-12", "TLSv1.2"), ("only-13", "TLSv1.3"), ("cbc", "TLSv1.2")],
)
def test_the_newest_version_that_is_allowed_on_both_legs(
    world: World, profile: str, version: str
) -> None:
    host = host_of(profile)
    with WatchedOrigin(world.zoo.leaf(host)) as origin:
        reply = world.fetch(origin, host)
        assert (reply.status, reply.body) == (200, PAGE), reply
        assert [seen.version for seen in origin.handshakes] == [version]
    record = world.site.record("decryption", sport=reply.port)
    assert record["tls_version"] == record["server_tls_version"] == version.replace("TLSv", "TLS")


@pytest.mark.parametrize(
    ("profile", "arguments", "cipher"),
    [
        ("no-gcm", ("-tls1_2",), "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("no-gcm", ("-tls1_3",), "TLS_CHACHA20_POLY1305_SHA256"),
        ("cbc", ("-tls1_2",), "ECDHE-ECDSA-AES128-SHA256"),
        ("plain", ("-tls1_2", "-cipher", "AES256-SHA256:ECDHE-ECDSA-AES256-SHA"), "AES256-SHA"),
    ],
    ids=str,
)
def test_the_clients_leg_agrees_on_what_the_profile_allows(
    world: World, profile: str, arguments: tuple[str, ...], cipher: str
) -> None:
    host = host_of(profile)
    with WatchedOrigin(world.zoo.leaf(host)) as origin:
        seen = clients.handshake(
            world.gateway, host, origin.port, *arguments, trust=world.site.trust_file
        )
        assert seen.complete and not seen.errors, seen.output
        assert seen.leaf.issuer == world.site.trust.leaf.subject
        assert f"{cipher}\n" in seen.output, seen.output
        (agreed,) = origin.handshakes
    assert "GCM" not in agreed.cipher or profile == "plain"


@pytest.mark.parametrize("offer", ["-tls1", "-tls1_1"])
@pytest.mark.parametrize("profile", ["plain", "from-10"])
def test_an_old_client(world: World, profile: str, offer: str) -> None:
    """It passes undecrypted, or is decrypted where min-version says so; in neither case is the
    server spoken to in an older version than by the client."""
    host = host_of(profile)
    versions = (Version.TLSv1, Version.MAXIMUM_SUPPORTED)
    with WatchedOrigin(world.zoo.leaf(host), versions=versions, ciphers="ALL") as origin:
        both = pki.pem(world.zoo.root.der) + world.site.trust.pem
        trust = world.site.folder / "both.pem"
        trust.write_bytes(both)
        arguments = (offer, "-cipher", "ALL:@SECLEVEL=0")
        seen = clients.handshake(world.gateway, host, origin.port, *arguments, trust=trust)
        assert seen.complete, seen.output
        forged = seen.leaf.issuer == world.site.trust.leaf.subject
        assert forged == (profile == "from-10")
        record = world.site.record("traffic", dport=origin.port)
    assert record["decrypted"] == forged
    assert forged or record["reason"] == ["unsupported-version"]


def test_a_client_that_offers_no_encryption_passes_undecrypted(world: World) -> None:
    host = host_of("plain")
    pair = pki.leaf(world.zoo.issuing, host, key="rsa2048")
    with WatchedOrigin(pair, versions=TLS12, ciphers="ALL:eNULL") as origin:
        arguments = ("-tls1_2", "-cipher", "NULL-SHA256:@SECLEVEL=0")
        seen = clients.handshake(
            world.gateway, host, origin.port, *arguments, trust=world.zoo.root_file
        )
        assert seen.certificates[0] == pair.der, seen.output
        assert [each.cipher for each in origin.handshakes] == ["NULL-SHA256"]
        record = world.site.record("traffic", dport=origin.port)
    assert (record["decrypted"], record["reason"]) == (False, ["unsupported-cipher"])


@pytest.mark.parametrize("way", PROTOCOLS)
@pytest.mark.parametrize(
    ("offer", "reason"),
    [(("--tls-max", "1.1"), "unsupported-version"), (("--tls-max", "1.2"), "unsupported-cipher")],
)
def test_such_clients_end_where_the_profile_blocks(
    world: World, offer: tuple[str, str], reason: str, way: str
) -> None:
    host = host_of("blocking")
    pair = pki.leaf(world.zoo.issuing, host, key="rsa2048")
    with WatchedOrigin(pair, versions=(Version.TLSv1, Version.TLSv1_2), ciphers="ALL") as origin:
        words = ("--tlsv1.0", *offer, "--ciphers", "AES128-SHA:@SECLEVEL=0")
        reply = world.fetch(origin, host, *words, way=way)
        assert reply.error and not reply.body, reply
        assert origin.accepted == 0 or not origin.handshakes
    assert_blocked(world, reply, reason, "decrypt-unsupport-param")


# Servers with nothing that is allowed


@dataclass(frozen=True)
class Old:
    """A server's versions and suites, and what is said of it."""

    versions: tuple[Version, Version]
    ciphers: str
    reason: str
    page: bytes


VERSION = b"only versions of TLS that are not allowed"
CIPHER = b"no encryption that is allowed"
OLD = {
    "TLS 1.0": Old(TLS10, "ALL", "unsupported-version", VERSION),
    "TLS 1.1": Old(TLS11, "ALL", "unsupported-version", VERSION),
    "no encryption": Old(TLS12, "NULL-SHA256", "unsupported-cipher", CIPHER),
    "key exchange by RSA": Old(TLS12, "AES128-GCM-SHA256", "unsupported-cipher", CIPHER),
}


@pytest.mark.parametrize("kind", OLD)
def test_an_unsupported_server_passes_undecrypted(world: World, kind: str) -> None:
    old, host = OLD[kind], host_of("no-rsa")
    pair = pki.leaf(world.zoo.issuing, host, key="rsa2048")
    with WatchedOrigin(pair, versions=old.versions, ciphers=old.ciphers) as origin:
        reply = world.fetch(origin, host, *ANY, real=True)
        assert_passed(world, reply, old.reason)
        assert len(origin.handshakes) == 1
    record = world.site.record("decryption", sport=reply.port)
    assert record["action"] == "bypass"


@pytest.mark.parametrize("way", PROTOCOLS)
@pytest.mark.parametrize("kind", OLD)
def test_an_unsupported_server_is_blocked_with_a_page(world: World, kind: str, way: str) -> None:
    old, host = OLD[kind], host_of("blocking")
    pair = pki.leaf(world.zoo.issuing, host, key="rsa2048")
    with WatchedOrigin(pair, versions=old.versions, ciphers=old.ciphers) as origin:
        reply = world.fetch(origin, host, *ANY, way=way)
        assert_page(reply, old.page, way)
        assert not origin.contents.requests
    assert_blocked(world, reply, old.reason, "decrypt-unsupport-param")


# Never weaker than the client


def test_a_client_of_tls_1_3_alone_is_not_spoken_for_in_tls_1_2(world: World) -> None:
    """It passes undecrypted, so it fails as it would without the gateway."""
    host = host_of("plain")
    with WatchedOrigin(world.zoo.leaf(host), versions=TLS12) as origin:
        direct = clients.handshake(None, host, origin.port, "-tls1_3", trust=world.zoo.root_file)
        seen = clients.handshake(
            world.gateway, host, origin.port, "-tls1_3", trust=world.zoo.root_file
        )
        assert not direct.complete and not seen.complete
        assert "alert protocol version" in direct.output and "alert protocol version" in seen.output
        assert not origin.handshakes, "the gateway spoke for the client"
        record = world.site.record("traffic", dport=origin.port)
    assert record["decrypted"] is False


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--tlsv1.3",), {"TLSv1.3"}),
        (("--tls-max", "1.2"), {"TLSv1.2", "TLSv1.3"}),
        ((), {"TLSv1.3"}),
    ],
    ids=["TLS 1.3 alone", "TLS 1.2 at most", "every version"],
)
def test_the_server_is_offered_no_older_version(
    world: World, words: tuple[str, ...], wanted: set[str]
) -> None:
    host = host_of("plain")
    with WatchedOrigin(world.zoo.leaf(host)) as origin:
        reply = world.fetch(origin, host, *words)
        assert reply.body == PAGE, reply
        assert {seen.version for seen in origin.handshakes} <= wanted


def test_the_server_is_offered_no_weaker_suite(world: World) -> None:
    """The server would rather have what the client does not offer."""
    host = host_of("plain")
    pair = pki.leaf(world.zoo.issuing, host, key="rsa2048")
    suites = "AES128-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
    with WatchedOrigin(pair, versions=TLS12, ciphers=suites) as origin:
        words = ("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES256-GCM-SHA384")
        reply = world.fetch(origin, host, *words)
        assert reply.body == PAGE, reply
        assert [seen.cipher for seen in origin.handshakes] == ["ECDHE-RSA-AES256-GCM-SHA384"]


# What the client is shown


@pytest.mark.parametrize(("profile", "alpn"), [("plain", "h2"), ("no-alpn", "")])
def test_strip_alpn(world: World, profile: str, alpn: str) -> None:
    host = host_of(profile)
    with WatchedOrigin(world.zoo.leaf(host)) as origin:
        reply = world.fetch(origin, host, way="--http2")
        assert (reply.status, reply.body) == (200, PAGE), reply
        assert reply.protocol == ("2" if alpn else "1.1")
        assert [seen.alpn for seen in origin.handshakes] == [alpn]


@pytest.mark.parametrize("profile", ["plain", "bare-leaf"])
def test_restrict_cert_exts(world: World, profile: str) -> None:
    host = host_of(profile)
    with WatchedOrigin(world.zoo.leaf(host)) as origin:
        seen = clients.handshake(world.gateway, host, origin.port, trust=world.site.trust_file)
    leaf = x509.load_der_x509_certificate(seen.certificates[0])
    kinds = {type(extension.value) for extension in leaf.extensions}
    if profile == "plain":
        assert {x509.SubjectAlternativeName, x509.BasicConstraints} < kinds
        return
    # Without names no client of today would take it, so they stay beside the two usages.
    assert {x509.KeyUsage, x509.ExtendedKeyUsage} <= kinds
    assert kinds <= {x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName}
    assert not seen.errors, seen.output


@pytest.mark.parametrize("profile", ["plain", "altname"])
def test_auto_include_altname(world: World, profile: str) -> None:
    host = host_of(profile)
    with WatchedOrigin(pki.leaf(world.zoo.issuing, common_name=host)) as origin:
        seen = clients.handshake(world.gateway, host, origin.port, trust=world.site.trust_file)
        record = world.site.record("decryption", dport=origin.port)
    leaf = x509.load_der_x509_certificate(seen.certificates[0])
    names = [
        name
        for extension in leaf.extensions
        if isinstance(extension.value, x509.SubjectAlternativeName)
        for name in extension.value.get_values_for_type(x509.DNSName)
    ]
    assert names == ([host] if profile == "altname" else [])
    assert record.get("reason", []) == ([] if profile == "altname" else ["name-mismatch"])


def test_auto_include_altname_helps_no_certificate_that_has_names(world: World) -> None:
    host = host_of("altname")
    pair = pki.leaf(world.zoo.issuing, "other.test", common_name=host)
    with WatchedOrigin(pair) as origin:
        seen = clients.handshake(world.gateway, host, origin.port, trust=world.site.trust_file)
    assert seen.errors == frozenset({clients.NAME}), seen.output
