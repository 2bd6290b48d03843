from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from clearpane.authorities import export, importing, keys, make
from clearpane.authorities.authority import Authority
from clearpane.authorities.importing import Contents, PassphraseNeededError
from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate
from clearpane.errors import ClearpaneError

type OpenSSL = Callable[..., str]
type Signed = Callable[..., Certificate]

P12 = ("pkcs12", "-export", "-inkey", "ca.key", "-in", "ca.crt", "-certfile", "chain.crt")
TRADITIONAL = ("pkey", "-in", "ca.key", "-traditional")
PKCS8 = ("pkcs8", "-topk8", "-in", "ca.key")


@pytest.fixture(params=["ec-p256", "rsa-2048"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, company: Authority, signed: Signed
) -> importing.Pair:
    """A subordinate authority and its root, as ca.key, ca.crt and chain.crt in `tmp_path`."""
    key = make.new_key(make.KeyKind(request.param))
    own = signed("Own CA", key, company)
    (tmp_path / "ca.key").write_bytes(make.key_pem(key))
    (tmp_path / "ca.crt").write_text(pem.to_pem(own.der))
    (tmp_path / "chain.crt").write_text(pem.to_pem(company.certificate.der))
    return importing.Pair(own, key, (company.certificate.der,))


def assert_is(found: importing.Pair, expected: importing.Pair, *, chain: bool = True) -> None:
    assert found.certificate == expected.certificate
    assert keys.public_key(found.key) == keys.public_key(expected.key)
    assert found.others == (expected.others if chain else ())


def taken(folder: Path, *files: str, passphrase: bytes | None = None) -> importing.Pair:
    found = [importing.read((folder / f).read_bytes(), f, passphrase) for f in files]
    together = Contents(sum((c.keys for c in found), ()), sum((c.certificates for c in found), ()))
    return importing.pair(together, files[0])


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("-passout", "pass:secret"), id="as openssl 3 makes it"),
        pytest.param(("-passout", "pass:secret", "-legacy"), id="RC2 and SHA-1, as of old"),
        pytest.param(
            (
                "-passout",
                "pass:secret",
                "-certpbe",
                "PBE-SHA1-3DES",
                "-keypbe",
                "PBE-SHA1-3DES",
                "-macalg",
                "sha1",
            ),
            id="3DES, as Windows exports it",
        ),
        pytest.param(
            (
                "-passout",
                "pass:secret",
                "-certpbe",
                "AES-256-CBC",
                "-keypbe",
                "AES-256-CBC",
                "-macalg",
                "sha256",
                "-name",
                "Friendly Name",
            ),
            id="AES, as a newer Windows exports it, with a friendly name",
        ),
        pytest.param(("-passout", "pass:secret", "-nomac"), id="without a checksum"),
        pytest.param(("-passout", "pass:secret", "-keypbe", "NONE"), id="the key not encrypted"),
    ],
)
def test_pkcs12_is_read_with_its_chain(
    options: tuple[str, ...], pair: importing.Pair, openssl: OpenSSL, tmp_path: Path
) -> None:
    openssl(*P12, *options, "-out", "ca.p12")
    assert_is(taken(tmp_path, "ca.p12", passphrase=b"secret"), pair)
    with pytest.raises(PassphraseNeededError, match="a passphrase is needed"):
        taken(tmp_path, "ca.p12")
    with pytest.raises(ClearpaneError, match=r"^ca\.p12: error: the passphrase is wrong$"):
        taken(tmp_path, "ca.p12", passphrase=b"wrong")


def test_pkcs12_with_an_empty_passphrase_needs_none(
    pair: importing.Pair, openssl: OpenSSL, tmp_path: Path
) -> None:
    openssl(*P12, "-passout", "pass:", "-out", "ca.p12")
    assert_is(taken(tmp_path, "ca.p12"), pair)
    assert_is(taken(tmp_path, "ca.p12", passphrase=b""), pair)


@pytest.mark.parametrize("legacy", [(), ("-legacy",)])
def test_what_openssl_makes_of_pkcs12_is_read_in_two_files_and_in_one(
    legacy: tuple[str, ...], pair: importing.Pair, openssl: OpenSSL, tmp_path: Path
) -> None:
    openssl(*P12, *legacy, "-passout", "pass:secret", "-name", "My CA", "-out", "ca.p12")
    opened = ("pkcs12", "-in", "ca.p12", *legacy, "-passin", "pass:secret")
    openssl(*opened, "-nokeys", "-out", "certs.pem")
    openssl(*opened, "-nocerts", "-passout", "pass:other", "-out", "key.pem")
    openssl(*opened, "-nodes", "-out", "all.pem")
    assert "Bag Attributes" in (tmp_path / "key.pem").read_text()
    assert "ENCRYPTED" in (tmp_path / "key.pem").read_text()
    assert_is(taken(tmp_path, "certs.pem", "key.pem", passphrase=b"other"), pair)
    assert_is(taken(tmp_path, "all.pem"), pair)
    with pytest.raises(PassphraseNeededError):
        taken(tmp_path, "certs.pem", "key.pem")
    with pytest.raises(ClearpaneError, match=r"^key\.pem: error: the passphrase is wrong$"):
        taken(tmp_path, "certs.pem", "key.pem", passphrase=b"wrong")


