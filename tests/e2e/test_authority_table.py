"""Which of the authorities' certificates clients are shown, and with which key.

What each kind of server gets stands in test_server_table.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from e2e.harness import clients, pki
from e2e.harness.process import Gateway
from e2e.harness.site import Site
from e2e.harness.table import ROWS, Table
from e2e.harness.zoo import Zoo

SHOWN = ("good", "expired", "mismatch", "self-signed", "rsa")


@pytest.fixture(scope="module")
def table(zoo: Zoo, folder: Path) -> Iterator[Table]:
    with Table(zoo, folder, SHOWN) as made:
        yield made


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


@pytest.mark.parametrize("label", SHOWN)
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
