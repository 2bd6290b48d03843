"""`clearpane explain` as a process of its own, asked about real servers of every kind."""

import contextlib
import json
import ssl
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from e2e.harness import origins, pki
from e2e.harness.listener import Listener
from e2e.harness.origins import Origin, misbehaving
from e2e.harness.pki import DAY, NOW, Pair
from e2e.harness.process import BIN, environment
from e2e.harness.site import Site
from e2e.harness.zoo import Zoo

HOST = "localhost"
ISSUER = "http://ca.zoo.test/issuing.crt"
RULES = [
    {"name": "only-odd", "service": ["tcp/1"], "action": "no-decrypt"},
    {"name": "leave-private", "category": ["private"], "profile": "default"},
    {"name": "decrypt-all", "from": ["trust"], "action": "decrypt", "profile": "default"},
]


@pytest.fixture(scope="module")
def site(folder: Path, zoo: Zoo) -> Site:
    settings = {"handshake-timeout": 2}
    return Site(
        folder / "site",
        decryption=RULES,
        settings=settings,
        categories={"private": ["bank.example", "127.0.0.2"]},
        roots=[zoo.root],
    )


class Asked:
    """What the command said: its exit code, its text, and its JSON."""

    def __init__(self, site: Site, *words: str) -> None:
        done = subprocess.run(
            [str(BIN / "clearpane"), "explain", *words],
            cwd=site.folder,
            env=environment(site.folder),
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.out + self.err, self.err

    @property
    def json(self) -> dict[str, Any]:
        assert self.out, self.err
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def incomplete(zoo: Zoo) -> Pair:
    place = x509.UniformResourceIdentifier(ISSUER)
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
    extra = [(x509.AuthorityInformationAccess([access]), False)]
    return pki.leaf(zoo.issuing, HOST, extra=extra).alone()


def old(zoo: Zoo) -> Origin:
    with warnings.catch_warnings(action="ignore"):  # that Python warns of it is the point
        return Origin(zoo.leaf(HOST), versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1))


def asking(zoo: Zoo, version: ssl.TLSVersion) -> Listener:
    """A server that will have a client certificate."""
    context = origins.context(zoo.leaf(HOST), versions=(version, version))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(zoo.root_file)

    def act(connection: origins.Socket) -> None:
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True).close()

    return misbehaving(act)


SERVERS = {
    "good": lambda zoo: Origin(zoo.leaf(HOST)),
    "expired": lambda zoo: Origin(
        pki.leaf(zoo.issuing, HOST, dates=(NOW - 90 * DAY, NOW - 3 * DAY))
    ),
    "self-signed": lambda zoo: Origin(pki.leaf(None, HOST)),
    "incomplete": lambda zoo: Origin(incomplete(zoo)),
    "mismatch": lambda zoo: Origin(zoo.leaf("other.zoo.test")),
    "weak key": lambda zoo: Origin(pki.leaf(zoo.issuing, HOST, key="rsa1024")),
    "client certificate, TLS 1.2": lambda zoo: asking(zoo, ssl.TLSVersion.TLSv1_2),
    "client certificate, TLS 1.3": lambda zoo: asking(zoo, ssl.TLSVersion.TLSv1_3),
    "plain HTTP": lambda zoo: misbehaving(origins.answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "silent": lambda zoo: misbehaving(origins.hang),
    "TLS 1.0 only": old,
    "alert": lambda zoo: misbehaving(origins.answer(b"\x15\x03\x03\x00\x02\x02\x28")),
}
# What the text must hold: the first line, and what else.
TEXTS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "good": (
        0,
        "is decrypted: rule decrypt-all, signed by Forward Trust.",
        (
            "skipped       leave-private: category of none is not in private",
            "CN=Zoo Issuing,O=End to End",
            "CN=Zoo Root,O=End to End  trusted here",
            "No warning",
            "- {name: localhost}",
        ),
    ),
    "expired": (
        0,
        "signed by Forward Trust, which does not hide expired.",
        ("expired 3 days ago", "[expired]", "The expiry warning of the real site."),
    ),
    "self-signed": (
        0,
        "signed by Forward Untrust because of self-signed.",
        ("[self-signed]", "An unknown-issuer warning", "ca/trusted-roots/localhost.crt"),
    ),
    "incomplete": (
        0,
        "signed by Forward Untrust because of unknown-issuer and incomplete-chain.",
        (
            "CN=Zoo Issuing,O=End to End  MISSING",
            f"from {ISSUER}",
            "incomplete-chain",
            "clearpane ca fetch-intermediate localhost",
        ),
    ),
    "mismatch": (
        0,
        "signed by Forward Trust, which does not hide name-mismatch.",
        ("[name-mismatch]", "it is for other.zoo.test; not for localhost", "The name warning"),
    ),
    "weak key": (
        0,
        "signed by Forward Untrust because of weak-key.",
        ("RSA 1024, ECDSA P-256 [weak-key]",),
    ),
    "client certificate, TLS 1.2": (
        0,
        "is not decrypted: client-certificate-required, though rule decrypt-all says decrypt.",
        ("asks for a client certificate", "passed through undecrypted for 12 hours"),
    ),
    "client certificate, TLS 1.3": (
        0,
        "is not decrypted: client-certificate-required, though rule decrypt-all says decrypt.",
        ("asks for a client certificate", "CN=localhost"),
    ),
    "plain HTTP": (
        1,
        "makes no TLS handshake: what it answers is not TLS. It would be decrypted: rule",
        ("(not-tls)", "decrypt-all, decrypt"),
    ),
    "silent": (1, "no whole handshake within 2 s.", ("(handshake-timeout)",)),
    "TLS 1.0 only": (
        0,
        "is not decrypted: unsupported-version, though rule decrypt-all says decrypt.",
        ("min-version: tls1-0",),
    ),
    "alert": (0, "is not decrypted: unsupported-cipher", ("alert handshake failure",)),
}


