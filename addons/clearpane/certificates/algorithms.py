"""What a public key and a signature algorithm are called, and how strong they are.

Unknown ones are named by their dotted identifier or "unknown"; nothing here raises but `DerError`.
"""

from dataclasses import dataclass

from clearpane.certificates import der

# RFC 5480, RFC 5639 and SEC 2: name and size of the field in bits.
_CURVES = {
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.8": ("secp160r1", 160),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
_DIGESTS = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
}
_RSASSA_PSS = "1.2.840.113549.1.1.10"
_SIGNATURES = {
    "1.2.840.113549.1.1.2": ("md2WithRSAEncryption", "md2"),
    "1.2.840.113549.1.1.3": ("md4WithRSAEncryption", "md4"),
    "1.2.840.113549.1.1.4": ("md5WithRSAEncryption", "md5"),
    "1.2.840.113549.1.1.5": ("sha1WithRSAEncryption", "sha1"),
    "1.3.14.3.2.29": ("sha1WithRSA", "sha1"),
    "1.2.840.113549.1.1.14": ("sha224WithRSAEncryption", "sha224"),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", "sha256"),
    "1.2.840.113549.1.1.12": ("sha384WithRSAEncryption", "sha384"),
    "1.2.840.113549.1.1.13": ("sha512WithRSAEncryption", "sha512"),
    "1.2.840.10045.4.1": ("ecdsa-with-SHA1", "sha1"),
    "1.2.840.10045.4.3.1": ("ecdsa-with-SHA224", "sha224"),
    "1.2.840.10045.4.3.2": ("ecdsa-with-SHA256", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa-with-SHA384", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa-with-SHA512", "sha512"),
    "1.2.840.10040.4.3": ("dsa-with-SHA1", "sha1"),
    "2.16.840.1.101.3.4.3.1": ("dsa-with-SHA224", "sha224"),
    "2.16.840.1.101.3.4.3.2": ("dsa-with-SHA256", "sha256"),
    "1.3.101.112": ("ed25519", "sha512"),
    "1.3.101.113": ("ed448", "shake256"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """`type` is rsa, rsa-pss, ec, ed25519, ed448, dsa or unknown; `curve` is empty but for ec."""

    type: str
    bits: int = 0
    curve: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """`name` as OpenSSL prints it, or the dotted identifier; `digest` is empty if not known."""

    name: str
    digest: str = ""


def key(spki: bytes) -> Key:
    """What a SubjectPublicKeyInfo (DER) holds; a key that can't be read is "unknown"."""
    try:
        algorithm, bits = list(der.items(der.only(spki, der.SEQUENCE).content))
        identifier, *parameters = der.items(der.expect(algorithm, der.SEQUENCE).content)
        public = der.expect(bits, der.BIT_STRING).content[1:]
        return _key(der.read_oid(identifier.content), parameters, public)
    except ValueError:
        return Key("unknown")


def _key(identifier: str, parameters: list[der.Element], public: bytes) -> Key:
    match identifier:
        case "1.2.840.113549.1.1.1":
            return Key("rsa", _first_integer_bits(public))
        case "1.2.840.113549.1.1.10":
            return Key("rsa-pss", _first_integer_bits(public))
        case "1.2.840.10045.2.1":
            curve, size = _CURVES.get(_named_curve(parameters), ("", _point_bits(public)))
            return Key("ec", size, curve)
        case "1.3.101.112":
            return Key("ed25519", 256)
        case "1.3.101.113":
            return Key("ed448", 456)
        case "1.2.840.10040.4.1":
            return Key("dsa", _first_integer_bits(parameters[0].raw) if parameters else 0)
    return Key("unknown")


def _first_integer_bits(sequence: bytes) -> int:
    number, _ = der.first(der.only(sequence, der.SEQUENCE).content)
    return der.read_integer(der.expect(number, der.INTEGER).content).bit_length()


def _named_curve(parameters: list[der.Element]) -> str:
    """Empty for a curve that is spelled out."""
    if len(parameters) != 1 or parameters[0].tag != der.OID:
        return ""
    return der.read_oid(parameters[0].content)


def _point_bits(public: bytes) -> int:
    """The size of the field, told by the size of a point; compressed points hold one coordinate."""
    coordinates = 2 if public[:1] == b"\x04" else 1
    return (len(public) - 1) // coordinates * 8


def signature(algorithm: bytes) -> Signature:
    """What the content of an AlgorithmIdentifier names; raises DerError if it has no identifier."""
    identifier, rest = der.first(algorithm)
    dotted = der.read_oid(der.expect(identifier, der.OID).content)
    if dotted == _RSASSA_PSS:
        return Signature("rsassaPss", _pss_digest(rest))
    return Signature(*_SIGNATURES.get(dotted, (dotted, "")))


def _pss_digest(parameters: bytes) -> str:
    """RFC 4055 section 3.1: an absent hashAlgorithm is SHA-1."""
    try:
        for part in der.items(der.only(parameters, der.SEQUENCE).content if parameters else b""):
            if part.tag == der.context(0):
                algorithm = der.only(part.content, der.SEQUENCE)
                identifier, _ = der.first(algorithm.content)
                return _DIGESTS.get(der.read_oid(identifier.content), "")
    except der.DerError:
        return ""
    return "sha1"
