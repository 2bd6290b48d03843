"""Both handshakes as strangers grade them.

The client's leg is scanned by sslyze, which brings an OpenSSL of its own; on the server's leg a
server notes the gateway's hello, which is held against the client's.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from OpenSSL import SSL

from e2e.harness import clients, pki
from e2e.harness.grading import Grade, grade
from e2e.harness.hellos import (
    TLS10,
    TLS12,
    TLS13,
    X25519,
    X25519_MLKEM768,
    Client,
    Hello,
    Noting,
    asking,
)
from e2e.harness.origins import Origin
from e2e.harness.process import STOCK, Gateway
from e2e.harness.site import DECRYPT, Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

PROFILES = ("default", "best-practice", "only-13")
WEAK = ("RC4", "3DES", "NULL", "EXPORT", "anon", "DES_CBC", "MD5", "SEED", "IDEA", "CAMELLIA")


SHA1_SIGNATURES = {0x0201, 0x0202, 0x0203}  # RSA, DSA, ECDSA: RFC 5246 section 7.4.1.4.1
OLDEST = {"default": TLS12, "best-practice": TLS12, "only-13": TLS13}
SOUND = {"aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-cbc", "aes-256-cbc"}


def host_of(profile: str) -> str:
    return f"www.{profile}.test"


def rules() -> list[Mapping[str, object]]:
    return [
        {**DECRYPT, "name": name, "destination": [f"*.{name}.test"], "profile": name}
        for name in PROFILES
    ]


@dataclass
class Reverse:
    """A gateway in front of one server, its authority certified by a root that clients know."""

    gateway: Gateway
    root_file: Path


@pytest.fixture(scope="module")
def make(folder: Path, zoo: Zoo) -> Callable[..., Site]:
    def _make(name: str, signers: tuple[pki.Pair, pki.Pair] | None = None) -> Site:
        site = Site(folder / name, decryption=rules(), roots=[zoo.root], signers=signers)
        shipped = site.read("profiles.yaml")
        only = {
            "ssl-forward-proxy": {"block-unsupported-version": True},
            "ssl-protocol-settings": {"min-version": "tls1-3"},
        }
        shipped["decryption"] = {**shipped["decryption"], "only-13": only}
        site.write("profiles.yaml", shipped)
        return site

    return _make


@pytest.fixture(scope="module")
def front(zoo: Zoo, folder: Path, make: Callable[..., Site]) -> Iterator[Reverse]:
    root = pki.authority("Company Root")
    signers = pki.authority("Company Decryption", root), pki.authority("Company Untrust")
    (folder / "company.pem").write_bytes(root.pem)
    pair = zoo.leaf(*map(host_of, PROFILES))
    with Origin(pair) as origin:
        mode = f"reverse:https://127.0.0.1:{origin.port}"
        with Gateway(make("front", signers), STOCK, "--mode", mode) as gateway:
            yield Reverse(gateway, folder / "company.pem")


@pytest.fixture(scope="module")
def graded(front: Reverse) -> Callable[[str], Grade]:
    made: dict[str, Grade] = {}

    def _graded(profile: str) -> Grade:
        if profile not in made:
            made[profile] = grade(front.gateway.port, host_of(profile), front.root_file)
        return made[profile]

    return _graded


@pytest.mark.parametrize("profile", PROFILES)
def test_old_versions_are_refused(profile: str, graded: Callable[[str], Grade]) -> None:
    seen = graded(profile)
    for version in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"):
        assert seen.suites(version) == [], version
    assert bool(seen.suites("tls_1_2")) == (profile != "only-13")
    assert set(seen.suites("tls_1_3")) == {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_no_weak_suite_is_agreed_on(profile: str, graded: Callable[[str], Grade]) -> None:
    agreed = graded(profile).suites("tls_1_2")
    assert not [name for name in agreed if any(weak in name for weak in WEAK)]
    if profile == "best-practice":
        assert not [name for name in agreed if not name.startswith("TLS_ECDHE_")]
        assert not [name for name in agreed if name.endswith("_SHA")]


@pytest.mark.parametrize("profile", PROFILES)
def test_there_is_no_known_hole(profile: str, graded: Callable[[str], Grade]) -> None:
    seen = graded(profile)
    assert seen.found("tls_compression") is False
    assert seen.found("tls_1_3_early_data") is False
    assert seen.found("openssl_ccs_injection") is False
    assert seen.found("heartbleed") is False
    assert seen.found("robot").startswith("NOT_VULNERABLE")


@pytest.mark.parametrize("profile", [each for each in PROFILES if each != "only-13"])
def test_what_tls_1_2_needs_is_there(profile: str, graded: Callable[[str], Grade]) -> None:
    seen = graded(profile)
    assert seen.results["session_renegotiation"] == {
        "supports_secure_renegotiation": True,
        "is_vulnerable_to_client_renegotiation_dos": False,
        "client_renegotiations_success_count": 0,
    }
    assert seen.found("tls_fallback_scsv") is True
    assert seen.found("tls_extended_master_secret") is True


@pytest.mark.parametrize("profile", PROFILES)
def test_groups_are_good(profile: str, graded: Callable[[str], Grade]) -> None:
    curves = graded(profile).curves
    assert {"X25519", "secp256r1"} <= curves <= {
        "X25519", "X448", "secp256r1", "secp384r1", "secp521r1",
    }  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
def test_the_chain_is_complete(profile: str, graded: Callable[[str], Grade]) -> None:
    """Every deployment (one for each kind of key) is verified by who knows the root alone."""
    found = graded(profile).results["certificate_info"]["certificate_deployments"]
    assert found
    for each in found:
        assert len(each["received_certificate_chain"]) == 2
        assert each["received_chain_has_valid_order"]
        assert not each["received_chain_contains_anchor_certificate"]
        assert any(path["was_validation_successful"] for path in each["path_validation_results"])


def test_forward_secrecy_comes_first_whatever_the_client_prefers(front: Reverse) -> None:
    """To a client that has no ECDSA, so that suites without forward secrecy are possible at all."""
    asked = "AES128-SHA:AES256-GCM-SHA384:AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
    seen = clients.handshake(
        None, host_of("default"), front.gateway.port, "-tls1_2", "-cipher", asked,
        trust=front.root_file,
    )  # fmt: skip
    assert seen.errors == frozenset(), seen.output
    assert "Cipher is ECDHE-RSA-AES128-GCM-SHA256" in seen.output


@pytest.mark.parametrize("profile", PROFILES)
def test_a_group_that_outlives_quantum_computers_is_agreed_on(profile: str, front: Reverse) -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    group = agreed_group(context, front.gateway.port, host_of(profile))
    assert group == "X25519MLKEM768"


def agreed_group(context: SSL.Context, port: int, host: str) -> str | None:
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        plain.settimeout(None)
        made = SSL.Connection(context, plain)
        made.set_tlsext_host_name(host.encode())
        made.set_connect_state()
        made.do_handshake()
        return made.get_group_name()


MODERN = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:"
    "AES256-SHA"
)
CLIENTS = {
    "TLS 1.3 alone": Client(oldest=TLS13),
    "TLS 1.3 with one suite": Client(oldest=TLS13, suites="TLS_AES_256_GCM_SHA384"),
    "TLS 1.2 with one AEAD suite": Client("ECDHE-ECDSA-AES256-GCM-SHA384", newest=TLS12),
    "TLS 1.2 without forward secrecy": Client("AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256",
                                              newest=TLS12),
    "CBC alone, of TLS 1.0 to 1.2": Client(
        "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA384:AES256-SHA", oldest=TLS10, newest=TLS12,
        alpn=[b"http/1.1"],
    ),
    "a browser": Client(MODERN),
    "whatever OpenSSL has": Client("ALL:COMPLEMENTOFALL", oldest=TLS10),
}  # fmt: skip


OLD = [name for name, client in CLIENTS.items() if client.newest == TLS12]
ROWS = [(p, name) for p in PROFILES for name in CLIENTS if (p, name in OLD) != ("only-13", True)]


@pytest.fixture(scope="module")
def noting() -> Iterator[Noting]:
    with Noting() as server:
        yield server


@pytest.fixture(scope="module")
def before(noting: Noting, make: Callable[..., Site]) -> Iterator[Gateway]:
    """A gateway in front of a server that says nothing but notes what it is offered."""
    with Gateway(make("before"), STOCK, "--mode", f"reverse:https://127.0.0.1:{noting.port}") as it:
        yield it


type Offered = Callable[[Client, str], tuple[Hello, Hello]]


@pytest.fixture
def offered(noting: Noting, before: Gateway) -> Offered:
    """A client's hello, and the one that the server was sent because of it."""

    def _offered(client: Client, host: str) -> tuple[Hello, Hello]:
        noting.hellos.clear()
        theirs = client.hello(host)
        with asking(before.port, theirs):
            ours = until(lambda: noting.hellos, "the server hears of the client")
        return theirs, ours[0]

    return _offered


