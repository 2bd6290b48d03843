"""Inbound inspection: clients see the protected server's own certificate, content is inspected.

No root is trusted here but by the clients: what the server shows is told by its fingerprint alone.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from e2e.harness import bodies, clients, pki
from e2e.harness.messages import PAGE, Answer, Request
from e2e.harness.origins import Origin
from e2e.harness.process import OWN, STOCK, Gateway
from e2e.harness.site import DECRYPT, Record, Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST, RSA, P384, ED25519, VAULT, OWN_ROOT, STRANGER = (
    f"{name}.zoo.test" for name in ("www", "rsa", "p384", "ed25519", "vault", "device", "stranger")
)
KNOWN = (HOST, RSA, P384, ED25519, VAULT, OWN_ROOT)
PROTOCOLS = ["--http1.1", "--http2"]
ALT_SVC = 'h3=":443"; ma=3600'
DECRYPTED = 0x01000000


def rule(*certificates: str) -> dict[str, object]:
    """Forward decryption is below it, so that nothing passes for another reason."""
    return {
        "name": "inbound-www",
        "to": ["dmz"],
        "destination": ["127.0.0.1", "::1"],
        "action": "decrypt",
        "type": "ssl-inbound-inspection",
        "certificates": list(certificates),
        "log-success": True,
    }


def protected(folder: Path, *certificates: str) -> Site:
    zones = {"dmz": {"networks": ["127.0.0.0/8", "::1/128"]}}
    outbound = {**DECRYPT, "from": ["any"]}
    return Site(folder, decryption=[rule(*certificates), outbound], settings={"zones": zones})


def write_pkcs12(pair: pki.Pair, folder: Path, stem: str, passphrase: bytes) -> None:
    """STEM.p12 with the chain, and STEM.pass."""
    folder.mkdir(exist_ok=True)
    chain = [x509.load_der_x509_certificate(each) for each in pair.chain]
    how = serialization.BestAvailableEncryption(passphrase)
    packed = pkcs12.serialize_key_and_certificates(
        stem.encode(), pair.key, pair.certificate, chain, how
    )
    for name, content in ((f"{stem}.p12", packed), (f"{stem}.pass", passphrase + b"\n")):
        (folder / name).touch(0o600)
        (folder / name).write_bytes(content)


@dataclass
class World:
    gateway: Gateway
    origin: Origin
    pairs: Mapping[str, pki.Pair]
    root: Path

    @property
    def site(self) -> Site:
        return self.gateway.site

    def fetch(self, path: str, *arguments: str | Path, host: str = HOST) -> clients.Reply:
        url = f"https://{host}{path}"
        return clients.curl(None, url, *arguments, to=self.gateway.port, trust=self.root)


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    """A server with a certificate for each name, of which the last is not set up here."""
    pairs = {
        HOST: zoo.leaf(HOST),
        RSA: pki.leaf(zoo.issuing, RSA, key="rsa2048"),
        P384: pki.leaf(zoo.issuing, P384, key="p384"),
        ED25519: pki.leaf(zoo.issuing, ED25519, key="ed25519"),
        VAULT: zoo.leaf(VAULT),
        OWN_ROOT: pki.leaf(None, OWN_ROOT),
        STRANGER: zoo.leaf(STRANGER),
    }
    names = [host.partition(".")[0] for host in KNOWN]
    site = protected(folder / "inbound", *names)
    for host, name in zip(KNOWN, names, strict=True):
        if host == VAULT:
            write_pkcs12(pairs[host], site.ca / "inbound", name, b"open sesame")
        else:
            pairs[host].write(site.ca / "inbound", name)
    with Origin(pairs) as origin:
        origin.contents.routes["/alternative"] = _alternative
        mode = f"reverse:https://127.0.0.1:{origin.port}"
        with Gateway(site, STOCK, "--mode", mode) as gateway:
            yield World(gateway, origin, pairs, zoo.root_file)


def _alternative(_: Request) -> Answer:
    return Answer(headers=[("alt-svc", ALT_SVC), ("content-type", "text/html")], body=PAGE)


def assert_inbound(record: Record, **more: object) -> None:
    wanted = {"authority": "inbound", "policy_name": "inbound-www", "action": "allow", **more}
    assert record | wanted == record
    assert not record.get("reason")


# What clients see


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("host", KNOWN)
def test_the_servers_own_certificate_and_chain_are_shown(
    world: World, host: str, version: str
) -> None:
    pair = world.pairs[host]
    seen = clients.handshake(None, host, world.gateway.port, version, trust=world.root)
    assert seen.complete, seen.output
    assert seen.certificates == (pair.der, *pair.chain)
    assert (seen.errors == frozenset()) == (host != OWN_ROOT), seen.output


def test_clients_without_a_name_are_shown_what_the_server_shows_them(world: World) -> None:
    seen = clients.handshake(None, None, world.gateway.port, trust=world.root, expect=HOST)
    pair = world.pairs[HOST]
    assert seen.certificates == (pair.der, *pair.chain), seen.output
    assert seen.errors == frozenset()


# What passes, and what does not


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("host", [HOST, RSA, P384, VAULT])
def test_a_page_passes_and_the_host_header_stays(world: World, host: str, protocol: str) -> None:
    path = f"/page?{host}{protocol}"
    reply = world.fetch(path, protocol, host=host)
    assert (reply.error, reply.status, reply.body) == (0, 200, PAGE), reply
    (asked,) = world.origin.contents.asked(path)
    assert asked.headers["host"] == host
    assert_inbound(world.site.record("decryption", sport=reply.port), sni=host)
    traffic = world.site.record("traffic", sport=reply.port)
    assert (traffic["app"], traffic["decrypted"]) == ("web-browsing", True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_virus_is_caught_on_its_way_out(world: World, protocol: str) -> None:
    reply = world.fetch("/files/eicar.com", protocol)
    assert (reply.error, reply.status) == (0, 403), reply
    assert bodies.EICAR not in reply.body
    assert_found(world, reply, "server-to-client")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_virus_is_caught_on_its_way_in(world: World, protocol: str, tmp_path: Path) -> None:
    path = f"/up/{protocol}/eicar.com"
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    reply = world.fetch(path, protocol, "-T", tmp_path / "eicar.com")
    assert (reply.error, reply.status) == (0, 403), reply
    assert not any(bodies.EICAR in asked.body for asked in world.origin.contents.asked(path))
    assert_found(world, reply, "client-to-server")


def assert_found(world: World, reply: clients.Reply, direction: str) -> None:
    record = world.site.record("threat", sport=reply.port)
    wanted = {"threatid": "Eicar Test File(100000)", "direction": direction, "decrypted": True}
    assert record | wanted == record
    assert int(record["flags"], 16) & DECRYPTED
    decryption = world.site.record("decryption", sport=reply.port)
    assert decryption["authority"] == "inbound"
    assert decryption["sessionid"] == record["sessionid"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_alternative_services_of_our_own_servers_stay(world: World, protocol: str) -> None:
    reply = world.fetch("/alternative", protocol)
    assert (reply.status, reply.body) == (200, PAGE), reply
    assert f"alt-svc: {ALT_SVC}" in reply.head.lower()


# Another certificate than those of the rule


@pytest.mark.parametrize("version", ["--tls-max=1.2", "--tlsv1.3"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_another_certificate_ends_the_session(world: World, protocol: str, version: str) -> None:
    path = f"/page?stranger{protocol}{version}"
    words = ("--tls-max", "1.2") if version.startswith("--tls-max") else (version,)
    reply = world.fetch(path, "-k", protocol, *words, host=STRANGER)
    assert reply.status != 200 and PAGE not in reply.body, reply
    assert not world.origin.contents.asked(path)
    assert_mismatch(world.site, reply)


def test_the_strangers_certificate_is_shown_to_nobody(world: World) -> None:
    seen = clients.handshake(None, STRANGER, world.gateway.port, trust=world.root)
    assert world.pairs[STRANGER].der not in seen.certificates
    assert seen.errors or not seen.certificates


def assert_mismatch(site: Site, reply: clients.Reply) -> None:
    record = site.record("decryption", sport=reply.port)
    wanted = {"policy_name": "inbound-www", "action": "block", "reason": ["certificate-mismatch"]}
    assert record | wanted == record
    assert record.get("authority") != "inbound"


# A server that renews its certificate


class Renewing(Origin):
    """A server that shows another certificate from now on."""

    def renew(self, pair: pki.Pair) -> None:
        assert self._tls
        with tempfile.TemporaryDirectory() as folder:
            self._tls.load_cert_chain(*pair.write(Path(folder), "server"))


def test_the_next_certificate_is_taken_once_it_is_here(zoo: Zoo, tmp_path: Path) -> None:
    old, new = zoo.leaf(HOST), zoo.leaf(HOST)
    site = protected(tmp_path / "site", "www")
    old.write(site.ca / "inbound", "www")
    with Renewing(old) as origin:
        mode = f"reverse:https://127.0.0.1:{origin.port}"
        with Gateway(site, OWN, "--mode", mode) as gateway:
            assert shown(gateway, zoo) == old.der
            origin.renew(new)
            reply = clients.curl(None, f"https://{HOST}/page?renewed", "-k", to=gateway.port)
            assert PAGE not in reply.body and not origin.contents.asked("renewed"), reply
            assert_mismatch(site, reply)
            new.write(site.ca / "inbound", "next")
            site.write("decryption.yaml", {"rules": [rule("www", "next")]})
            until(lambda: shown(gateway, zoo) == new.der, "the next certificate is shown", 20)
            origin.renew(old)
            assert shown(gateway, zoo) == old.der


def test_a_broken_certificate_leaves_the_policy_in_place(zoo: Zoo, tmp_path: Path) -> None:
    pair = zoo.leaf(HOST)
    site = protected(tmp_path / "site", "www")
    _, key = pair.write(site.ca / "inbound", "www")
    with Origin(pair) as origin:
        mode = f"reverse:https://127.0.0.1:{origin.port}"
        with Gateway(site, STOCK, "--mode", mode) as gateway:
            key.chmod(0o644)
            gateway.said(r"inbound/www\.key: error: others than its owner can read this file")
            gateway.said("the new policy is not valid")
            assert shown(gateway, zoo) == pair.der


def shown(gateway: Gateway, zoo: Zoo) -> bytes | None:
    seen = clients.handshake(None, HOST, gateway.port, trust=zoo.root_file)
    return seen.certificates[0] if seen.certificates else None


# Other ways in


def test_over_ipv6(zoo: Zoo, tmp_path: Path) -> None:
    pair = zoo.leaf(HOST)
    site = protected(tmp_path / "site", "www")
    pair.write(site.ca / "inbound", "www")
    with Origin(pair, address="::1") as origin:
        words = ("--mode", f"reverse:https://[::1]:{origin.port}", "--listen-host", "::1")
        with Gateway(site, STOCK, *words) as gateway:
            way = ("--connect-to", f"::[::1]:{gateway.port}")
            page = clients.curl(None, f"https://{HOST}/page", *way, trust=zoo.root_file)
            virus = clients.curl(None, f"https://{HOST}/files/eicar.com", *way, trust=zoo.root_file)
            assert_inbound(site.record("decryption", sport=page.port), src="::1", dst="::1")
            site.record("threat", sport=virus.port)
    assert (page.status, page.body) == (200, PAGE), page
    assert (virus.status, bodies.EICAR in virus.body) == (403, False), virus


def test_transparent(tmp_path: Path) -> None:
    """In namespaces of its own; root may always make them, others where the system lets them."""
    seen = _in_namespaces("-m", "e2e.harness.inbound", tmp_path)
    assert len(seen) == 2  # an IPv4 and an IPv6 address
    for each in seen.values():
        assert (each["page"], each["virus page"]) == (True, True)
        assert_inbound(each["record"], sni=HOST)


def _in_namespaces(*words: str | Path) -> Record:
    own: Sequence[str | Path] = ["unshare", "--map-root-user", "--net", "--mount", sys.executable]
    done = subprocess.run(
        [*own, *words],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found
