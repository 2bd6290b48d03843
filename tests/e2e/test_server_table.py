"""What each kind of server gets: reasons, authority, leaf, and what a client makes of it.

The client trusts Forward Trust only. Under Forward Trust it must find exactly the errors that it
finds in the server's own certificate, under Forward Untrust an unknown issuer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from e2e.harness import asn1, clients, pki
from e2e.harness.messages import PAGE
from e2e.harness.site import Site
from e2e.harness.table import ROWS, Table, host
from e2e.harness.zoo import Zoo

DATES_AND_NAMES = frozenset({clients.EXPIRED, clients.NOT_YET_VALID, clients.NAME})
SHA256_ECDSA = bytes.fromhex("300a06082a8648ce3d040302")

BASIC_CONSTRAINTS, EXTENDED_USAGE = b"\x55\x1d\x13", b"\x55\x1d\x25"
SUBJECT_KEY, AUTHORITY_KEY, KEY_USAGE = b"\x55\x1d\x0e", b"\x55\x1d\x23", b"\x55\x1d\x0f"
LEAF_EXTENSIONS = {BASIC_CONSTRAINTS, EXTENDED_USAGE, SUBJECT_KEY, AUTHORITY_KEY, KEY_USAGE}
PAGE_SAYS = {
    "malformed-certificate": b"malformed",
    "chain-too-large": b"large",
    "revoked": b"revoked",
}


@pytest.fixture(scope="module")
def table(zoo: Zoo, folder: Path) -> Iterator[Table]:
    with Table(zoo, folder) as made:
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
def test_what_no_leaf_can_say_gives_a_page(table: Table, label: str) -> None:
    site = table.gateway.site
    seen = table.shown(label, table.gateway)
    assert seen.leaf.issuer == site.trust.leaf.subject, "the page is not under Forward Trust"
    assert not seen.errors, seen.output

    reply = table.fetch(label)

    assert (reply.error, reply.status) == (0, 503), reply
    assert PAGE_SAYS[ROWS[label].reasons[0]] in reply.body.lower(), reply.body
    assert not table.asked(label), "the server was asked all the same"
    assert_recorded(site, reply.port, label)


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
        "" if row.name is None else (row.name or host(label)).lower()
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
