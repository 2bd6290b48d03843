"""Certificates and chains of every kind, made and signed at run time, and handshakes in memory.

Every field can be set to what no certificate builder would write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from OpenSSL import SSL

from clearpane.certificates import der, pem

NOW = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()), UTC)  # noqa: TID251
DAY = timedelta(days=1)

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_RSA_PSS = "1.2.840.113549.1.1.10"
_DIGESTS = {
    "md5": (hashes.MD5(), "1.2.840.113549.1.1.4", ""),
    "sha1": (hashes.SHA1(), "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"),
    "sha256": (hashes.SHA256(), "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"),
    "sha384": (hashes.SHA384(), "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"),
    "sha512": (hashes.SHA512(), "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"),
}


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name: str) -> bytes:
    text = der.element(der.UTF8_STRING, common_name.encode())
    return der.sequence(der.element(der.SET, der.sequence(der.oid("2.5.4.3"), text)))


def extension(oid: str, value: bytes, critical: bool = False) -> bytes:
    flag = der.boolean(True) if critical else b""
    return der.sequence(der.oid(oid), flag, der.octet_string(value))


def san(*names: str | bytes) -> bytes:
    """dNSNames from text, iPAddresses from octets."""
    return extension(
        "2.5.29.17",
        der.sequence(
            *(
                der.element(der.context(2, False), each.encode("latin-1"))
                if isinstance(each, str)
                else der.element(der.context(7, False), each)
                for each in names
            )
        ),
    )


def key_usage(bits: int) -> bytes:
    return extension("2.5.29.15", der.bit_string(bytes((bits,))), critical=True)


SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
CERT_SIGN = key_usage(0x06)


def purpose(*oids: str) -> bytes:
    return extension("2.5.29.37", der.sequence(*map(der.oid, oids)))


def constraints(ca: bool, length: int | None = None) -> bytes:
    fields = (der.boolean(True) if ca else b"", b"" if length is None else der.integer(length))
    return extension("2.5.29.19", der.sequence(*fields), critical=True)


@dataclass(frozen=True)
class Party:
    """A certificate with its key."""

    subject: bytes
    key: Key
    der: bytes = b""
    pss: bool = False

    @property
    def spki(self) -> bytes:
        spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if not self.pss:
            return spki
        _, bits = der.items(der.only(spki, der.SEQUENCE).content)
        return der.sequence(der.sequence(der.oid(_RSA_PSS)), bits.raw)

    @property
    def key_pem(self) -> bytes:
        pkcs8 = self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        if self.pss:
            _, _, octets = der.items(der.only(pkcs8, der.SEQUENCE).content)
            algorithm = der.sequence(der.oid(_RSA_PSS))
            pkcs8 = der.sequence(der.integer(0), algorithm, octets.raw)
        return pem.to_pem(pkcs8).replace("CERTIFICATE", "PRIVATE KEY").encode()

    def algorithm(self, digest: str) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return der.sequence(der.oid("1.3.101.112"))
        _, with_rsa, with_ec = _DIGESTS[digest]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return der.sequence(der.oid(with_rsa), der.element(der.NULL))
        return der.sequence(der.oid(with_ec))

    def sign(self, data: bytes, digest: str) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), _DIGESTS[digest][0])
        return self.key.sign(data, ec.ECDSA(_DIGESTS[digest][0]))


@dataclass
class Spec:
    """What a certificate says; the defaults make a good server's."""

    subject: bytes = field(default_factory=lambda: name("www.test"))
    extensions: Sequence[bytes] = (san("www.test"), purpose(SERVER_AUTH))
    start: datetime | bytes = NOW - 30 * DAY
    end: datetime | bytes = NOW + 300 * DAY
    key: Callable[[], Key] = p256
    pss: bool = False
    digest: str = "sha256"
    serial: int = 0x1234
    version: int = 3
    forged: bool = False


def issue(issuer: Party | None, spec: Spec) -> Party:
    """A certificate signed by `issuer`, or by itself."""
    party = Party(spec.subject, spec.key(), pss=spec.pss)
    signer = issuer or party
    start, end = (d if isinstance(d, bytes) else der.time(d) for d in (spec.start, spec.end))
    tbs = der.sequence(
        der.element(der.context(0), der.integer(spec.version - 1)) if spec.version > 1 else b"",
        der.integer(spec.serial),
        signer.algorithm(spec.digest),
        signer.subject,
        der.sequence(start, end),
        spec.subject,
        party.spki,
        *(
            (der.element(der.context(3), der.sequence(*spec.extensions)),)
            if spec.extensions
            else ()
        ),
    )
    signature = signer.sign(b"other" if spec.forged else tbs, spec.digest)
    signed = der.sequence(tbs, signer.algorithm(spec.digest), der.bit_string(signature))
    return Party(party.subject, party.key, signed, spec.pss)


def authority(issuer: Party | None, common_name: str, **changes: object) -> Party:
    extensions = (constraints(ca=True), CERT_SIGN)
    spec = Spec(**{"subject": name(common_name), "extensions": extensions, **changes})  # type: ignore[arg-type]
    return issue(issuer, spec)


def shake_hands(client: SSL.Connection, server: SSL.Connection) -> None:
    """Runs both sides in memory until both are done; raises what either raises."""
    waiting = [client, server]
    for _ in range(8):
        for side, other in ((client, server), (server, client)):
            if side in waiting:
                try:
                    side.do_handshake()
                    waiting.remove(side)
                except SSL.WantReadError:
                    pass
            try:
                other.bio_write(side.bio_read(1 << 20))
            except SSL.WantReadError:
                continue
        if not waiting:
            return
    raise AssertionError("the handshake does not end")
