"""Revocation by openssl's own responder, by list and by staple, and issuers that servers forgot."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from e2e.harness import clients, origins, pki, status
from e2e.harness.messages import PAGE, Answer, Request
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import DECRYPT, Record, Site
from e2e.harness.status import Responder, StaplingServer
from e2e.harness.zoo import Zoo

PRIVATE = {"allow-private-addresses": True, "intermediates": True}
ON: Mapping[str, object] = {"ocsp": True, "crl": True}
CAREFUL = {"ssl-forward-proxy": {"block-unknown-cert": True, "block-timeout-cert": True}}
REVOKED = b"was revoked by its authority"
UNKNOWN = b"was revoked could not be found out"
TIMEOUT = b"could not be asked in time"


def made(folder: Path, zoo: Zoo, revocation: Mapping[str, object], fetch: object) -> Site:
    """Hosts below careful.test are under both checks, others under none."""
    careful = {**DECRYPT, "name": "careful", "destination": ["*.careful.test"]}
    return Site(
        folder,
        decryption=[{**careful, "profile": "careful"}, DECRYPT],
        profiles={"decryption": {"default": {}, "careful": CAREFUL}},
        settings={"revocation": revocation, "fetch": fetch},
        roots=[zoo.root],
    )


@dataclass
class World:
    """`web` serves lists and issuers; `responder` speaks for the zoo's issuing authority."""

    zoo: Zoo
    folder: Path
    web: Origin
    responder: Responder
    gateways: dict[str, Gateway] = field(default_factory=dict)
    pairs: dict[str, pki.Pair] = field(default_factory=dict)

    def serve(self, path: str, body: bytes, kind: str = "application/octet-stream") -> str:
        """Its URL."""

        def route(_: Request) -> Answer:
            return Answer(headers=[("content-type", kind)], body=body)

        self.web.contents.routes[path] = route
        return status.HTTP.format(self.web.port) + path

    def asked(self, path: str) -> int:
        """How often."""
        return sum(each.path == path for each in self.web.contents.requests)

    def leaf(
        self, host: str, *extra: x509.ExtensionType, issuer: pki.Pair | None = None
    ) -> pki.Pair:
        return pki.leaf(issuer or self.zoo.issuing, host, extra=[(each, False) for each in extra])


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    sites = {
        "checking": made(folder / "checking", zoo, ON, PRIVATE),
        "public": made(folder / "public", zoo, ON, {"intermediates": True}),
        "off": made(folder / "off", zoo, {}, {"allow-private-addresses": True}),
    }
    with Origin() as web:
        responder = Responder(folder / "responder", zoo.issuing)
        made_world = World(zoo, folder, web, responder)
        for domain in ("zoo.test", "careful.test"):
            for name in ("good", "revoked", "unheard"):
                host = f"{name}.{domain}"
                pair = made_world.leaf(host, status.at(ocsp=[responder.url]))
                made_world.pairs[host] = pair
                if name != "unheard":
                    responder.know(pair, revoked=name == "revoked")
        made_world.gateways = {name: Gateway(site) for name, site in sites.items()}
        checking, public, off = made_world.gateways.values()
        with responder, checking, public, off:
            yield made_world


@dataclass(frozen=True)
class Seen:
    reply: clients.Reply
    traffic: Record
    decryption: Record

    def says(self, **wanted: object) -> None:
        assert self.decryption | wanted == self.decryption

    def is_page(self, words: bytes, reason: str, revocation: str) -> None:
        assert (self.reply.error, self.reply.status) == (0, 503), self.reply
        assert words in self.reply.body.replace(b"&#x27;", b"'"), self.reply.body
        self.says(action="block", reason=[reason], revocation=revocation)
        assert self.traffic["session_end_reason"] == "decrypt-cert-validation"

    def is_decrypted(self, reason: str, revocation: str) -> None:
        assert (self.reply.error, self.reply.status) == (0, 200), self.reply
        self.says(action="allow", authority="forward-trust", revocation=revocation)
        assert self.decryption.get("reason", []) == ([reason] if reason else [])

    def is_untrusted(self, *urls: str) -> None:
        """An incomplete chain, and where the record says that its issuer might be had."""
        assert self.reply.error == 60, self.reply
        self.says(authority="forward-untrust")
        assert self.decryption["reason"][:2] == ["unknown-issuer", "incomplete-chain"]
        for url in urls:
            assert f"CA Issuer URL: {url}" in self.decryption["error"], self.decryption["error"]


