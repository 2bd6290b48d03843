"""Which authority signs, what the leaf says, and what a client makes of it.

The client trusts Forward Trust only. Under Forward Trust it must find exactly the errors that it
finds in the server's own certificate, under Forward Untrust an unknown issuer.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from e2e.harness import asn1, clients, pki
from e2e.harness.messages import PAGE
from e2e.harness.odd_origin import OddOrigin
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.servers import ROWS, Makers
from e2e.harness.site import Site
from e2e.harness.zoo import Zoo

ODD = ("two-lists-of-names", "unreadable-names")
DATES_AND_NAMES = frozenset({clients.EXPIRED, clients.NOT_YET_VALID, clients.NAME})
SHA256_ECDSA = bytes.fromhex("300a06082a8648ce3d040302")

BASIC_CONSTRAINTS, EXTENDED_USAGE = b"\x55\x1d\x13", b"\x55\x1d\x25"
SUBJECT_KEY, AUTHORITY_KEY, KEY_USAGE = b"\x55\x1d\x0e", b"\x55\x1d\x23", b"\x55\x1d\x0f"
LEAF_EXTENSIONS = {BASIC_CONSTRAINTS, EXTENDED_USAGE, SUBJECT_KEY, AUTHORITY_KEY, KEY_USAGE}


class Table:
    """All servers of the table behind one port, and a gateway in front of them."""

    def __init__(self, zoo: Zoo, folder: Path) -> None:
        makers = Makers(zoo)
        self.pairs = {label: row.make(makers, _host(label)) for label, row in ROWS.items()}
        self.names = {
            label: _host(label) if row.name == "" else row.name for label, row in ROWS.items()
        }
        self.origin = Origin(
            {
                (self.names[label] or "").lower(): pair
                for label, pair in self.pairs.items()
                if label not in ODD
            }
        )
        self.odd = {label: OddOrigin(self.pairs[label]) for label in ODD}
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(b"".join(root.pem for root in makers.trusted))
        self.gateway = Gateway(Site(folder / "table", roots=makers.trusted))

    def shown(self, label: str, gateway: Gateway | None, *arguments: str) -> clients.Shown:
        trust = gateway.site.trust_file if gateway else self.roots
        port = self.server(label).port
        return clients.handshake(gateway, self.names[label], port, *arguments, trust=trust)

    def server(self, label: str) -> Origin | OddOrigin:
        return self.odd.get(label, self.origin)

    def fetch(self, label: str, *arguments: str) -> clients.Reply:
        port = self.server(label).port
        return clients.curl(self.gateway, self.url(label), *arguments, to=port)

    def url(self, label: str) -> str:
        return f"https://{self.names[label] or f'127.0.0.1:{self.origin.port}'}/page?{label}"


def _host(label: str) -> str:
    return f"{label}.zoo.test"


@pytest.fixture(scope="module")
def table(zoo: Zoo, folder: Path) -> Iterator[Table]:
    made = Table(zoo, folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(made.origin)
        for server in made.odd.values():
            stack.enter_context(server)
        stack.enter_context(made.gateway)
        yield made


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if row.signer])
def test_each_kind_of_server_gets_its_authority(table: Table, label: str) -> None:
    row, site = ROWS[label], table.gateway.site
    signer = site.trust if row.signer == "forward-trust" else site.untrust
    real = table.shown(label, None, "-partial_chain")
    assert real.leaf.der == table.pairs[label].der, "the server does not show its certificate"

    seen = table.shown(label, table.gateway)

    assert_is_forged(seen.leaf, real.leaf, signer)
    if row.sees is None:
        assert seen.errors & clients.UNKNOWN_ISSUER, seen.output
    else:
        assert (real.errors, seen.errors) == (row.sees, row.sees), seen.output
    assert_no_less_of_a_warning(real.errors, seen.errors)


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if row.signer])
def test_who_accepts_the_warning_reaches_the_server(table: Table, label: str) -> None:
    reply = table.fetch(label, "-k")

    assert (reply.error, reply.status, reply.body) == (0, 200, PAGE), reply
    assert_recorded(table.gateway.site, reply.port, label)


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if not row.signer])
def test_a_certificate_that_cannot_be_parsed_gives_a_page(table: Table, label: str) -> None:
    site = table.gateway.site
    seen = table.shown(label, table.gateway)
    assert seen.leaf.issuer == site.trust.leaf.subject, "the page is not under Forward Trust"
    assert not seen.errors, seen.output

    reply = table.fetch(label)

    assert (reply.error, reply.status) == (0, 503), reply
    assert b"malformed" in reply.body.lower(), reply.body
    assert not table.server(label).contents.asked(label), "the server was asked all the same"
    assert_recorded(site, reply.port, label)


def test_the_same_server_gets_the_same_leaf(table: Table) -> None:
    first, second = table.shown("good", table.gateway), table.shown("good", table.gateway)
    assert first.leaf.der == second.leaf.der


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_ticket_from_one_host_shows_nothing_less_to_another(
    table: Table, version: str, tmp_path: Path
) -> None:
    """A resumed session shows no certificate, so the second host's warning would be lost."""
    ticket = str(tmp_path / "ticket")
    clients.handshake(
        table.gateway,
        table.names["good"],
        table.origin.port,
        *(version, "-sess_out", ticket),
        trust=table.gateway.site.trust_file,
        say=b"GET /page HTTP/1.1\r\nHost: good.zoo.test\r\nConnection: close\r\n\r\n",
    )
    seen = table.shown("self-signed", table.gateway, version, "-sess_in", ticket)
    assert "Reused" not in seen.output
    assert seen.errors & clients.UNKNOWN_ISSUER, seen.output


