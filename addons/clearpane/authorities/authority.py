"""An authority: a certificate that clients know, the key behind it, and what is sent along.

Forward Trust signs for servers that validate, Forward Untrust for those that do not; which pair of
either signs is decided here, whether the pair is fit to sign in `checks`.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha1

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from clearpane.authorities.keys import PrivateKey, ServerKey
from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate

_SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
# RFC 6979: with a nonce that follows from the content, one content has one signature, and a serial
# never serves two certificates.
_ECDSA = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_ECDSA_WITH_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_SHA256_WITH_RSA = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.element(der.NULL))


class AuthorityName(StrEnum):
    """The two authorities, as records and files call them."""

    TRUST = "forward-trust"
    UNTRUST = "forward-untrust"


@dataclass(frozen=True, slots=True, eq=False)
class Authority:
    """One pair. `chain` (DER) is what a server sends behind the leaf: nothing for a self-signed
    authority, else its own certificate and what lies above it, without the root."""

    name: AuthorityName
    certificate: Certificate
    chain: tuple[bytes, ...]
    key: PrivateKey

    @property
    def key_identifier(self) -> bytes:
        """What leaves name as their authority's key (RFC 5280 section 4.2.1.1)."""
        with suppress(der.DerError):
            for extension in self.certificate.extensions:
                if extension.oid == _SUBJECT_KEY_IDENTIFIER:
                    return der.only(extension.value, der.OCTET_STRING).content
        return sha1(key_bits(self.certificate.spki), usedforsecurity=False).digest()

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier (DER) of what `sign` returns."""
        is_ec = isinstance(self.key, ec.EllipticCurvePrivateKey)
        return _ECDSA_WITH_SHA256 if is_ec else _SHA256_WITH_RSA

    def sign(self, content: bytes) -> bytes:
        """The signature with SHA-256; the same content always has the same one."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(content, _ECDSA)
        return self.key.sign(content, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True, slots=True, eq=False)
class Authorities:
    """Both authorities, each with an optional second pair for servers with an ECDSA key."""

    trust: Authority
    untrust: Authority
    trust_ecdsa: Authority | None = None
    untrust_ecdsa: Authority | None = None

    def signer(self, name: str, key_type: str) -> Authority:
        """Who signs for a server whose key is of `key_type`; `name` is a verdict's signer."""
        match AuthorityName(name):
            case AuthorityName.TRUST:
                pair, ecdsa = self.trust, self.trust_ecdsa
            case AuthorityName.UNTRUST:
                pair, ecdsa = self.untrust, self.untrust_ecdsa
        return ecdsa if ecdsa and key_type == "ec" else pair

    @property
    def all(self) -> tuple[Authority, ...]:
        """Every pair there is: none of them may be an anchor for servers."""
        pairs = (self.trust, self.untrust, self.trust_ecdsa, self.untrust_ecdsa)
        return tuple(pair for pair in pairs if pair)


def chain(certificate: Certificate, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """What is sent behind a leaf of this authority; `others` (DER) come in any order, and those
    that do not belong to its path are left out."""
    if certificate.self_issued:
        return ()
    path = [certificate]
    candidates = [Certificate.parse(other) for other in others]
    while issuer := next((c for c in candidates if _issued(path[-1], c)), None):
        if issuer.self_issued or issuer in path:
            break
        path.append(issuer)
    return tuple(found.der for found in path)


def matches(certificate: Certificate, key: ServerKey) -> bool:
    """Whether the certificate is for this key."""
    try:
        return load_der_public_key(certificate.spki) == key.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False


def key_bits(spki: bytes) -> bytes:
    """The public key alone, which key identifiers are hashes of (RFC 5280 section 4.2.1.2)."""
    _algorithm, bits = der.items(der.only(spki, der.SEQUENCE).content)
    return bits.content[1:]


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        above = x509.load_der_x509_certificate(issuer.der)
        x509.load_der_x509_certificate(certificate.der).verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
