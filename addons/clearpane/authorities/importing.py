"""Certificates and keys out of the files that other tools write.

PEM with or without "Bag Attributes" text, DER, PKCS#7 and PKCS#12 are told apart by what is inside,
never by the file's name. What can't be read is one problem with its cure.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from clearpane.authorities.authority import matches
from clearpane.authorities.keys import EdwardsKey, PrivateKey, ServerKey
from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate
from clearpane.errors import ClearpaneError, Problem

_KEY_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z ]*PRIVATE KEY)-----.*?-----END (?P=label)-----", re.DOTALL
)
_PKCS7_BLOCK = re.compile(rb"-----BEGIN PKCS7-----(?P<body>[^-]*)-----END PKCS7-----")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class PassphraseNeededError(ClearpaneError):
    """The file is encrypted and no passphrase was given: ask for it and read again."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, in its order; certificates in DER. `edwards` are keys that a server may
    have and an authority may not."""

    keys: tuple[PrivateKey, ...] = ()
    certificates: tuple[bytes, ...] = ()
    edwards: tuple[EdwardsKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key, and the other certificates that came along (DER)."""

    certificate: Certificate
    key: PrivateKey
    others: tuple[bytes, ...] = ()


def read(data: bytes, place: str, passphrase: bytes | None = None) -> Contents:
    """What is in an authority's file. Raises ClearpaneError; PassphraseNeededError where an
    encrypted part needs a passphrase. One for what is not encrypted is ignored."""
    found = read_server(data, place, passphrase)
    if found.edwards:
        raise _refusal(
            place, "the key is neither RSA nor ECDSA", "clients accept no other authority: use one"
        )
    return found


def read_server(data: bytes, place: str, passphrase: bytes | None = None) -> Contents:
    """The same for a server's file, which may have an Ed25519 or Ed448 key."""
    if data.startswith(_UTF_16):  # what PowerShell's redirection makes of PEM
        data = data.decode("utf-16", errors="replace").encode()
    if b"-----BEGIN " in data:
        return _read_pem(data, place, passphrase)
    return _read_der(data, place, passphrase)


def pair(contents: Contents, place: str, spare_keys: Iterable[PrivateKey] = ()) -> Pair:
    """The certificate and the key that belong together; raises ClearpaneError.

    `spare_keys` are tried where the contents have no key: that of a request that was signed.
    """
    certificates = [_parsed(found, place) for found in contents.certificates]
    if not certificates:
        raise _refusal(place, "there is no certificate in this file")
    candidates = contents.keys or tuple(spare_keys)
    for key, certificate in product(candidates, certificates):
        if matches(certificate, key):
            others = dict.fromkeys(c.der for c in certificates if c != certificate)
            return Pair(certificate, key, tuple(others))
    if contents.keys:
        raise _refusal(place, "the key does not belong to the certificate")
    raise _refusal(
        place,
        f"there is no key for {certificates[0].subject_name or 'this certificate'}",
        "name its file with --key; the key of a request lies where `clearpane ca csr` was run",
    )


def _read_pem(text: bytes, place: str, passphrase: bytes | None) -> Contents:
    try:
        blocks = pem.certificates(text)
        for block in _PKCS7_BLOCK.finditer(text):
            blocks.append(base64.b64decode(b"".join(block["body"].split()), validate=True))
    except ValueError as error:
        raise _refusal(place, f"a certificate cannot be read: {error}") from error
    # Windows (certutil -encode) says CERTIFICATE above whatever it encodes.
    certificates = [
        certificate
        for block in blocks
        for certificate in (_pkcs7(block, place) if _kind(block) == "pkcs7" else (block,))
    ]
    keys = [_read_key(block.group(), place, passphrase) for block in _KEY_BLOCK.finditer(text)]
    return _contents(keys, certificates)


def _read_der(data: bytes, place: str, passphrase: bytes | None) -> Contents:
    kind = _kind(data)
    if kind == "certificate":
        return Contents(certificates=(data,))
    if kind == "pkcs7":
        return Contents(certificates=_pkcs7(data, place))
    if kind == "pkcs12":
        return _read_pkcs12(data, place, passphrase)
    if kind == "key":
        return _contents([_read_key(data, place, passphrase)])
    raise _refusal(
        place, "this is neither PEM nor PKCS#12, nor a certificate in DER", "export it again as PEM"
    )


