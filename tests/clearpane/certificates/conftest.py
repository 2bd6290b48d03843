"""Certificates that no builder would make: every field is given as DER, the signature is blank."""

from collections.abc import Callable

import pytest

from clearpane.certificates import der

type Build = Callable[..., bytes]

ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
P256_KEY = der.sequence(
    der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7")),
    der.bit_string(b"\x04" + bytes(64)),
)
NAME = der.sequence(
    der.element(
        der.SET, der.sequence(der.oid("2.5.4.3"), der.element(der.UTF8_STRING, b"www.test"))
    )
)
VALIDITY = der.sequence(
    der.element(der.UTC_TIME, b"260101000000Z"), der.element(der.UTC_TIME, b"270101000000Z")
)


def certificate(
    serial: bytes = der.integer(7),
    subject: bytes = NAME,
    issuer: bytes = NAME,
    validity: bytes = VALIDITY,
    spki: bytes = P256_KEY,
    extensions: tuple[bytes, ...] | None = (),
    algorithm: bytes = ECDSA_SHA256,
) -> bytes:
    version = der.element(der.context(0), der.integer(2))
    tail = () if extensions is None else (der.element(der.context(3), der.sequence(*extensions)),)
    tbs = der.sequence(version, serial, algorithm, issuer, validity, subject, spki, *tail)
    return der.sequence(tbs, algorithm, der.bit_string(b""))


@pytest.fixture(scope="session")
def build() -> Build:
    return certificate


@pytest.fixture(scope="session")
def extension() -> Callable[..., bytes]:
    def make(oid: str, value: bytes, critical: bool = False) -> bytes:
        flag = der.boolean(True) if critical else b""
        return der.sequence(der.oid(oid), flag, der.octet_string(value))

    return make
