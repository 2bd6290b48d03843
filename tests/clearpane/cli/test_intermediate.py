"""Against real servers on loopback: one that forgets its intermediate, and one that has it."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from clearpane.certificates.certificate import Certificate
from clearpane.cli import main
from e2e.harness import pki
from e2e.harness.listener import Listener
from e2e.harness.origins import Origin
from e2e.harness.pki import DAY, NOW, Pair
from sites import Site

type Captured = pytest.CaptureFixture[str]

ROOTS = Path("ca/trusted-roots")


@pytest.fixture(scope="module")
def root() -> Pair:
    return pki.authority("Zoo Root")


@pytest.fixture(scope="module")
def issuing(root: Pair) -> Pair:
    return pki.authority("Zoo: Issuing/CA", root)


@pytest.fixture(scope="module")
def web() -> Iterator[Origin]:
    """Where certificates are to be had; what it gives is in `contents.files`."""
    with Origin() as origin:
        yield origin


@pytest.fixture
def trusting(site: Site, root: Pair) -> None:
    """A site that trusts the root, and lets addresses of this machine be asked."""
    ROOTS.mkdir()
    (ROOTS / "root.crt").write_bytes(root.pem)
    allow(True)


def allow(private: bool) -> None:
    settings = Path("rules/settings.yaml")
    said = ["  allow-private-addresses: false", "  allow-private-addresses: true"]
    settings.write_text(settings.read_text().replace(said[not private], said[private]))


def served(web: Origin, issuer: Pair, gives: bytes | None, *urls: str) -> Pair:
    """The certificate of a server that sends it alone; it names where the issuer's is."""
    name = f"ca-{len(web.contents.files)}.crt"
    if gives is not None:
        web.contents.files[name] = gives
    return leaf(issuer, *(urls or (f"http://127.0.0.1:{web.port}/files/{name}",))).alone()


def leaf(issuer: Pair | None, *urls: str, dates: pki.Dates = (NOW - DAY, NOW + DAY)) -> Pair:
    places = [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
        )
        for url in urls
    ]
    extra: Sequence[tuple[x509.ExtensionType, bool]] = ()
    if places:
        extra = [(x509.AuthorityInformationAccess(places), False)]
    return pki.leaf(issuer, "127.0.0.1", dates=dates, extra=extra)


def fetch(pair: Pair) -> int:
    with Origin(pair) as origin:
        return main(["ca", "fetch-intermediate", f"127.0.0.1:{origin.port}"])


def kept() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in ROOTS.iterdir() if path.name != "root.crt"}


@pytest.mark.usefixtures("trusting")
def test_the_missing_one_is_kept_and_then_nothing_is_missing(
    web: Origin, issuing: Pair, capsys: Captured
) -> None:
    server = served(web, issuing, issuing.der)
    assert fetch(server) == 0
    fingerprint = Certificate.parse(issuing.der).fingerprint
    end = issuing.certificate.not_valid_after_utc
    assert capsys.readouterr().out == (
        f"ca/trusted-roots/Zoo-Issuing-CA.crt: CN=Zoo: Issuing/CA,O=End to End, "
        f"issued by CN=Zoo Root,O=End to End, to {end:%Y-%m-%d}, SHA-256 {fingerprint}\n"
    )
    path = ROOTS / "Zoo-Issuing-CA.crt"
    assert x509.load_pem_x509_certificate(path.read_bytes()) == issuing.certificate
    assert path.stat().st_mode & 0o777 == 0o644
    assert fetch(server) == 2
    assert "nothing is missing" in capsys.readouterr().err


@pytest.mark.usefixtures("trusting")
def test_of_two_that_are_missing_the_one_next_to_the_server(
    web: Origin, root: Pair, issuing: Pair
) -> None:
    lower = pki.authority("Lower", issuing)
    both = lower.pem + issuing.pem
    assert fetch(served(web, lower, both)) == 0
    assert kept().keys() == {"Lower.crt"}


@pytest.mark.usefixtures("trusting")
def test_another_of_that_name_stays(web: Origin, issuing: Pair, capsys: Captured) -> None:
    other = ROOTS / "Zoo-Issuing-CA.crt"
    other.write_bytes(pki.authority("Zoo: Issuing/CA").pem)
    before = other.read_bytes()
    assert fetch(served(web, issuing, issuing.der)) == 0
    name = f"Zoo-Issuing-CA-{Certificate.parse(issuing.der).fingerprint[:16]}.crt"
    assert kept().keys() == {other.name, name}
    assert other.read_bytes() == before


