"""Authorities, odd certificates of servers, the openssl command and a real handshake."""

import ssl
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from clearpane.authorities import keys, make
from clearpane.authorities.authority import Authority, AuthorityName
from clearpane.certificates import der, pem
from clearpane.certificates.certificate import SUBJECT_ALT_NAME, Certificate

# OpenSSL and handshakes go by the clock, so these certificates must be valid when the tests run.
NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251
DAY = timedelta(days=1)


SIGNS = x509.KeyUsage(False, False, False, False, False, True, True, False, False)


def name(common_name: bytes) -> bytes:
    """A subject in DER."""
    pair = der.sequence(der.oid("2.5.4.3"), der.element(der.UTF8_STRING, common_name))
    return der.sequence(der.element(der.SET, pair))


def real(
    *,
    subject: bytes = name(b"www.test"),
    san: bytes | None = der.sequence(der.element(0x82, b"www.test")),
    serial: bytes = der.integer(7),
    start: datetime | bytes = NOW - 30 * DAY,
    end: datetime | bytes = NOW + 180 * DAY,
    extensions: bytes = b"",
) -> Certificate:
    """A server's certificate as no builder would make it; its signature is blank."""
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    key = der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7")),
        der.bit_string(b"\x04" + bytes(64)),
    )
    dates = (der.time(date) if isinstance(date, datetime) else date for date in (start, end))
    if san is not None:
        extensions += der.sequence(der.oid(SUBJECT_ALT_NAME), der.octet_string(san))
    unsigned = der.sequence(
        der.element(der.context(0), der.integer(2)),
        serial,
        algorithm,
        name(b"Issuer"),
        der.sequence(*dates),
        subject,
        key,
        der.element(der.context(3), der.sequence(extensions)),
    )
    return Certificate.parse(der.sequence(unsigned, algorithm, der.bit_string(b"")))


def authority(
    kind: str = "ec-p256",
    title: str = "Test Forward Trust",
    which: AuthorityName = AuthorityName.TRUST,
    days: int = 3650,
    now: datetime = NOW,
) -> Authority:
    """A new self-signed authority."""
    key = make.new_key(make.KeyKind(kind))
    made = make.certificate(key, make.subject(title), now, days)
    return Authority(which, Certificate.parse(made), (), key)


def signed(
    title: str,
    key: keys.PrivateKey,
    issuer: Authority | None = None,
    *,
    ca: bool = True,
    usage: x509.KeyUsage | None = SIGNS,
    purposes: Sequence[x509.ObjectIdentifier] = (),
    start: datetime = NOW - DAY,
    end: datetime = NOW + 900 * DAY,
) -> Certificate:
    """A certificate as a company's CA makes it: its own where no issuer is given."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = issuer.key_identifier if issuer else identifier.digest
    builder = (
        x509.CertificateBuilder()
        .subject_name(make.subject(title))
        .issuer_name(make.subject(issuer.certificate.common_name if issuer else title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(above, None, None), critical=False)
    )
    if usage:
        builder = builder.add_extension(usage, critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    made = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Certificate.parse(made.public_bytes(Encoding.DER))


@pytest.fixture(scope="session")
def company() -> Authority:
    """A root that may sign subordinate authorities."""
    key = make.new_key(make.KeyKind.EC_P384)
    return Authority(AuthorityName.TRUST, signed("Company Root", key), (), key)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def trust() -> Authority:
    return authority()


@pytest.fixture(scope="session")
def untrust() -> Authority:
    return authority(title="Test Forward Untrust", which=AuthorityName.UNTRUST)


@pytest.fixture(scope="session")
def rsa_trust() -> Authority:
    return authority("rsa-2048")


@pytest.fixture(scope="session")
def secret(trust: Authority) -> bytes:
    return keys.secret(trust.key)


@pytest.fixture(scope="session")
def leaf_key(secret: bytes) -> keys.PrivateKey:
    return keys.leaf_key(secret)


@pytest.fixture(scope="session")
def rsa_leaf_key() -> keys.PrivateKey:
    return make.new_key(make.KeyKind.RSA_2048)


@pytest.fixture(name="authority", scope="session")
def authority_fixture() -> Callable[..., Authority]:
    return authority


@pytest.fixture(name="real", scope="session")
def real_fixture() -> Callable[..., Certificate]:
    return real


@pytest.fixture(name="signed", scope="session")
def signed_fixture() -> Callable[..., Certificate]:
    return signed


type OpenSSL = Callable[..., str]


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSSL:
    """Runs the openssl command in the test's own folder; returns what it printed."""

    def run(*arguments: str, fails: bool = False) -> str:
        command = ["openssl", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


type Handshake = Callable[..., str]


@pytest.fixture
def handshake(tmp_path: Path) -> Handshake:
    """A TLS handshake in memory; what the client says of the certificate, "" if all is well."""

    def shake(
        leaf: bytes,
        key: keys.PrivateKey,
        anchor: Authority,
        host: str,
        sent: tuple[bytes, ...] = (),
    ) -> str:
        files = tmp_path / "served.crt", tmp_path / "served.key"
        files[0].write_text("".join(map(pem.to_pem, (leaf, *sent))))
        files[1].write_bytes(make.key_pem(key))
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(*files)
        asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        asking.verify_flags |= ssl.VERIFY_X509_STRICT
        asking.load_verify_locations(cadata=pem.to_pem(anchor.certificate.der))
        return _shake(served, asking, host)

    return shake


def _shake(served: ssl.SSLContext, asking: ssl.SSLContext, host: str) -> str:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = served.wrap_bio(up, down, server_side=True)
    client = asking.wrap_bio(down, up, server_hostname=host)
    for _ in range(4):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        with suppress(ssl.SSLWantReadError):
            server.do_handshake()
    assert client.version()
    return ""
