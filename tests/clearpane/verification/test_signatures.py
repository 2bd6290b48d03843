import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from chains import p256
from clearpane.certificates import der
from clearpane.verification import signatures

CONTENT = der.sequence(der.integer(7))
RSA, EC, ED = rsa.generate_private_key(65537, 2048), p256(), ed25519.Ed25519PrivateKey.generate()
P384, ED448 = ec.generate_private_key(ec.SECP384R1()), ed448.Ed448PrivateKey.generate()
DSA = dsa.generate_private_key(2048)
PKCS1 = "1.2.840.113549.1.1."
ECDSA = "1.2.840.10045.4.3."
SHA512 = der.sequence(der.oid("2.16.840.1.101.3.4.2.3"))
PSS_SHA512 = der.sequence(
    der.element(der.context(0), SHA512),
    der.element(der.context(1), der.sequence(der.oid("1.2.840.113549.1.1.8"), SHA512)),
)


def spki(key) -> bytes:  # type: ignore[no-untyped-def]
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signed(oid: str, signature: bytes, parameters: bytes = b"") -> bytes:
    return der.sequence(CONTENT, der.sequence(der.oid(oid), parameters), der.bit_string(signature))


def with_rsa(number: int, digest: hashes.HashAlgorithm) -> bytes:
    return signed(PKCS1 + str(number), RSA.sign(CONTENT, padding.PKCS1v15(), digest))


def with_ec(number: int, digest: hashes.HashAlgorithm, key=EC) -> bytes:  # type: ignore[no-untyped-def]
    return signed(ECDSA + str(number), key.sign(CONTENT, ec.ECDSA(digest)))


def with_pss(parameters: bytes) -> bytes:
    scheme = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    return signed(PKCS1 + "10", RSA.sign(CONTENT, scheme, hashes.SHA512()), parameters)


ROWS = [
    pytest.param(with_rsa(11, hashes.SHA256()), RSA, True, id="RSA and SHA-256"),
    pytest.param(with_rsa(12, hashes.SHA384()), RSA, True, id="RSA and SHA-384"),
    pytest.param(with_rsa(13, hashes.SHA512()), RSA, True, id="RSA and SHA-512"),
    pytest.param(with_pss(PSS_SHA512), RSA, True, id="PSS"),
    pytest.param(with_ec(2, hashes.SHA256()), EC, True, id="P-256"),
    pytest.param(with_ec(3, hashes.SHA384(), P384), P384, True, id="P-384"),
    pytest.param(signed("1.3.101.112", ED.sign(CONTENT)), ED, True, id="Ed25519"),
    pytest.param(signed("1.3.101.113", ED448.sign(CONTENT)), ED448, True, id="Ed448"),
    # refused
    pytest.param(with_rsa(5, hashes.SHA1()), RSA, False, id="SHA-1"),
    pytest.param(with_rsa(4, hashes.MD5()), RSA, False, id="MD5"),
    pytest.param(with_pss(b""), RSA, False, id="PSS without parameters is SHA-1"),
    pytest.param(with_rsa(12, hashes.SHA256()), RSA, False, id="another digest than it says"),
    pytest.param(with_ec(2, hashes.SHA256()), P384, False, id="another key"),
    pytest.param(with_rsa(11, hashes.SHA256()), EC, False, id="a key of another type"),
    pytest.param(
        signed(PKCS1 + "11", EC.sign(CONTENT, ec.ECDSA(hashes.SHA256()))),
        EC,
        False,
        id="ECDSA that says it is RSA",
    ),
    pytest.param(
        signed(ECDSA + "2", RSA.sign(CONTENT, padding.PKCS1v15(), hashes.SHA256())),
        RSA,
        False,
        id="RSA that says it is ECDSA",
    ),
    pytest.param(signed(ECDSA + "2", ED.sign(CONTENT)), ED, False, id="an Ed25519 key under ECDSA"),
    pytest.param(
        signed("2.16.840.1.101.3.4.3.2", DSA.sign(CONTENT, hashes.SHA256())), DSA, False, id="DSA"
    ),
    pytest.param(signed("1.2.3", b"x"), EC, False, id="an unknown algorithm"),
]


@pytest.mark.parametrize(("data", "key", "sound"), ROWS)
def test_who_signed(data: bytes, key, sound: bool) -> None:  # type: ignore[no-untyped-def]
    assert signatures.is_signed_by(signatures.split(data), spki(key)) is sound


def test_what_is_no_key_has_signed_nothing() -> None:
    whole = signatures.split(with_ec(2, hashes.SHA256()))
    assert not signatures.is_signed_by(whole, b"\x30\x00")


def test_the_parts_are_as_they_stood() -> None:
    whole = signatures.split(with_ec(2, hashes.SHA256()))
    assert (whole.content, whole.rest) == (CONTENT, ())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(der.sequence(CONTENT, CONTENT), id="two parts"),
        pytest.param(der.sequence(CONTENT, CONTENT, CONTENT), id="no bits"),
        pytest.param(
            der.sequence(CONTENT, CONTENT, der.bit_string(b"\x80", unused=7)), id="half octets"
        ),
        pytest.param(der.sequence(CONTENT, CONTENT, der.bit_string(b"")) + b"x", id="a tail"),
    ],
)
def test_a_broken_form_is_an_error(data: bytes) -> None:
    with pytest.raises(der.DerError):
        signatures.split(data)