def visit(world: World, host: str, port: int, gateway: str = "checking") -> Seen:
    running = world.gateways[gateway]
    reply = clients.curl(running, f"https://{host}/page", to=port)
    record = running.site.record
    return Seen(reply, record("traffic", sport=reply.port), record("decryption", sport=reply.port))


def look(world: World, host: str, pair: pki.Pair, gateway: str = "checking") -> Seen:
    """One visit to a server that shows this certificate."""
    with Origin(pair) as origin:
        seen = visit(world, host, origin.port, gateway)
        assert bool(origin.contents.requests) == (seen.reply.status == 200)
        return seen


# OCSP


@pytest.mark.parametrize("domain", ["zoo.test", "careful.test"])
def test_a_good_answer_is_asked_for_once(world: World, domain: str) -> None:
    host, before = f"good.{domain}", world.responder.asked
    for _ in range(2):
        seen = look(world, host, world.pairs[host])
        seen.is_decrypted("", "good")
        assert seen.reply.body == PAGE
        assert "OCSP: good" in seen.decryption["revocation_detail"]
    assert world.responder.asked == before + 1


@pytest.mark.parametrize("way", ["--http1.1", "--http2"])
@pytest.mark.parametrize("domain", ["zoo.test", "careful.test"])
def test_a_revoked_certificate_always_gets_the_page(world: World, domain: str, way: str) -> None:
    host = f"revoked.{domain}"
    with Origin(world.pairs[host]) as origin:
        visit(world, host, origin.port).is_page(REVOKED, "revoked", "revoked")
        gateway = world.gateways["checking"]
        reply = clients.curl(gateway, f"https://{host}/page", to=origin.port, protocol=way)
        assert (reply.status, REVOKED in reply.body) == (503, True), reply
        assert reply.protocol == ("2" if way == "--http2" else "1.1")


def test_a_certificate_that_the_responder_does_not_know(world: World) -> None:
    for host, checked in (("unheard.zoo.test", False), ("unheard.careful.test", True)):
        seen = look(world, host, world.pairs[host])
        if checked:
            seen.is_page(UNKNOWN, "status-unknown", "unknown")
        else:
            seen.is_decrypted("status-unknown", "unknown")


def test_a_responder_that_does_not_answer(world: World, tmp_path: Path) -> None:
    hasty = {**ON, "ocsp-receive-timeout": 1, "crl-receive-timeout": 1, "cert-status-timeout": 1}
    site = made(tmp_path / "hasty", world.zoo, hasty, PRIVATE)
    with origins.misbehaving(origins.hang) as nobody, Gateway(site) as gateway:
        world.gateways["hasty"] = gateway
        url = status.HTTP.format(nobody.port)
        for host, checked in (("hangs.zoo.test", False), ("hangs.careful.test", True)):
            for extension in (status.at(ocsp=[url]), status.lists(f"{url}/list.crl")):
                seen = look(world, host, world.leaf(host, extension), "hasty")
                if checked:
                    seen.is_page(TIMEOUT, "status-timeout", "timeout")
                else:
                    seen.is_decrypted("status-timeout", "timeout")


def test_nobody_is_asked_where_checking_is_off(world: World) -> None:
    before = world.responder.asked
    for host in ("revoked.zoo.test", "revoked.careful.test"):
        look(world, host, world.pairs[host], "off").is_decrypted("", "unchecked")
    assert world.responder.asked == before


def test_a_certificate_that_names_nobody_is_unchecked(world: World) -> None:
    host = "silent.careful.test"
    look(world, host, world.leaf(host)).is_decrypted("", "unchecked")


def test_private_addresses_are_not_asked_by_default(world: World) -> None:
    before = world.responder.asked
    url = world.serve("/private.crl", status.crl(world.zoo.issuing))
    for host, checked in (("revoked.zoo.test", False), ("revoked.careful.test", True)):
        by_list = world.leaf(host, status.lists(url))
        for pair in (world.pairs[host], by_list):
            seen = look(world, host, pair, "public")
            if checked:
                seen.is_page(UNKNOWN, "status-unknown", "unknown")
            else:
                seen.is_decrypted("status-unknown", "unknown")
    assert world.responder.asked == before
    assert not world.asked("/private.crl")