@pytest.mark.usefixtures("trusting")
def test_an_odd_name_stays_in_the_folder(web: Origin, root: Pair) -> None:
    odd = pki.authority("../../\u00e4/.." + "x" * 53, root)
    assert fetch(served(web, odd, odd.der)) == 0
    (name,) = kept()
    assert name == "x" * 53 + ".crt"


@pytest.mark.usefixtures("trusting")
def test_an_expired_server_may_be_completed(web: Origin, issuing: Pair) -> None:
    web.contents.files["issuing.crt"] = issuing.der
    url = f"http://127.0.0.1:{web.port}/files/issuing.crt"
    assert fetch(leaf(issuing, url, dates=(NOW - 9 * DAY, NOW - DAY)).alone()) == 0


@pytest.mark.usefixtures("trusting")
def test_a_private_address_is_asked_only_if_the_settings_say_so(
    web: Origin, issuing: Pair, capsys: Captured
) -> None:
    allow(False)
    assert fetch(served(web, issuing, issuing.der)) == 2
    said = capsys.readouterr().err
    assert ".crt: refused-address (is the address private?" in said
    assert "allow-private-addresses: true" in said
    assert not kept()


def refusal(capsys: Captured) -> str:
    """The one line that was said."""
    seen = capsys.readouterr()
    assert seen.out == ""
    assert not kept()
    (line,) = seen.err.splitlines()
    return line


@pytest.mark.usefixtures("trusting")
class TestRefusals:
    def test_nothing_is_missing(self, issuing: Pair, capsys: Captured) -> None:
        assert fetch(leaf(issuing)) == 2
        assert refusal(capsys).endswith("nothing is missing: its chain leads to a trusted root")

    def test_a_self_signed_one(self, capsys: Captured) -> None:
        assert fetch(leaf(None)) == 2
        assert refusal(capsys).endswith("not trusted, but none is missing: self-signed")

    def test_no_address(self, issuing: Pair, capsys: Captured) -> None:
        assert fetch(leaf(issuing).alone()) == 2
        assert "does not say where the certificate of CN=Zoo: Issuing/CA" in refusal(capsys)

    def test_only_ldap(self, web: Origin, issuing: Pair, capsys: Captured) -> None:
        assert fetch(served(web, issuing, None, "ldap://ca.test/cn=CA")) == 2
        assert refusal(capsys).endswith("no address is plain http: ldap://ca.test/cn=CA")

    def test_a_missing_page(self, web: Origin, issuing: Pair, capsys: Captured) -> None:
        assert fetch(served(web, issuing, None)) == 2
        assert refusal(capsys).endswith(": status 404")

    def test_another_certificate(self, web: Origin, issuing: Pair, capsys: Captured) -> None:
        other = pki.authority("Zoo: Issuing/CA")
        assert fetch(served(web, issuing, other.der)) == 2
        assert "does not complete the chain: unknown-issuer, incomplete-chain" in refusal(capsys)

    def test_an_expired_one(self, web: Origin, root: Pair, capsys: Captured) -> None:
        old = pki.authority("Old", root, dates=(NOW - 9 * DAY, NOW - DAY))
        assert fetch(served(web, old, old.der)) == 2
        assert refusal(capsys).endswith("does not complete the chain: issuer-expired")

    def test_nobody_listens(self, capsys: Captured) -> None:
        with Origin() as gone:
            pass
        assert main(["ca", "fetch-intermediate", f"127.0.0.1:{gone.port}"]) == 2
        assert f"127.0.0.1:{gone.port}: error: the connection was refused" in refusal(capsys)

    def test_no_tls(self, capsys: Captured) -> None:
        def greet(connection: socket.socket) -> None:
            with connection:
                connection.sendall(b"220 mail.test ESMTP\r\n")

        with Listener(greet) as server:
            assert main(["ca", "fetch-intermediate", f"127.0.0.1:{server.port}"]) == 2
        assert f"127.0.0.1:{server.port}: error: " in refusal(capsys)

    def test_no_server(self, capsys: Captured) -> None:
        assert main(["ca", "fetch-intermediate", "https://"]) == 2
        assert "names no server" in refusal(capsys)
