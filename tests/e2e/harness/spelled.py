"""Certificates spelled out field by field, for what no certificate library writes."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import chains
from clearpane.certificates import der

from . import asn1, pki
from .pki import Pair

MD4_RSA = bytes.fromhex("300d06092a864886f70d0101030500")


def party(pair: Pair) -> chains.Party:
    return chains.Party(pair.leaf.subject, pair.key, pair.der)


def made(issuer: Pair | None, host: str, **changes: object) -> Pair:
    """A server's certificate for `host` but for the fields of `chains.Spec` that are given."""
    spec = chains.Spec(
        **{  # type: ignore[arg-type]
            "subject": chains.name(host),
            "extensions": (chains.san(host), chains.purpose(chains.SERVER_AUTH)),
            "serial": int.from_bytes(host.encode()[:8]),
            **changes,
        }
    )
    found = chains.issue(party(issuer) if issuer else None, spec)
    return Pair(found.der, found.key, pki.above(issuer), found.key_pem if spec.pss else b"")


def authority(issuer: Pair | None, name: str, **changes: object) -> Pair:
    """A root, or an intermediate under `issuer`, with nothing in it but what makes it one."""
    extensions = (chains.constraints(ca=True), chains.CERT_SIGN)
    return made(issuer, name, **{"extensions": extensions, **changes})


def key_of(kind: str) -> Callable[[], chains.Key]:
    """A maker of keys: p384, p521, or rsa with its size."""
    if kind.startswith("rsa"):
        return lambda: rsa_of(int(kind[3:]))
    return lambda: ec.generate_private_key(ec.SECP521R1() if kind == "p521" else ec.SECP384R1())


def rsa_of(bits: int) -> rsa.RSAPrivateKey:
    """The library makes none below 1024 bits; the openssl program still does from 512 on."""
    if bits >= 1024:
        return rsa.generate_private_key(65537, bits)
    made = subprocess.run(
        ["openssl", "genrsa", str(bits)], capture_output=True, timeout=30, check=True
    )
    key = load_pem_private_key(made.stdout, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def md4_signed(pair: Pair, issuer: Pair) -> Pair:
    """`pair` signed with MD4, which libraries have forgotten and the openssl program has not."""
    tbs = pair.leaf.tbs.raw.replace(pair.leaf.signature_algorithm, MD4_RSA)
    command = ["openssl", "dgst", "-md4", "-provider", "legacy", "-provider", "default", "-sign"]
    with TemporaryDirectory() as folder:
        key = Path(folder) / "key.pem"
        key.write_bytes(issuer.key_pem)
        signed = subprocess.run(
            [*command, str(key)],
            input=tbs,
            capture_output=True,
            timeout=30,
            check=True,
        )
    bits = asn1.element(asn1.BIT_STRING, b"\0" + signed.stdout)
    return Pair(asn1.element(asn1.SEQUENCE, tbs + MD4_RSA + bits), pair.key, pair.chain)


def identifier(of: bytes) -> bytes:
    """An authorityKeyIdentifier with this keyIdentifier."""
    value = der.sequence(der.element(der.context(0, False), of))
    return chains.extension("2.5.29.35", value)
