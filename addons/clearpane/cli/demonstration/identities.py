"""The demonstration's certification authorities and server certificates.

They live as long as the demonstration and are trusted by its own gateway and client alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clearpane.authorities import make

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    def write(self, path: Path) -> Path:
        """Certificate and key in one file, as `ssl` loads them."""
        path.touch(0o600)
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM) + make.key_pem(self.key))
        return path


def authority(name: str, now: datetime) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    made = make.certificate(key, make.subject(name), now, days=2)
    return Identity(x509.load_der_x509_certificate(made), key)


def server(issuer: Identity, name: str, start: datetime, end: datetime) -> Identity:
    """A web server's certificate for one host name, valid from `start` to `end`."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    return Identity(builder.sign(issuer.key, hashes.SHA256()), key)
