"""Plain values: empty unless something is known, and never changed afterwards."""

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from clearpane.certificates.certificate import Certificate
from clearpane.sessions.tls import Leg, ServerCertificate


@pytest.mark.parametrize("value", [Leg(), ServerCertificate()])
def test_nothing_is_known_at_first(value: Leg | ServerCertificate) -> None:
    assert not any(getattr(value, field.name) for field in fields(value))


def test_a_leg_does_not_change() -> None:
    leg = Leg("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519")
    with pytest.raises(FrozenInstanceError):
        leg.version = "TLSv1.2"  # type: ignore[misc]


def a_certificate(issuer: x509.Name, names: list[str]) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example")]))
        .issuer_name(issuer)
        .serial_number(77)
        .public_key(key.public_key())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    if names:
        san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        built = built.add_extension(san, critical=False)
    return Certificate.parse(built.sign(key, SHA256()).public_bytes(Encoding.DER))


def test_what_is_remembered_of_a_certificate() -> None:
    issuer = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Some"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Some CA"),
        ]
    )
    real = a_certificate(issuer, ["www.example", "example"])
    kept = ServerCertificate.of(real, root="Some Root", missing_issuer="CN=Middle")
    assert (kept.common_name, kept.issuer_cn, kept.root) == ("www.example", "Some CA", "Some Root")
    assert kept.issuer == real.issuer_name and kept.missing_issuer == "CN=Middle"
    assert (kept.serial, kept.version, kept.bits) == (77, 3, 256)
    assert (kept.fingerprint, kept.not_after) == (real.fingerprint, real.not_after)
    assert kept.names == ("www.example", "example")


def test_an_issuer_without_a_common_name_is_named_whole() -> None:
    issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Some")])
    kept = ServerCertificate.of(a_certificate(issuer, []))
    assert kept.issuer_cn == kept.issuer == "O=Some"
    assert kept.version == 0, "without extensions it may be any"


def test_ten_thousand_names_are_not_kept() -> None:
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Some CA")])
    real = a_certificate(issuer, [f"n{number}.example" for number in range(10_000)])
    assert len(ServerCertificate.of(real).names) == 4
