"""The secret that every node derives alike, and the leaf key that follows from it.

Nothing here is random: whoever holds the same Forward Trust key forges the same leaves, after a
restart and on a second node. The authority's own key never serves as a leaf key.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
type EdwardsKey = ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
type ServerKey = PrivateKey | EdwardsKey

# FIPS 186-5 table 3: the order of P-256.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def secret(trust_key: PrivateKey) -> bytes:
    """32 octets that only holders of the Forward Trust key can know."""
    return _derive(_material(trust_key), b"clearpane secret", 32)


def leaf_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key that forged leaves carry."""
    # FIPS 186-5 section A.2.1: 64 bits more than the order has keep the remainder unbiased.
    number = int.from_bytes(_derive(secret, b"clearpane leaf key P-256", 40))
    return ec.derive_private_key(number % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def public_key(key: PrivateKey) -> bytes:
    """The key's SubjectPublicKeyInfo in DER, as `leaf.forge` takes it."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _material(key: PrivateKey) -> bytes:
    """The private numbers in one form, however the key was stored."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _octets(key.private_numbers().private_value)
    numbers = key.private_numbers()
    return b"".join(map(_octets, sorted((numbers.p, numbers.q))))


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _derive(material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=info).derive(material)