# Stapled


@pytest.mark.parametrize("revoked", [False, True], ids=["good", "revoked"])
def test_a_stapled_answer_is_taken_and_nobody_asked(
    world: World, revoked: bool, tmp_path: Path
) -> None:
    host, before = "stapled.careful.test", world.responder.asked
    pair = world.leaf(host, status.at(ocsp=[world.responder.url]))
    staple = status.answer(pair, world.zoo.issuing, revoked=revoked)
    with StaplingServer(tmp_path, pair, staple) as server:
        seen = visit(world, host, server.port)
    if revoked:
        seen.is_page(REVOKED, "revoked", "revoked")
    else:
        seen.is_decrypted("", "good")
    assert "stapled" in seen.decryption["revocation_detail"]
    assert world.responder.asked == before


@pytest.mark.parametrize("fault", ["old", "forged", "another's", "try later"])
def test_a_staple_that_proves_nothing_is_as_none(world: World, fault: str, tmp_path: Path) -> None:
    """The list is asked, and knows better."""
    host, before = "revoked.zoo.test", world.responder.asked
    path = f"/{fault[:3]}.crl"
    pair = world.leaf(host, status.lists(world.serve(path, b"")))
    issuing, good = world.zoo.issuing, world.pairs["good.zoo.test"]
    staple = {
        "old": status.answer(pair, issuing, revoked=False, age=30),
        "forged": status.answer(pair, issuing, revoked=False, signer=world.zoo.stranger),
        "another's": status.answer(good, issuing, revoked=False),
        "try later": status.no_answer(),
    }[fault]
    world.serve(path, status.crl(world.zoo.issuing, pair))
    with StaplingServer(tmp_path, pair, staple) as server:
        visit(world, host, server.port).is_page(REVOKED, "revoked", "revoked")
    assert world.responder.asked == before
    assert world.asked(path) == 1


# Lists


@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize("revoked", [False, True], ids=["good", "revoked"])
def test_a_list_is_fetched_once(world: World, revoked: bool, form: str) -> None:
    host, path = "listed.careful.test", f"/{form}{revoked}.crl"
    url = world.serve(path, b"")
    pair = world.leaf(host, status.lists(url))
    body = status.crl(world.zoo.issuing, *([pair] if revoked else []))
    if form == "PEM":
        body = x509.load_der_x509_crl(body).public_bytes(Encoding.PEM)
    world.serve(path, body)
    for _ in range(2):
        seen = look(world, host, pair)
        if revoked:
            seen.is_page(REVOKED, "revoked", "revoked")
        else:
            seen.is_decrypted("", "good")
        assert "CRL" in seen.decryption["revocation_detail"]
    assert world.asked(path) == 1


def test_the_list_stands_in_for_a_responder_that_is_not_there(world: World) -> None:
    host, url = "fallback.zoo.test", world.serve("/fallback.crl", b"")
    nowhere = status.HTTP.format(world.web.port) + "/no-responder"
    pair = world.leaf(host, status.at(ocsp=[nowhere]), status.lists(url))
    world.serve("/fallback.crl", status.crl(world.zoo.issuing, pair))
    look(world, host, pair).is_page(REVOKED, "revoked", "revoked")
    assert world.web.contents.asked("/no-responder"), "the responder comes first"


def test_a_list_that_another_signed_says_nothing(world: World) -> None:
    url = world.serve("/strange.crl", status.crl(world.zoo.stranger))
    host = "strange.careful.test"
    seen = look(world, host, world.leaf(host, status.lists(url)))
    seen.is_page(UNKNOWN, "status-unknown", "unknown")


@pytest.mark.parametrize("how", ["list", "responder"])
def test_a_revoked_intermediate(world: World, how: str, tmp_path: Path) -> None:
    """The leaf itself names nobody."""
    host = "below.zoo.test"
    if how == "list":
        url = world.serve("/root.crl", b"")
        middle = pki.authority("Zoo Revoked", world.zoo.root, extra=[status.lists(url)])
        world.serve("/root.crl", status.crl(world.zoo.root, middle))
        seen = look(world, host, world.leaf(host, issuer=middle))
    else:
        responder = Responder(tmp_path, world.zoo.root)
        middle = pki.authority("Zoo Asked", world.zoo.root, extra=[status.at(ocsp=[responder.url])])
        responder.know(middle, revoked=True)
        with responder:
            seen = look(world, host, world.leaf(host, issuer=middle))
            assert responder.asked == 1
    seen.is_page(REVOKED, "revoked", "revoked")