@pytest.mark.parametrize(
    ("command", "passphrase"),
    [
        pytest.param((*PKCS8, "-nocrypt"), None, id="PKCS#8"),
        pytest.param((*PKCS8, "-nocrypt", "-outform", "DER"), None, id="PKCS#8 in DER"),
        pytest.param((*PKCS8, "-passout", "pass:x"), b"x", id="PKCS#8, encrypted"),
        pytest.param((*PKCS8, "-passout", "pass:x", "-outform", "DER"), b"x", id="the same in DER"),
        pytest.param((*PKCS8, "-passout", "pass:x", "-v2", "des3"), b"x", id="PKCS#8 with 3DES"),
        pytest.param(TRADITIONAL, None, id="the traditional form"),
        pytest.param(
            (*TRADITIONAL, "-aes256", "-passout", "pass:x"), b"x", id="the same, encrypted"
        ),
        pytest.param((*TRADITIONAL, "-outform", "DER"), None, id="the same in DER"),
    ],
)
def test_a_key_is_read_in_each_of_its_forms(
    command: tuple[str, ...],
    passphrase: bytes | None,
    pair: importing.Pair,
    openssl: OpenSSL,
    tmp_path: Path,
) -> None:
    openssl(*command, "-out", "other.key")
    found = taken(tmp_path, "ca.crt", "other.key", passphrase=passphrase)
    assert_is(found, pair, chain=False)
    for needless in (b"needless", b"") if passphrase is None else ():
        found = taken(tmp_path, "ca.crt", "other.key", passphrase=needless)
        assert_is(found, pair, chain=False)


def test_an_ecdsa_key_with_its_parameters_before_it(openssl: OpenSSL, tmp_path: Path) -> None:
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-out", "ec.key")
    assert b"EC PARAMETERS" in (tmp_path / "ec.key").read_bytes()
    (key,) = importing.read((tmp_path / "ec.key").read_bytes(), "ec.key").keys
    assert isinstance(key, ec.EllipticCurvePrivateKey)


@pytest.mark.parametrize("order", ["certificate first", "key first", "root first"])
def test_one_file_may_hold_all_in_any_order(
    order: str, pair: importing.Pair, tmp_path: Path
) -> None:
    parts = {
        "certificate first": ("ca.crt", "ca.key", "chain.crt"),
        "key first": ("ca.key", "ca.crt", "chain.crt"),
        "root first": ("chain.crt", "ca.crt", "ca.key"),
    }
    whole = b"".join((tmp_path / part).read_bytes() for part in parts[order])
    (tmp_path / "all.pem").write_bytes(b"a comment\r\n" + whole.replace(b"\n", b"\r\n"))
    assert_is(taken(tmp_path, "all.pem"), pair)


def test_pem_that_powershell_redirected_is_utf_16(pair: importing.Pair, tmp_path: Path) -> None:
    text = (tmp_path / "ca.crt").read_text() + (tmp_path / "ca.key").read_text()
    (tmp_path / "all.pem").write_bytes(text.encode("utf-16"))
    assert_is(taken(tmp_path, "all.pem"), pair, chain=False)


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_the_chain_that_a_microsoft_ca_hands_out_is_read(
    form: str, pair: importing.Pair, openssl: OpenSSL, tmp_path: Path
) -> None:
    openssl(
        "crl2pkcs7",
        "-nocrl",
        "-certfile",
        "chain.crt",
        "-certfile",
        "ca.crt",
        "-outform",
        form,
        "-out",
        "certnew.p7b",
    )
    assert_is(taken(tmp_path, "certnew.p7b", "ca.key"), pair)


def test_windows_says_certificate_above_a_chain_too(
    pair: importing.Pair, openssl: OpenSSL, tmp_path: Path
) -> None:
    openssl("crl2pkcs7", "-nocrl", "-certfile", "ca.crt", "-certfile", "chain.crt", "-out", "x.p7b")
    text = (tmp_path / "x.p7b").read_text().replace("PKCS7", "CERTIFICATE")
    (tmp_path / "x.p7b").write_text(text)
    assert_is(taken(tmp_path, "x.p7b", "ca.key"), pair)


def test_what_we_export_is_read(pair: importing.Pair, tmp_path: Path) -> None:
    for form in export.Format:
        encoded = export.encode([pair.certificate, Certificate.parse(pair.others[0])], form)
        (tmp_path / "exported").write_bytes(encoded)
        found = taken(tmp_path, "exported", "ca.key")
        assert_is(found, pair, chain=form is export.Format.P7B)