def _kind(data: bytes) -> str:
    """What DER without a name is: RFC 5280, 5652, 7292 and 5958 differ in how they begin."""
    # PKCS#12 files of Java or old Windows may be BER with indefinite lengths.
    if data.startswith(b"\x30\x80"):
        return "pkcs12"
    try:
        beginning = der.first(der.only(data, der.SEQUENCE).content)[0]
        if beginning.tag == der.SEQUENCE:
            is_algorithm = der.first(beginning.content)[0].tag == der.OID
            return "key" if is_algorithm else "certificate"
    except der.DerError:
        return "unknown"
    if beginning.tag == der.INTEGER:
        return "pkcs12" if beginning.content == b"\x03" else "key"
    return "pkcs7" if beginning.tag == der.OID else "unknown"


def _pkcs7(data: bytes, place: str) -> tuple[bytes, ...]:
    """The certificates of signed data (RFC 2315 section 9.1), which nearly all tools sort by their
    own lights: no reader that insists on DER's order will do."""
    try:
        _type, content = der.items(der.only(data, der.SEQUENCE).content)
        signed = der.only(der.expect(content, der.context(0)).content, der.SEQUENCE)
        bags = [part for part in der.items(signed.content) if part.tag == der.context(0)]
        return tuple(found.raw for bag in bags for found in der.items(bag.content))
    except ValueError as error:
        raise _refusal(place, f"the PKCS#7 file cannot be read: {error}") from error


def _read_pkcs12(data: bytes, place: str, passphrase: bytes | None) -> Contents:
    try:
        found = pkcs12.load_pkcs12(data, passphrase)
    except UnsupportedAlgorithm as error:
        raise _refusal(
            place,
            f"the PKCS#12 file is encrypted in a way that is not supported: {error}",
            "convert it: openssl pkcs12 -legacy -in FILE -nodes -out FILE.pem",
        ) from error
    except ValueError as error:
        if "password" not in str(error):
            raise _refusal(place, "the PKCS#12 file is damaged", "export it again") from error
        raise _wrong_passphrase(place, passphrase) from error
    certificates = [c for c in (found.cert, *found.additional_certs) if c is not None]
    keys = [] if found.key is None else [_accepted(found.key, place)]
    return _contents(keys, [c.certificate.public_bytes(Encoding.DER) for c in certificates])


def _contents(keys: Iterable[ServerKey], certificates: Iterable[bytes] = ()) -> Contents:
    signing: list[PrivateKey] = []
    edwards: list[EdwardsKey] = []
    for key in keys:
        if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            signing.append(key)
        else:
            edwards.append(key)
    return Contents(tuple(signing), tuple(certificates), tuple(edwards))


def _read_key(data: bytes, place: str, passphrase: bytes | None) -> ServerKey:
    try:
        return _accepted(_load_key(data, passphrase), place)
    except UnsupportedAlgorithm as error:
        raise _refusal(place, f"the key is not supported: {error}") from error
    except TypeError as error:
        raise _wrong_passphrase(place, None) from error
    except ValueError as error:
        if "password" in str(error).lower():
            raise _wrong_passphrase(place, passphrase) from error
        raise _refusal(place, "the key cannot be read", "export it again as PKCS#8") from error


def _load_key(data: bytes, passphrase: bytes | None) -> object:
    """`load_*` raise TypeError for a passphrase that is missing, and for one that is not needed."""
    load = load_pem_private_key if data.startswith(b"-----") else load_der_private_key
    try:
        return load(data, passphrase or None)
    except TypeError:
        if not passphrase:
            raise
        return load(data, None)


def _accepted(key: object, place: str) -> ServerKey:
    if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return key
    raise _refusal(place, "the key is neither RSA nor ECDSA", "use one that clients accept")


def _parsed(certificate: bytes, place: str) -> Certificate:
    try:
        return Certificate.parse(certificate)
    except der.DerError as error:
        raise _refusal(place, f"a certificate cannot be read: {error}") from error


def _wrong_passphrase(place: str, passphrase: bytes | None) -> ClearpaneError:
    if passphrase is None:
        return PassphraseNeededError(
            Problem(place, "a passphrase is needed", "use --passphrase-file")
        )
    return _refusal(place, "the passphrase is wrong")


def _refusal(place: str, message: str, cure: str = "") -> ClearpaneError:
    return ClearpaneError(Problem(place, message, cure))