@pytest.mark.parametrize("kind", SERVERS)
def test_it_says_what_the_gateway_would_do_and_why(site: Site, zoo: Zoo, kind: str) -> None:
    code, first, others = TEXTS[kind]
    with SERVERS[kind](zoo) as server:
        asked = Asked(site, f"{HOST}:{server.port}")
        as_json = Asked(site, f"{HOST}:{server.port}", "--json").json
    print(asked.out)
    said = " ".join(asked.out.split())
    assert asked.code == code, asked.err
    assert first in said[:200]
    assert [each for each in others if " ".join(each.split()) not in said] == []
    assert as_json["rule"]["name"] == "decrypt-all"
    assert first in as_json["summary"]


def test_a_host_of_an_exempt_category_says_which_line_exempts_it(site: Site, zoo: Zoo) -> None:
    site.category("private", ["bank.example", HOST])
    try:
        with Origin(zoo.leaf(HOST)) as server:
            asked = Asked(site, f"{HOST}:{server.port}")
    finally:
        site.category("private", ["bank.example"])
    said = " ".join(asked.out.split())
    assert asked.code == 0
    assert "is not decrypted: rule leave-private says no-decrypt, category private." in said[:160]
    assert "rules/categories/private.txt:2: localhost" in said
    assert "- {name: decrypt-localhost, destination: [localhost], action: decrypt" in said


def test_a_claimed_name_is_no_passport(site: Site, zoo: Zoo) -> None:
    """The server can't show the name, so the name's category does not count."""
    site.category("private", ["bank.example", HOST])
    try:
        with Origin(zoo.leaf("other.zoo.test")) as server:
            asked = Asked(site, f"{HOST}:{server.port}")
    finally:
        site.category("private", ["bank.example"])
    assert "is decrypted: rule decrypt-all" in asked.out
    assert "leave-private: the server's certificate is not for localhost" in asked.out


def test_the_line_that_it_gives_changes_the_answer(site: Site, zoo: Zoo) -> None:
    with Origin(zoo.leaf(HOST)) as server:
        line = Asked(site, f"{HOST}:{server.port}", "--json").json["change"]["line"]
        before = (site.rules / "exclusions.yaml").read_text(encoding="utf-8")
        site.save("exclusions.yaml", f"exclusions:\n  {line}\n")
        try:
            changed = Asked(site, f"{HOST}:{server.port}")
        finally:
            site.save("exclusions.yaml", before)
    assert "is not decrypted: excluded by localhost" in changed.out


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_an_address_is_asked_for_as_it_is(site: Site, zoo: Zoo, host: str) -> None:
    plain = host.strip("[]")
    with Origin(zoo.leaf(plain), address=plain) as server:
        asked = Asked(site, f"{host}:{server.port}")
    assert asked.code == 0
    assert asked.out.startswith(f"{host}:{server.port} is decrypted: rule decrypt-all")
    assert f"{plain} is one of its names" in asked.out


def test_a_port_where_nobody_listens(site: Site) -> None:
    with Origin() as gone:
        port = gone.port
    asked = Asked(site, f"{HOST}:{port}")
    assert asked.code == 1
    assert asked.out.startswith(f"{HOST}:{port} can't be reached: the connection was refused")
    assert "decrypt-all, decrypt" in asked.out


def test_an_international_name_that_nobody_has(site: Site) -> None:
    asked = Asked(site, "Stra\u00dfe.invalid")
    assert asked.code == 1
    assert asked.out.startswith(
        "xn--strae-oqa.invalid:443 can't be reached: its name has no address"
    )


def test_who_asks_is_said_in_the_words_of_a_rule(site: Site) -> None:
    asked = Asked(site, "127.0.0.1:1", "from", "untrust", "--json")
    found = asked.json
    assert (asked.code, found["rule"]["name"], found["client"]["zone"]) == (
        1,
        "only-odd",
        "untrust",
    )


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("",), id="nothing"),
        pytest.param(("two words",), id="no name"),
        pytest.param(("host:99999",), id="no port"),
        pytest.param(("host:http",), id="a port in words"),
        pytest.param(("::1:x",), id="no address"),
        pytest.param(("host", "from", "nowhere"), id="a zone that is not there"),
        pytest.param(("host", "destination", "other"), id="a word that is not asked"),
        pytest.param(("host", "source", "256.1.1.1"), id="a source that is no address"),
        pytest.param(("host", "from", "untrust", "source", "127.0.0.1"), id="a contradiction"),
    ],
)
def test_a_question_that_makes_no_sense_is_one_line(site: Site, words: tuple[str, ...]) -> None:
    asked = Asked(site, *words)
    assert (asked.code, asked.out) == (2, "")
    assert asked.err.startswith("clearpane: ") and asked.err.count("\n") == 1