def test_the_key_of_a_request_is_tried_where_none_came_along(pair: importing.Pair) -> None:
    came = Contents(certificates=(*pair.others, pair.certificate.der))
    stranger = make.new_key(make.KeyKind.EC_P256)
    assert_is(importing.pair(came, "f", [stranger, pair.key]), pair)
    with pytest.raises(ClearpaneError, match=r"no key for CN=Company Root .*--key"):
        importing.pair(came, "f", [stranger])


def test_a_key_that_came_along_is_not_replaced_by_another(pair: importing.Pair) -> None:
    came = Contents((make.new_key(make.KeyKind.EC_P256),), (pair.certificate.der,))
    with pytest.raises(ClearpaneError, match=r"^f: error: the key does not belong to the"):
        importing.pair(came, "f", [pair.key])


def test_without_a_certificate_there_is_no_pair(pair: importing.Pair) -> None:
    with pytest.raises(ClearpaneError, match="no certificate in this file"):
        importing.pair(Contents((pair.key,)), "f")


def test_a_certificate_that_is_none_inside_is_named(pair: importing.Pair) -> None:
    with pytest.raises(ClearpaneError, match=r"^f: error: a certificate cannot be read"):
        importing.pair(Contents((pair.key,), (b"\x30\x00",)), "f")


def block(label: str, body: str) -> bytes:
    # The label is put in at run time: no file of the house may look like a key.
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "neither PEM nor PKCS#12", id="an empty file"),
        pytest.param(b"\x00\xff" * 50, "neither PEM nor PKCS#12", id="rubbish"),
        pytest.param(b"hello\n", "neither PEM nor PKCS#12", id="text"),
        pytest.param(der.sequence(), "neither PEM nor PKCS#12", id="an empty sequence"),
        pytest.param(
            der.sequence(der.octet_string(b"x")), "neither PEM", id="something else in DER"
        ),
        pytest.param(der.sequence(der.integer(3)), "PKCS#12 file is damaged", id="half a PKCS#12"),
        pytest.param(b"\x30\x80\x02\x01\x03", "PKCS#12 file is damaged", id="half of one in BER"),
        pytest.param(der.sequence(der.integer(0)), "key cannot be read", id="half a key in DER"),
        pytest.param(der.sequence(der.oid("1.2.3")), "PKCS#7 file cannot", id="half a PKCS#7"),
        pytest.param(block("CERTIFICATE", "!!!"), "certificate cannot be", id="no base64"),
        pytest.param(block("PKCS7", "A"), "certificate cannot be read", id="PKCS#7 no base64"),
        pytest.param(block("PKCS7", "MAUGAyoDBA=="), "PKCS#7 file cannot", id="no PKCS#7 inside"),
        pytest.param(
            block("PRIVATE " + "KEY", "AAAA"), "the key cannot be read", id="no key inside"
        ),
        pytest.param(
            block("PRIVATE " + "KEY", "!"), "the key cannot be read", id="a key no base64"
        ),
        pytest.param(
            block("ENCRYPTED PRIVATE " + "KEY", "AAAA"),
            "the key cannot be read",
            id="no key at all",
        ),
    ],
)
@pytest.mark.parametrize("passphrase", [None, b"secret"])
def test_what_cannot_be_read_is_one_clear_line(
    data: bytes, message: str, passphrase: bytes | None
) -> None:
    with pytest.raises(ClearpaneError, match=message) as caught:
        importing.read(data, "my.pfx", passphrase)
    assert str(caught.value).startswith("my.pfx: error: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["ed25519", "ed448"])
def test_a_server_may_have_a_key_that_no_authority_has(
    kind: str, openssl: OpenSSL, tmp_path: Path
) -> None:
    openssl("genpkey", "-algorithm", kind, "-out", "key.pem")
    openssl("pkey", "-in", "key.pem", "-outform", "DER", "-out", "key.der")
    openssl("req", "-x509", "-key", "key.pem", "-subj", "/CN=www.test", "-out", "www.crt")
    p12 = ("pkcs12", "-export", "-inkey", "key.pem", "-in", "www.crt", "-passout", "pass:")
    openssl(*p12, "-out", "www.p12")
    for file in ("key.pem", "key.der", "www.p12"):
        found = importing.read_server((tmp_path / file).read_bytes(), file)
        assert (found.keys, len(found.edwards)) == ((), 1)


@pytest.mark.parametrize("kind", ["ed25519", "ed448", "x25519"])
def test_keys_of_other_kinds_are_refused(kind: str, openssl: OpenSSL, tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", kind, "-out", "key.pem")
    with pytest.raises(ClearpaneError, match="neither RSA nor ECDSA"):
        importing.read((tmp_path / "key.pem").read_bytes(), "key.pem")


def test_an_rsa_key_is_one(rsa_trust: Authority) -> None:
    (key,) = importing.read(make.key_pem(rsa_trust.key), "f").keys
    assert isinstance(key, rsa.RSAPrivateKey)