@pytest.mark.parametrize(("profile", "client"), ROWS)
def test_the_server_is_offered_nothing_weaker(profile: str, client: str, offered: Offered) -> None:
    theirs, ours = offered(CLIENTS[client], host_of(profile))
    assert ours.raw != theirs.raw
    assert min(ours.versions) >= max(min(theirs.versions), OLDEST[profile])
    assert ours.kinds <= theirs.kinds
    if TLS13 in theirs.versions:
        assert ours.suites <= theirs.suites
    assert (ours.name, set(ours.alpn) <= set(theirs.alpn)) == (host_of(profile), True)
    assert_is_sound(ours)
    if profile == "best-practice":
        assert {kind.exchange for kind in ours.kinds} <= {"kx-ecdhe"}
        assert "sha1" not in {kind.digest for kind in ours.kinds}


@pytest.mark.parametrize("profile", ["default", "best-practice"])
def test_no_signature_with_sha_1_for_a_client_that_takes_none(
    profile: str, offered: Offered
) -> None:
    theirs, ours = offered(Client(MODERN, level=2), host_of(profile))
    assert not SHA1_SIGNATURES & set(theirs.signatures)
    assert not SHA1_SIGNATURES & set(ours.signatures)


@pytest.mark.parametrize("client", OLD)
def test_a_client_that_is_too_old_never_reaches_the_server(
    client: str, noting: Noting, before: Gateway
) -> None:
    noting.hellos.clear()
    with asking(before.port, CLIENTS[client].hello(host_of("only-13"))) as connection:
        assert connection.recv(1) == b""
    assert noting.hellos == []


def assert_is_sound(hello: Hello) -> None:
    """Graded by itself: nothing that is broken, and what is best comes first."""
    assert {kind.exchange for kind in hello.kinds} <= {"kx-ecdhe", "kx-rsa"}
    assert {kind.encryption for kind in hello.kinds} <= SOUND
    assert hello.authentications <= {"auth-rsa", "auth-ecdsa"}
    assert hello.suites <= {0x1301, 0x1302, 0x1303}
    assert hello.compressions == b"\0"
    assert hello.versions <= {TLS12, TLS13}
    assert hello.groups[0] == X25519_MLKEM768 if TLS13 in hello.versions else True
    assert X25519 in hello.groups
    assert not [each for each in hello.signatures if each >> 8 == 1], "MD5"
