from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from clearpane.authorities import make, store
from clearpane.authorities.store import Slot
from clearpane.cli.clock import now
from clearpane.cli.demonstration import identities
from clearpane.cli.demonstration.identities import DAY, Identity
from clearpane.cli.demonstration.signers import Signer, Signers
from clearpane.errors import Problems


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    store.create(folder, (Slot.TRUST, Slot.UNTRUST, Slot.TRUST_ECDSA), now())
    return folder


def leaf(issuer: Identity) -> bytes:
    return identities.server(issuer, "www.example", now() - DAY, now() + DAY).der


def of_slot(ca: Path, slot: Slot) -> Identity:
    pair = store.load_pair(ca, slot, Problems())
    assert pair
    key = pair.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Identity(x509.load_der_x509_certificate(pair.certificate.der), key)


@pytest.mark.parametrize(
    ("slot", "signer"),
    [
        (Slot.TRUST, Signer.TRUST),
        (Slot.TRUST_ECDSA, Signer.TRUST),
        (Slot.UNTRUST, Signer.UNTRUST),
    ],
)
def test_a_leaf_of_each_pair(slot: Slot, signer: Signer, ca: Path) -> None:
    assert Signers(ca, []).of(leaf(of_slot(ca, slot))) is signer


def test_a_servers_own_certificate(ca: Path) -> None:
    own = leaf(identities.authority("Root", now()))
    assert Signers(ca, [own]).of(own) is Signer.OWN


def test_somebody_elses(ca: Path) -> None:
    assert Signers(ca, []).of(leaf(identities.authority("Root", now()))) is Signer.OTHER


def test_a_name_alone_is_no_signature(ca: Path) -> None:
    impostor = identities.authority(make.DEFAULT_NAME, now())
    assert Signers(ca, []).of(leaf(impostor)) is Signer.OTHER


def test_none_at_all(ca: Path) -> None:
    assert Signers(ca, []).of(b"") is Signer.NOBODY


def test_clients_install_the_trust_pairs(ca: Path) -> None:
    files = (Slot.TRUST.certificate(ca), Slot.TRUST_ECDSA.certificate(ca))
    assert Signers(ca, []).trust == [file.read_text() for file in files]
