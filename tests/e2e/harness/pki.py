"""Certificates of the tests' own, made anew in each run.

`authority` and `leaf` make what a certificate library makes; `rewritten` makes what it refuses to:
the bytes to be signed are changed and signed again.
"""

import base64
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import asn1

type Dates = tuple[datetime, datetime]  # first and last second of validity
type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

DAY = timedelta(days=1)
NOW = datetime.fromtimestamp(int(time.time()), UTC)
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH

# AlgorithmIdentifiers (RFC 4055, RFC 3279) that the library does not sign certificates with.
SHA256_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
SHA1_RSA = bytes.fromhex("300d06092a864886f70d0101050500")
MD5_RSA = bytes.fromhex("300d06092a864886f70d0101040500")


@dataclass(frozen=True)
class Pair:
    """A certificate (DER), its key, and the certificates (DER) that a server sends along.

    `written_key` is the key in PEM where it must say more than the key itself knows.
    """

    der: bytes
    key: Key
    chain: tuple[bytes, ...] = ()
    written_key: bytes = b""

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @property
    def leaf(self) -> asn1.Leaf:
        return asn1.Leaf(self.der)

    @property
    def pem(self) -> bytes:
        return pem(self.der)

    @property
    def key_pem(self) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return self.written_key or self.key.private_bytes(PEM, form, serialization.NoEncryption())

    def alone(self) -> "Pair":
        """The same, from a server that forgot the intermediates."""
        return replace(self, chain=())

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """STEM.crt with the chain and STEM.key, the latter for the owner only."""
        folder.mkdir(parents=True, exist_ok=True)
        crt, key = folder / f"{stem}.crt", folder / f"{stem}.key"
        crt.write_bytes(self.pem + b"".join(pem(each) for each in self.chain))
        key.unlink(missing_ok=True)
        key.touch(0o600)
        key.write_bytes(self.key_pem)
        return crt, key


def pem(certificate: bytes) -> bytes:
    """PEM of a certificate that need not be readable."""
    body = base64.encodebytes(certificate)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def new_key(kind: str = "p256") -> Key:
    """A key of the kind p256, p384, ed25519, or rsa with its size, as in rsa2048."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())


def distinguished(common_name: str | None, organization: str = "End to End") -> x509.Name:
    parts = []
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    if common_name is not None:
        with warnings.catch_warnings(action="ignore"):  # over 64 characters is what a test asks for
            parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name, _validate=False))
    return x509.Name(parts)


def authority(
    common_name: str,
    issuer: Pair | None = None,
    *,
    key: str = "p256",
    dates: Dates = (NOW - 400 * DAY, NOW + 3650 * DAY),
    ca: bool = True,
    permitted: Sequence[str] = (),
    extra: Sequence[x509.ExtensionType] = (),
) -> Pair:
    """A root, or an intermediate under `issuer`; `ca=False` one that must not sign."""
    own = new_key(key)
    build = _builder(distinguished(common_name), issuer, own, dates)
    build = build.add_extension(x509.BasicConstraints(ca, None), critical=True)
    usage = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
    build = build.add_extension(usage, critical=True)
    if permitted:
        names = x509.NameConstraints([x509.DNSName(each) for each in permitted], None)
        build = build.add_extension(names, critical=True)
    for extension in extra:
        build = build.add_extension(extension, critical=False)
    return Pair(_signed(build, issuer, own), own, above(issuer))


def leaf(
    issuer: Pair | None,
    *names: str,
    common_name: str | None = "",
    key: str = "p256",
    dates: Dates = (NOW - 10 * DAY, NOW + 60 * DAY),
    usage: x509.ObjectIdentifier = SERVER,
    organization: str = "Zoo Keepers",
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Pair:
    """A server's certificate; without `issuer` self-signed, with `common_name` "" for names[0]."""
    own = new_key(key)
    if common_name == "":
        common_name = names[0]
    build = _builder(distinguished(common_name, organization), issuer, own, dates)
    build = build.add_extension(x509.BasicConstraints(False, None), critical=True)
    build = build.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names:
        general = x509.SubjectAlternativeName([_general_name(each) for each in names])
        build = build.add_extension(general, critical=False)
    for extension, critical in extra:
        build = build.add_extension(extension, critical=critical)
    return Pair(_signed(build, issuer, own), own, above(issuer))


def certified(other: Pair, issuer: Pair) -> bytes:
    """`other` with its name and key once more, from an issuer that outlived itself (DER)."""
    build = x509.CertificateBuilder().subject_name(other.certificate.subject)
    build = build.issuer_name(issuer.certificate.subject).public_key(other.key.public_key())
    build = build.serial_number(x509.random_serial_number())
    build = build.not_valid_before(NOW - 800 * DAY).not_valid_after(NOW + 400 * DAY)
    build = build.add_extension(x509.BasicConstraints(True, None), critical=True)
    return _signed(build, issuer, other.key)


def rewritten(
    pair: Pair, issuer: Pair, *changes: tuple[bytes, bytes], algorithm: bytes | None = None
) -> Pair:
    """`pair` with bytes of its inside replaced (by as many), signed by `issuer` once more."""
    tbs = pair.leaf.tbs.raw
    own_algorithm = pair.leaf.signature_algorithm
    for old, new in (*changes, *([(own_algorithm, algorithm)] if algorithm else [])):
        assert len(old) == len(new), "lengths of DER would no longer hold"
        assert old in tbs, f"{old!r} does not stand in the certificate"
        tbs = tbs.replace(old, new)
    return replace(pair, der=_assembled(tbs, issuer.key, algorithm or own_algorithm))


def badly_signed(pair: Pair, issuer: Pair) -> Pair:
    """`pair` under a signature that is well-formed and made over something else."""
    other = asn1.element(asn1.SEQUENCE, b"")
    wrong = asn1.elements(_assembled(other, issuer.key, pair.leaf.signature_algorithm))[0]
    parts = [pair.leaf.tbs.raw, *(each.raw for each in wrong.children()[1:])]
    return replace(pair, der=asn1.element(asn1.SEQUENCE, b"".join(parts)))


def above(issuer: Pair | None) -> tuple[bytes, ...]:
    """What a server sends along: the issuer and its chain without a root."""
    if issuer is None or issuer.leaf.issuer == issuer.leaf.subject:
        return ()
    return (issuer.der, *issuer.chain)


def _builder(
    subject: x509.Name, issuer: Pair | None, own: Key, dates: Dates
) -> x509.CertificateBuilder:
    signer = issuer.key if issuer else own
    own_id = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    build = x509.CertificateBuilder().subject_name(subject)
    build = build.issuer_name(issuer.certificate.subject if issuer else subject)
    build = build.public_key(own.public_key()).serial_number(x509.random_serial_number())
    build = build.not_valid_before(dates[0]).not_valid_after(dates[1])
    build = build.add_extension(own_id, critical=False)
    return build.add_extension(issuer_id, critical=False)


def _signed(build: x509.CertificateBuilder, issuer: Pair | None, own: Key) -> bytes:
    signer = issuer.key if issuer else own
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return build.sign(signer, digest).public_bytes(DER)


def _assembled(tbs: bytes, key: Key, algorithm: bytes) -> bytes:
    digests = {SHA1_RSA: hashes.SHA1(), MD5_RSA: hashes.MD5()}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(tbs, padding.PKCS1v15(), digests.get(algorithm, hashes.SHA256()))
    else:
        signature = key.sign(tbs)
    bits = asn1.element(asn1.BIT_STRING, b"\0" + signature)
    return asn1.element(asn1.SEQUENCE, tbs + algorithm + bits)


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
