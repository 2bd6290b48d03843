"""New authorities, and requests for those that another authority is to sign.

An authority signs leaves and nothing else: path length 0, keyCertSign and cRLSign only.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from clearpane.authorities.keys import PrivateKey

DEFAULT_NAME = "clearpane Forward Trust"
DEFAULT_DAYS = 3650
MAX_DAYS = 36_500
# A client whose clock is late must not find the authority in its future.
_CLOCK_SKEW = timedelta(days=1)
_LONGEST_NAME = 64  # X.520 ub-common-name
_UNTRUST = "Forward Untrust - do not install"


class KeyKind(StrEnum):
    """The keys that an authority may have."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"


def new_key(kind: KeyKind) -> PrivateKey:
    match kind:
        case KeyKind.EC_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.EC_P384:
            return ec.generate_private_key(ec.SECP384R1())
        case _:
            return rsa.generate_private_key(65_537, int(kind.removeprefix("rsa-")))


def subject(text: str) -> x509.Name:
    """The subject that an administrator wrote: a common name, or a name as in RFC 4514
    (`CN=Acme TLS,O=Acme,C=DE`). Raises ValueError with a sentence that can be shown."""
    if not text.strip():
        raise ValueError("a name may not be empty")
    if not text.isprintable():
        raise ValueError("a name may hold printable characters only")
    try:
        if "=" in text:
            # People write a blank after the comma, as OpenSSL shows it; RFC 4514 has none.
            return x509.Name.from_rfc4514_string(re.sub(r"(?<!\\),\s+", ",", text))
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    except ValueError as error:
        if "=" not in text:
            raise ValueError(f"a name has at most {_LONGEST_NAME} characters") from error
        raise ValueError(f"{text!r} is not a name like CN=Acme TLS,O=Acme,C=DE") from error


def untrusted(trust: x509.Name) -> x509.Name:
    """The Untrust authority's name: the Trust authority's, and a warning not to trust it."""
    names = trust.get_attributes_for_oid(NameOID.COMMON_NAME)
    base = str(names[0].value) if names else DEFAULT_NAME
    owner = base.removesuffix("Forward Trust").strip()[: _LONGEST_NAME - len(_UNTRUST) - 1]
    common_name = f"{owner} {_UNTRUST}".strip()
    others = [a for a in trust if a.oid != NameOID.COMMON_NAME]
    return x509.Name([*others, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(key: PrivateKey, name: x509.Name, now: datetime, days: int) -> bytes:
    """A self-signed authority certificate in DER, valid for `days` from `now`."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .add_extension(identifier, critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def signing_request(key: PrivateKey, name: x509.Name) -> bytes:
    """A PKCS#10 request in PEM for a subordinate authority."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .add_extension(identifier, critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def key_pem(key: PrivateKey) -> bytes:
    """The key as it is stored: PKCS#8 in PEM, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
