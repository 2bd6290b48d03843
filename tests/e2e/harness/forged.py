"""What a forged leaf must be."""

from datetime import UTC, datetime

from cryptography import x509

from . import asn1, pki

SHA256_ECDSA = bytes.fromhex("300a06082a8648ce3d040302")

BASIC_CONSTRAINTS, EXTENDED_USAGE = b"\x55\x1d\x13", b"\x55\x1d\x25"
SUBJECT_KEY, AUTHORITY_KEY, KEY_USAGE = b"\x55\x1d\x0e", b"\x55\x1d\x23", b"\x55\x1d\x0f"
LEAF_EXTENSIONS = {BASIC_CONSTRAINTS, EXTENDED_USAGE, SUBJECT_KEY, AUTHORITY_KEY, KEY_USAGE}
NO_NAMES = asn1.element(asn1.SEQUENCE, b"")


def assert_is_forged(leaf: asn1.Leaf, real: asn1.Leaf, signer: pki.Pair) -> None:
    """The leaf is the real certificate in all that a user looks at, and in nothing else. A list of
    no names at all is left out."""
    names = None if real.names == NO_NAMES else real.names
    assert leaf.der != real.der, "the server's own certificate: not decrypted"
    assert leaf.issuer == signer.leaf.subject, x509.load_der_x509_certificate(leaf.der).issuer
    assert (leaf.subject, leaf.names) == (real.subject, names)
    assert leaf.key not in (real.key, signer.leaf.key)
    assert 0 < leaf.serial < 1 << 159
    assert leaf.serial != real.serial
    expected = LEAF_EXTENSIONS | ({asn1.SUBJECT_ALT_NAME} if names is not None else set())
    assert set(leaf.extensions()) == expected
    start, end = _dates(leaf)
    real_start, real_end = _dates(real)
    assert start == real_start
    assert end == (real_end if real_end < pki.NOW else min(real_end, _dates(signer.leaf)[1]))
    assert_parses_strictly(leaf, signer)


def assert_parses_strictly(leaf: asn1.Leaf, signer: pki.Pair) -> None:
    forged = x509.load_der_x509_certificate(leaf.der)
    forged.verify_directly_issued_by(signer.certificate)
    assert leaf.signature_algorithm in (SHA256_ECDSA, pki.SHA256_RSA)
    try:
        names = forged.extensions
    except ValueError:  # names as unreadable as the real ones
        assert leaf.names and not leaf.names.isascii()
        return
    assert not names.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = names.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [pki.SERVER]
    if leaf.subject == asn1.element(asn1.SEQUENCE, b"") and leaf.names is not None:
        assert names.get_extension_for_class(x509.SubjectAlternativeName).critical


def _dates(leaf: asn1.Leaf) -> tuple[datetime, datetime]:
    start, end = leaf.dates
    return _date(start), _date(end)


def _date(written: bytes) -> datetime:
    """RFC 5280 section 4.1.2.5: years of two digits up to 49 are after 2000."""
    text = written.decode("ascii")
    if len(text) == 13:
        text = ("20" if text < "50" else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
