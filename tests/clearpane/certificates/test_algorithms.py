from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import algorithms, der
from clearpane.certificates.algorithms import Key, Signature


def rsa_key(bits: int) -> Callable[[], rsa.RSAPrivateKey]:
    return lambda: rsa.generate_private_key(65537, bits)


def ec_key(curve: ec.EllipticCurve) -> Callable[[], ec.EllipticCurvePrivateKey]:
    return lambda: ec.generate_private_key(curve)


ROWS = [
    pytest.param(rsa_key(1024), Key("rsa", 1024), id="RSA 1024"),
    pytest.param(rsa_key(2048), Key("rsa", 2048), id="RSA 2048"),
    pytest.param(ec_key(ec.SECP224R1()), Key("ec", 224, "secp224r1"), id="P-224"),
    pytest.param(ec_key(ec.SECP256R1()), Key("ec", 256, "secp256r1"), id="P-256"),
    pytest.param(ec_key(ec.SECP384R1()), Key("ec", 384, "secp384r1"), id="P-384"),
    pytest.param(ec_key(ec.SECP521R1()), Key("ec", 521, "secp521r1"), id="P-521"),
    pytest.param(ed25519.Ed25519PrivateKey.generate, Key("ed25519", 256), id="Ed25519"),
    pytest.param(ed448.Ed448PrivateKey.generate, Key("ed448", 456), id="Ed448"),
    pytest.param(lambda: dsa.generate_private_key(1024), Key("dsa", 1024), id="DSA"),
    pytest.param(x25519.X25519PrivateKey.generate, Key("unknown"), id="a key that cannot sign"),
]


@pytest.mark.parametrize(("make", "expected"), ROWS)
def test_keys_are_told_by_type_and_size(
    make: Callable[[], rsa.RSAPrivateKey], expected: Key
) -> None:
    spki = make().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert algorithms.key(spki) == expected


def test_an_rsa_pss_key_is_told_from_an_rsa_key() -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    inner = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    spki = der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.10")), der.bit_string(inner))
    assert algorithms.key(spki) == Key("rsa-pss", 2048)


def ec_point(parameters: bytes, point: bytes) -> bytes:
    return der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), parameters), der.bit_string(point)
    )


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(b"\x04" + bytes(64), id="uncompressed"),
        pytest.param(b"\x02" + bytes(32), id="compressed"),
    ],
)
def test_a_curve_that_is_spelled_out_is_sized_by_its_points(point: bytes) -> None:
    assert algorithms.key(ec_point(der.sequence(), point)) == Key("ec", 256)
    assert algorithms.key(ec_point(der.oid("1.2.3"), point)) == Key("ec", 256)


@given(st.binary(max_size=80))
def test_a_key_that_cannot_be_read_is_unknown(data: bytes) -> None:
    assert algorithms.key(data) == Key("unknown")
    rsa_algorithm = der.sequence(der.oid("1.2.840.113549.1.1.1"))
    assert algorithms.key(der.sequence(rsa_algorithm, data)).type in ("unknown", "rsa")


def pss(*parameters: bytes) -> bytes:
    return der.oid("1.2.840.113549.1.1.10") + b"".join(parameters)


SHA256 = der.element(der.context(0), der.sequence(der.oid("2.16.840.1.101.3.4.2.1")))
SALT = der.element(der.context(2), der.integer(32))

SIGNATURES = [
    pytest.param(
        der.oid("1.2.840.113549.1.1.11") + der.element(der.NULL),
        Signature("sha256WithRSAEncryption", "sha256"),
        id="RSA with SHA-256",
    ),
    pytest.param(der.oid("1.2.840.10045.4.1"), Signature("ecdsa-with-SHA1", "sha1"), id="ECDSA"),
    pytest.param(der.oid("1.3.101.112"), Signature("ed25519", "sha512"), id="Ed25519"),
    pytest.param(der.oid("1.2.3"), Signature("1.2.3"), id="an unknown one by its identifier"),
    pytest.param(pss(der.sequence(SHA256, SALT)), Signature("rsassaPss", "sha256"), id="PSS"),
    pytest.param(pss(der.sequence(SALT)), Signature("rsassaPss", "sha1"), id="PSS means SHA-1"),
    pytest.param(pss(), Signature("rsassaPss", "sha1"), id="PSS without parameters too"),
    pytest.param(pss(b"\x30\x05"), Signature("rsassaPss"), id="PSS with broken parameters"),
]


@pytest.mark.parametrize(("algorithm", "expected"), SIGNATURES)
def test_signature_algorithms_are_named(algorithm: bytes, expected: Signature) -> None:
    assert algorithms.signature(algorithm) == expected


def test_an_algorithm_without_an_identifier_is_a_der_error() -> None:
    with pytest.raises(der.DerError):
        algorithms.signature(der.integer(1))