# Issuers that the server did not send


FORMS: dict[str, Callable[[pki.Pair], bytes]] = {
    "DER": lambda pair: pair.der,
    "PEM": lambda pair: pair.pem,
    "PKCS#7": lambda pair: pkcs7.serialize_certificates([pair.certificate], Encoding.DER),
    "PKCS#7 in PEM": lambda pair: pkcs7.serialize_certificates([pair.certificate], Encoding.PEM),
}


def forgetful(world: World, host: str, *urls: str, issuer: pki.Pair | None = None) -> pki.Pair:
    """A server's certificate that names its issuer, who is not sent along."""
    return world.leaf(host, status.at(issuer=urls), issuer=issuer).alone()


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_issuer_is_fetched_once_for_all(world: World, form: str) -> None:
    host, path = "forgot.zoo.test", f"/{form.replace(' ', '').replace('#', '')}"
    url = world.serve(path, FORMS[form](world.zoo.issuing))
    with Origin(forgetful(world, host, url)) as origin:
        replies: list[clients.Reply] = []

        def go() -> None:
            gateway = world.gateways["checking"]
            replies.append(clients.curl(gateway, f"https://{host}/page", to=origin.port))

        threads = [threading.Thread(target=go) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [reply.status for reply in replies] == [200] * 6, replies
        seen = visit(world, host, origin.port)
    seen.is_decrypted("", "unchecked")
    assert world.asked(path) == 1
    assert seen.decryption["issuer_fetched_from"] == [url]


def test_two_missing_issuers_in_a_row(world: World) -> None:
    host = "deep.zoo.test"
    upper = world.serve("/upper", world.zoo.issuing.der)
    extra = [status.at(issuer=[upper])]
    lower = pki.authority("Zoo Lower", world.zoo.issuing, extra=extra)
    look(world, host, forgetful(world, host, world.serve("/lower", lower.der), issuer=lower)).says(
        authority="forward-trust"
    )
    assert world.asked("/upper") and world.asked("/lower")


@pytest.mark.parametrize("gateway", ["public", "off"])
def test_by_default_nothing_is_fetched_from_loopback(world: World, gateway: str) -> None:
    host, path = "refused.zoo.test", f"/refused/{gateway}"
    url = world.serve(path, world.zoo.issuing.der)
    look(world, host, forgetful(world, host, url), gateway).is_untrusted(url)
    assert not world.asked(path)


@pytest.mark.parametrize("what", ["2 MiB", "rubbish", "another issuer", "nothing"])
def test_what_does_not_mend_leaves_the_server_untrusted(world: World, what: str) -> None:
    path = f"/{what.replace(' ', '-')}"
    body = {
        "2 MiB": world.zoo.issuing.pem + b"\n" * (2 << 20),
        "rubbish": b"<html>moved</html>",
        "another issuer": world.zoo.stranger.der,
        "nothing": b"",
    }[what]
    host, url = "unmended.zoo.test", world.serve(path, body)
    pair = forgetful(world, host, url)
    for _ in range(2):
        look(world, host, pair).is_untrusted(url)
    assert world.asked(path) == 1, "that it gave nothing is kept too"


def test_other_addresses_than_http_are_not_asked(world: World, tmp_path: Path) -> None:
    host = "odd.zoo.test"
    file = tmp_path / "issuing.crt"
    file.write_bytes(world.zoo.issuing.der)
    with Origin(world.zoo.leaf("127.0.0.1")) as secure:
        secure.contents.files["issuing.crt"] = world.zoo.issuing.der
        urls = [
            f"ldap://127.0.0.1:{secure.port}/cn=issuing",
            f"https://127.0.0.1:{secure.port}/files/issuing.crt",
            f"file://{file}",
        ]
        look(world, host, forgetful(world, host, *urls)).is_untrusted()
        assert secure.accepted == 0
