"""Servers of the table after the list of "To Intercept or Not to Intercept" (Waked and others,
2018), as far as they are not among `servers`."""

from dataclasses import replace
from pathlib import Path

import certifi
from cryptography.x509.oid import ExtendedKeyUsageOID

import chains
from clearpane.certificates import pem

from . import asn1, pki, spelled
from .pki import Pair
from .rows import INCOMPLETE, UNKNOWN, Makers, trust, untrust

PURPOSE, CONSTRAINTS, WEAK_KEY = "invalid-purpose", "constraints-violated", "weak-key"
CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
BASIC_CONSTRAINTS, KEY_USAGE, POLICIES = "2.5.29.19", "2.5.29.15", "2.5.29.32"
DIGITAL_SIGNATURE, CRL_SIGN = 0x80, 0x02


def _pretender() -> Pair:
    """Has the name of an authority that the whole world trusts, and a key of its own."""
    real = pem.certificates(Path(certifi.where()).read_bytes())[0]
    return spelled.authority(None, "pretender", subject=asn1.Leaf(real).subject)


def _says(*extensions: bytes) -> dict[str, tuple[bytes, ...]]:
    return {"extensions": extensions}


def _server(host: str, *extensions: bytes) -> dict[str, tuple[bytes, ...]]:
    """The extensions of a server's certificate and these."""
    return _says(chains.san(host), chains.purpose(chains.SERVER_AUTH), *extensions)


def _under(m: Makers, host: str, *extensions: bytes, version: int = 3) -> Pair:
    """A good certificate under an intermediate that says just this."""
    says = _says(*extensions)
    middle = spelled.authority(m.issuing, f"Issuing of {host}", version=version, **says)
    return spelled.made(middle, host)


def _signed_by_a_server(m: Makers, host: str) -> Pair:
    other = spelled.made(
        m.issuing, "shop.zoo.test", **_server("shop.zoo.test", chains.key_usage(DIGITAL_SIGNATURE))
    )
    return spelled.made(other, host)


def _too_deep(m: Makers, host: str) -> Pair:
    constraints = chains.constraints(ca=True, length=0)
    last = spelled.authority(m.issuing, f"Last of {host}", **_says(constraints, chains.CERT_SIGN))
    return spelled.made(spelled.authority(last, f"Below the last of {host}"), host)


def _malformed(oid: str, critical: bool = False) -> bytes:
    return chains.extension(oid, b"\x30\x05abc", critical)


CA = chains.constraints(ca=True)

ROWS = {
    # Who signed.
    "fake-ca": untrust(lambda m, h: spelled.made(_pretender(), h), "bad-signature"),
    "fake-ca-sent": untrust(
        lambda m, h: replace(spelled.made(fake := _pretender(), h), chain=(fake.der,)),
        "bad-signature",
    ),
    "own-authority": untrust(lambda m, h: replace(pki.leaf(m.own, h), chain=(m.own.der,)), UNKNOWN),
    "own-authority-unsent": untrust(lambda m, h: pki.leaf(m.own, h), UNKNOWN, INCOMPLETE),
    "leaf-as-issuer": untrust(_signed_by_a_server, CONSTRAINTS, PURPOSE),
    "v1-intermediate": untrust(lambda m, h: _under(m, h, version=1), CONSTRAINTS, PURPOSE),
    "path-length": untrust(_too_deep, CONSTRAINTS),
    "issuer-without-cert-sign": untrust(
        lambda m, h: _under(m, h, CA, chains.key_usage(CRL_SIGN)), CONSTRAINTS, PURPOSE
    ),
    "anchor-without-cert-sign": untrust(
        lambda m, h: spelled.made(m.mute_root, h), CONSTRAINTS, PURPOSE
    ),
    "anchor-not-yet-valid": untrust(
        lambda m, h: pki.leaf(m.under(m.future_root, h), h), "issuer-not-yet-valid"
    ),
    # What it may be used for.
    "code-signing-only": untrust(
        lambda m, h: pki.leaf(m.issuing, h, usage=ExtendedKeyUsageOID.CODE_SIGNING), PURPOSE
    ),
    "key-usage": untrust(
        lambda m, h: spelled.made(m.issuing, h, **_server(h, chains.key_usage(CRL_SIGN))), PURPOSE
    ),
    "issuer-for-clients": untrust(
        lambda m, h: _under(m, h, CA, chains.CERT_SIGN, chains.purpose(chains.CLIENT_AUTH)),
        PURPOSE,
    ),
    "anchor-for-software": untrust(lambda m, h: spelled.made(m.software_root, h), PURPOSE),
    # Extensions that say nothing. Above such a certificate OpenSSL looks for no issuer.
    "malformed-constraints": untrust(
        lambda m, h: spelled.made(
            m.issuing, h, **_server(h, _malformed(BASIC_CONSTRAINTS, critical=True))
        ),
        UNKNOWN,
    ).oddly,
    "malformed-key-usage": untrust(
        lambda m, h: spelled.made(m.issuing, h, **_server(h, _malformed(KEY_USAGE))),
        UNKNOWN,
    ).oddly,
    "malformed-policies": trust(
        lambda m, h: spelled.made(m.issuing, h, **_server(h, _malformed(POLICIES)))
    ),
    "malformed-constraints-above": untrust(
        lambda m, h: _under(m, h, _malformed(BASIC_CONSTRAINTS, critical=True)), UNKNOWN
    ),
    # Strength.
    "rsa-512": untrust(
        lambda m, h: spelled.made(m.issuing, h, key=spelled.key_of("rsa512")), WEAK_KEY
    ).older,
    "rsa-768": untrust(
        lambda m, h: spelled.made(m.issuing, h, key=spelled.key_of("rsa768")), WEAK_KEY
    ),
    "rsa-1016": untrust(
        lambda m, h: spelled.made(m.issuing, h, key=spelled.key_of("rsa1016")), WEAK_KEY
    ),
    "weak-key-above": untrust(
        lambda m, h: spelled.made(
            spelled.authority(m.issuing, f"Issuing of {h}", key=spelled.key_of("rsa1024")), h
        ),
        WEAK_KEY,
    ),
    "anchor-rsa-512": untrust(lambda m, h: pki.leaf(m.under(m.feeble_root, h), h), WEAK_KEY),
    # Whatever an anchor is, the administrator trusts it; openssl at Debian's level 2 does not.
    "anchor-weak-key": trust(lambda m, h: pki.leaf(m.under(m.weak_root, h), h)).losing(67),
    "weak-digest-md4": untrust(
        lambda m, h: spelled.md4_signed(pki.leaf(m.rsa, h), m.rsa), "weak-digest"
    ),
}
