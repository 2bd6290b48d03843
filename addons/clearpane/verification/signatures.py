"""Who signed a certificate, a CRL or an OCSP answer: the outer form of all three is the same.

Nothing raises but `DerError` for a broken outer form; what can't be verified is not signed. MD5,
SHA-1 and DSA count as no signature.
"""

import hashlib
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from clearpane.certificates import algorithms, der

_DIGESTS = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Signed(NamedTuple):
    """`content` is what was signed, `algorithm` the content of the AlgorithmIdentifier, `rest`
    what follows the signature (in OCSP answers, certificates)."""

    content: bytes
    algorithm: bytes
    signature: bytes
    rest: tuple[der.Element, ...]


def split(data: bytes) -> Signed:
    """The parts of RFC 5280 section 4.1.1 and RFC 6960 section 4.2.1; raises DerError."""
    content, algorithm, signature, *rest = _at_least_three(der.only(data, der.SEQUENCE).content)
    bits = der.expect(signature, der.BIT_STRING).content
    if bits[:1] != b"\x00":
        raise der.DerError("a signature has whole octets")
    return Signed(
        der.expect(content, der.SEQUENCE).raw,
        der.expect(algorithm, der.SEQUENCE).content,
        bits[1:],
        tuple(rest),
    )


def _at_least_three(content: bytes) -> list[der.Element]:
    found = list(der.items(content))
    if len(found) < 3:
        raise der.DerError("what is signed has three parts")
    return found


def is_signed_by(signed: Signed, spki: bytes) -> bool:
    """Whether the key in this SubjectPublicKeyInfo (DER) made the signature."""
    try:
        return _verify(signed, spki)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False


def _verify(signed: Signed, spki: bytes) -> bool:
    """Raises where the library has doubts, and InvalidSignature."""
    algorithm, key = algorithms.signature(signed.algorithm), load_der_public_key(spki)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        if algorithm.name not in ("ed25519", "ed448"):
            return False
        key.verify(signed.signature, signed.content)
        return True
    if algorithm.digest not in _DIGESTS:
        return False
    digest = _DIGESTS[algorithm.digest]
    # hashlib lets other threads run while it reads the megabytes of a CRL.
    hashed = hashlib.new(algorithm.digest, signed.content).digest()
    if isinstance(key, ec.EllipticCurvePublicKey) and algorithm.name.startswith("ecdsa"):
        key.verify(signed.signature, hashed, ec.ECDSA(Prehashed(digest)))
        return True
    if isinstance(key, rsa.RSAPublicKey) and (scheme := _padding(algorithm.name, digest)):
        key.verify(signed.signature, hashed, scheme, Prehashed(digest))
        return True
    return False


def _padding(name: str, digest: hashes.HashAlgorithm) -> padding.AsymmetricPadding | None:
    if name == "rsassaPss":
        return padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
    return padding.PKCS1v15() if name.endswith("WithRSAEncryption") else None