def test_a_client_without_ecdsa_gets_an_rsa_leaf(table: Table) -> None:
    rsa_only = ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
    seen = table.shown("good", table.gateway, *rsa_only)
    assert not seen.errors, seen.output
    key = x509.load_der_x509_certificate(seen.leaf.der).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048


def test_a_client_without_rsa_gets_an_ecdsa_leaf_under_an_rsa_authority(
    table: Table, company: Gateway
) -> None:
    ecdsa_only = ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
    trust = company.site.trust_file
    seen = clients.handshake(
        company, table.names["good"], table.origin.port, *ecdsa_only, trust=trust
    )
    key = x509.load_der_x509_certificate(seen.leaf.der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)


@pytest.mark.parametrize("label", ["good", "expired", "mismatch", "self-signed", "rsa"])
def test_an_authority_under_a_company_root_sends_its_chain(
    table: Table, folder: Path, label: str, company: Gateway, company_root: pki.Pair
) -> None:
    anchor = folder / "company.pem"
    anchor.write_bytes(company_root.pem)
    name = table.names[label]

    seen = clients.handshake(company, name, table.origin.port, trust=anchor)

    row = ROWS[label]
    if row.sees is None:
        assert seen.leaf.issuer == company.site.untrust.leaf.subject
        assert seen.errors & clients.UNKNOWN_ISSUER
    else:
        assert seen.leaf.issuer == company.site.trust.leaf.subject
        assert seen.errors == row.sees, seen.output


@pytest.fixture(scope="module")
def company_root() -> pki.Pair:
    return pki.authority("Company Root", key="rsa2048")


@pytest.fixture(scope="module")
def company(folder: Path, zoo: Zoo, company_root: pki.Pair) -> Iterator[Gateway]:
    """A gateway whose RSA authority is an intermediate; clients know the root above it only."""
    signers = (
        pki.authority("Company Decryption", company_root, key="rsa2048"),
        pki.authority("Company Untrust", key="rsa2048"),
    )
    with Gateway(Site(folder / "company", roots=[zoo.root], signers=signers)) as gateway:
        yield gateway


def assert_is_forged(leaf: asn1.Leaf, real: asn1.Leaf, signer: pki.Pair) -> None:
    """The leaf is the real certificate in all that a user looks at, and in nothing else."""
    assert leaf.der != real.der, "the server's own certificate: not decrypted"
    assert leaf.issuer == signer.leaf.subject, x509.load_der_x509_certificate(leaf.der).issuer
    assert (leaf.subject, leaf.names) == (real.subject, real.names)
    assert leaf.key not in (real.key, signer.leaf.key)
    assert 0 < leaf.serial < 1 << 159
    assert leaf.serial != real.serial
    expected = LEAF_EXTENSIONS | ({asn1.SUBJECT_ALT_NAME} if real.names is not None else set())
    assert set(leaf.extensions()) == expected
    start, end = _dates(leaf)
    real_start, real_end = _dates(real)
    assert start == real_start
    assert end == (real_end if real_end < pki.NOW else min(real_end, _dates(signer.leaf)[1]))
    assert_parses_strictly(leaf, signer)


def assert_parses_strictly(leaf: asn1.Leaf, signer: pki.Pair) -> None:
    forged = x509.load_der_x509_certificate(leaf.der)
    forged.verify_directly_issued_by(signer.certificate)
    assert leaf.signature_algorithm in (SHA256_ECDSA, pki.SHA256_RSA)
    names = forged.extensions
    assert not names.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = names.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [pki.SERVER]
    if leaf.subject == asn1.element(asn1.SEQUENCE, b"") and leaf.names is not None:
        assert names.get_extension_for_class(x509.SubjectAlternativeName).critical


def assert_no_less_of_a_warning(real: frozenset[int], seen: frozenset[int]) -> None:
    """No one is told that all is well, or that only the date is wrong, where the chain is."""
    if real:
        assert seen
    if real - DATES_AND_NAMES:
        assert seen & clients.UNKNOWN_ISSUER


def assert_recorded(site: Site, source_port: int, label: str) -> None:
    """The decryption record names the authority and each reason."""
    row = ROWS[label]
    record = site.record("decryption", sport=source_port)
    assert record.get("authority", "") == row.signer
    assert record["action"] == ("allow" if row.signer else "block")
    assert sorted(record.get("reason", [])) == sorted(row.reasons)
    assert record.get("sni", "") == (
        "" if row.name is None else (row.name or _host(label)).lower()
    ), "names are recorded as they compare"


def _dates(leaf: asn1.Leaf) -> tuple[datetime, datetime]:
    start, end = leaf.dates
    return _date(start), _date(end)


def _date(written: bytes) -> datetime:
    """RFC 5280 section 4.1.2.5: years of two digits up to 49 are after 2000."""
    text = written.decode("ascii")
    if len(text) == 13:
        text = ("20" if text < "50" else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
