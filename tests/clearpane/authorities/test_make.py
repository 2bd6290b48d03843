from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from clearpane.authorities import make
from clearpane.certificates import pem
from clearpane.certificates.certificate import Certificate

type OpenSSL = Callable[..., str]


@pytest.mark.parametrize(
    ("kind", "size"),
    [("rsa-2048", 2048), ("rsa-3072", 3072), ("ec-p256", 256), ("ec-p384", 384)],
)
def test_a_new_authority_is_one_in_openssls_strict_eyes(
    kind: str, size: int, now: datetime, openssl: OpenSSL, tmp_path: Path
) -> None:
    key = make.new_key(make.KeyKind(kind))
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    assert key.key_size == size
    made = make.certificate(key, make.subject("Acme"), now, 30)
    (tmp_path / "ca.pem").write_text(pem.to_pem(made))
    moment = str(int(now.timestamp()))
    openssl("verify", "-x509_strict", "-attime", moment, "-CAfile", "ca.pem", "ca.pem")
    text = openssl("x509", "-in", "ca.pem", "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in text
    assert "Certificate Sign, CRL Sign" in text
    assert "sha256" in text.lower()


def test_the_largest_key_is_offered_too() -> None:
    assert make.KeyKind("rsa-4096") is make.KeyKind.RSA_4096


def test_the_authority_is_valid_for_clients_whose_clock_is_late(now: datetime) -> None:
    key = make.new_key(make.KeyKind.EC_P256)
    made = Certificate.parse(make.certificate(key, make.subject("Acme"), now, 10))
    assert made.not_before is not None
    assert made.not_before < now - timedelta(hours=12)
    assert made.not_after == now + timedelta(days=10)


def test_two_authorities_have_two_serials_and_keys(now: datetime) -> None:
    one, other = (
        Certificate.parse(
            make.certificate(make.new_key(make.KeyKind.EC_P256), make.subject("A"), now, 1)
        )
        for _ in range(2)
    )
    assert one.serial != other.serial
    assert one.spki != other.spki


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        pytest.param("Acme Trust", "CN=Acme Trust", id="a word is the common name"),
        pytest.param("Ämter", "CN=Ämter", id="letters beyond ASCII"),
        pytest.param("CN=A,O=Acme,C=DE", "CN=A,O=Acme,C=DE", id="a whole name"),
        pytest.param("CN=A, O=Acme\\, Inc, C=DE", "CN=A,O=Acme\\, Inc,C=DE", id="blanks, a comma"),
        pytest.param("x" * 64, "CN=" + "x" * 64, id="the longest common name"),
    ],
)
def test_names_that_administrators_write(text: str, subject: str) -> None:
    assert make.subject(text).rfc4514_string() == subject


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("  ", "empty", id="blanks"),
        pytest.param("x" * 65, "64 characters", id="too long"),
        pytest.param("CN=A,C=DEU", "not a name like", id="a country of three letters"),
        pytest.param("X=1", "not a name like", id="an unknown type"),
        pytest.param("a\nb", "printable", id="a line break"),
    ],
)
def test_names_that_are_none(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make.subject(text)


@pytest.mark.parametrize(
    ("trust", "untrust"),
    [
        (make.DEFAULT_NAME, "CN=clearpane Forward Untrust - do not install"),
        ("Acme", "CN=Acme Forward Untrust - do not install"),
        ("Forward Trust", "CN=Forward Untrust - do not install"),
        ("x" * 64, "CN=" + "x" * 31 + " Forward Untrust - do not install"),
        ("CN=Acme,O=Org", "CN=Acme Forward Untrust - do not install,O=Org"),
        ("O=Org", "CN=clearpane Forward Untrust - do not install,O=Org"),
    ],
)
def test_the_untrust_authority_says_so_in_its_name(trust: str, untrust: str) -> None:
    name = make.untrusted(make.subject(trust))
    assert name.rfc4514_string() == untrust


def test_a_request_asks_for_a_ca_and_proves_its_key(openssl: OpenSSL, tmp_path: Path) -> None:
    key = make.new_key(make.KeyKind.EC_P384)
    request = make.signing_request(key, make.subject("CN=Sub,O=Acme"))
    (tmp_path / "sub.csr").write_bytes(request)
    text = openssl("req", "-in", "sub.csr", "-noout", "-text", "-verify")
    assert "verify OK" in text
    assert "CA:TRUE, pathlen:0" in text
    assert x509.load_pem_x509_csr(request).public_key() == key.public_key()


def test_a_key_is_stored_as_pkcs8(openssl: OpenSSL, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(make.key_pem(make.new_key(make.KeyKind.EC_P256)))
    assert (tmp_path / "key").read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    openssl("pkey", "-in", "key", "-noout", "-check")
