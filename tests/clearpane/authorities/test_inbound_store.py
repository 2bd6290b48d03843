"""What ca/inbound/ may hold, and the one clear line for each slip."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from chains import Party, Spec, authority, issue
from clearpane.authorities import inbound_store, store
from clearpane.authorities.inbound import Found
from clearpane.certificates import der, pem
from clearpane.errors import Problems

ROOT = authority(None, "Root")
ISSUING = authority(ROOT, "Issuing")
SERVER = issue(ISSUING, Spec())
CHAIN = (ISSUING,)

type Put = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`ca`, as an administrator in the installation's folder calls it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca" / "inbound").mkdir(parents=True)
    return Path("ca")


@pytest.fixture
def put(folder: Path) -> Put:
    def write(name: str, content: bytes, mode: int = 0o600) -> Path:
        path = folder / "inbound" / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return write


def certificates(*parties: Party) -> bytes:
    return "".join(pem.to_pem(party.der) for party in parties).encode()


def encrypted(party: Party, passphrase: bytes) -> bytes:
    encryption = BestAvailableEncryption(passphrase)
    return party.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def p12(party: Party, *chain: Party, passphrase: bytes = b"") -> bytes:
    known, *above = (x509.load_der_x509_certificate(each.der) for each in (party, *chain))
    how: KeySerializationEncryption = NoEncryption()
    if passphrase:
        how = BestAvailableEncryption(passphrase)
    return pkcs12.serialize_key_and_certificates(b"www", party.key, known, above, how)


def read(folder: Path, now: datetime) -> tuple[Found, list[str]]:
    problems = Problems()
    found = inbound_store.load_inbound(folder, now, problems)
    return found, [str(problem) for problem in problems.found]


def assert_is_server(found: Found, name: str = "www", suffix: str = ".crt") -> None:
    made = found[name]
    assert made is not None
    assert (made.name, made.certificate.der) == (name, SERVER.der)
    assert made.chain == (ISSUING.der,)
    assert made.key.public_key() == SERVER.key.public_key()
    assert made.file == f"ca/inbound/{name}{suffix}"


def test_no_folder_is_no_certificate(folder: Path, now: datetime) -> None:
    (folder / "inbound").rmdir()
    assert read(folder, now) == ({}, [])


@pytest.mark.parametrize("name", ["www", "www.example.com", "WWW 1"])
def test_a_pair_in_pem(name: str, put: Put, folder: Path, now: datetime) -> None:
    put(f"{name}.crt", certificates(SERVER, ISSUING, ROOT), 0o644)
    put(f"{name}.key", SERVER.key_pem)
    found, said = read(folder, now)
    assert said == []
    assert_is_server(found, name)


@pytest.mark.parametrize(
    "passphrase",
    [
        pytest.param(None, id="no passphrase and no file for it"),
        pytest.param(b"secret", id="a passphrase without a line end"),
        pytest.param(b"secret\nnotes\n", id="the first line of several"),
        pytest.param(b"secret\r\n", id="a line end of Windows"),
    ],
)
def test_pkcs12(passphrase: bytes | None, put: Put, folder: Path, now: datetime) -> None:
    put("www.p12", p12(SERVER, *CHAIN, ROOT, passphrase=b"secret" if passphrase else b""))
    if passphrase:
        put("www.pass", passphrase)
    found, said = read(folder, now)
    assert said == []
    assert_is_server(found, suffix=".p12")


def test_an_encrypted_key_is_opened_too(put: Put, folder: Path, now: datetime) -> None:
    put("www.crt", certificates(SERVER, ISSUING))
    put("www.key", encrypted(SERVER, b"secret"))
    put("www.pass", b"secret\n")
    found, said = read(folder, now)
    assert said == []
    assert_is_server(found)


def test_a_servers_key_may_be_ed25519(put: Put, folder: Path, now: datetime) -> None:
    server = issue(ISSUING, Spec(key=ed25519.Ed25519PrivateKey.generate))
    put("www.crt", certificates(server))
    put("www.key", server.key_pem)
    found, said = read(folder, now)
    assert said == []
    made = found["www"]
    assert made is not None and isinstance(made.key, ed25519.Ed25519PrivateKey)


def test_several_servers_and_what_is_passed_over(put: Put, folder: Path, now: datetime) -> None:
    for name in ("www", "mail"):
        put(f"{name}.crt", certificates(SERVER))
        put(f"{name}.key", SERVER.key_pem)
    put(".www.key.swp", b"an editor's")
    put("README.md", b"notes")
    found, said = read(folder, now)
    assert (sorted(found), said) == (["mail", "www"], [])


def test_files_of_other_names_are_pointed_out(put: Put, folder: Path, now: datetime) -> None:
    put("www.pfx", p12(SERVER))
    put("mail.pass", b"secret")
    (folder / "inbound" / "old").mkdir()
    found, said = read(folder, now)
    assert found == {}
    assert said == [
        "ca/inbound/old: warning: this is not read (name it NAME.crt and NAME.key, or NAME.p12)",
        "ca/inbound/www.pfx: warning: this is not read (name it NAME.crt and NAME.key, or "
        "NAME.p12)",
        "ca/inbound/mail.pass: warning: there is nothing that this passphrase opens (remove it)",
    ]


PAIR = {"www.crt": certificates(SERVER, ISSUING), "www.key": SERVER.key_pem}
ENCRYPTED = {"www.crt": PAIR["www.crt"], "www.key": encrypted(SERVER, b"secret")}
LOCKED = {"www.p12": p12(SERVER, passphrase=b"secret")}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {"www.crt": PAIR["www.crt"]},
            "www.key: error: this file is missing (put the certificate's key there)",
            id="half a pair: the certificate",
        ),
        pytest.param(
            {"www.key": PAIR["www.key"]},
            "www.crt: error: this file is missing (put the server's certificate with its chain "
            "there)",
            id="half a pair: the key",
        ),
        pytest.param(
            {**PAIR, "www.p12": p12(SERVER)},
            "www.p12: error: the name www is taken by its .crt and .key (",
            id="one name twice",
        ),
        pytest.param(
            {"www.crt": PAIR["www.crt"], "www.p12": p12(SERVER)},
            "www.p12: error: the name www is taken by its .crt and .key (",
            id="one name one and a half times",
        ),
        pytest.param(
            {"www.crt": PAIR["www.crt"] + SERVER.key_pem, "www.key": SERVER.key_pem},
            "www.crt: error: a private key stands in this file, which is not secret (move it to",
            id="the key in the certificate's file",
        ),
        pytest.param(
            ENCRYPTED,
            "www.key: error: this file is encrypted, and at the start there is nobody to ask "
            "(put its passphrase in ca/inbound/www.pass with mode 0600)",
            id="an encrypted key",
        ),
        pytest.param(
            LOCKED,
            "www.p12: error: this file is encrypted, and at the start there is nobody to ask "
            "(put its passphrase in ca/inbound/www.pass with mode 0600)",
            id="an encrypted PKCS#12",
        ),
        pytest.param(
            {**LOCKED, "www.pass": b"wrong"},
            "www.p12: error: the passphrase is wrong (",
            id="a wrong passphrase for PKCS#12",
        ),
        pytest.param(
            {**ENCRYPTED, "www.pass": b"wrong"},
            "www.key: error: the passphrase is wrong (",
            id="a wrong passphrase for a key",
        ),
        pytest.param(
            {**PAIR, "www.key": issue(None, Spec()).key_pem},
            "www.key: error: the key does not belong to the certificate in ca/inbound/www.crt (",
            id="another key",
        ),
        pytest.param(
            {**PAIR, "www.crt": b"rubbish"},
            "www.crt: error: this is neither PEM nor PKCS#12",
            id="rubbish for a certificate",
        ),
        pytest.param(
            {**PAIR, "www.key": b""},
            "www.key: error: this is neither PEM nor PKCS#12",
            id="an empty key",
        ),
        pytest.param(
            {**PAIR, "www.crt": bytes((1 << 20) + 1)},
            "www.crt: error: this file has over 1 MiB",
            id="a file that holds something else",
        ),
    ],
)
def test_a_slip_is_one_error_with_its_cure(
    files: dict[str, bytes], message: str, put: Put, folder: Path, now: datetime
) -> None:
    for name, content in files.items():
        put(name, content)
    found, said = read(folder, now)
    assert found == {"www": None}
    assert len(said) == 1
    assert said[0].startswith(f"ca/inbound/{message}")
    assert said[0].endswith(")")


@pytest.mark.parametrize("secret", ["www.key", "www.pass", "mail.p12"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_refused(
    secret: str, mode: int, put: Put, folder: Path, now: datetime
) -> None:
    for name, content in ENCRYPTED.items():
        put(name, content)
    put("www.pass", b"secret")
    put("mail.p12", p12(SERVER))
    (folder / "inbound" / secret).chmod(mode)
    found, said = read(folder, now)
    assert found[secret.partition(".")[0]] is None
    assert said == [
        f"ca/inbound/{secret}: error: others than its owner can read this file (mode {mode:04o}) "
        f"(chmod 600 ca/inbound/{secret})"
    ]


def test_a_folder_or_a_broken_link_is_no_file(put: Put, folder: Path, now: datetime) -> None:
    put("www.key", SERVER.key_pem)
    (folder / "inbound" / "www.crt").mkdir()
    (folder / "inbound" / "mail.p12").symlink_to("nowhere")
    found, said = read(folder, now)
    assert found == {"www": None, "mail": None}
    assert said == [
        "ca/inbound/mail.p12: error: this file cannot be read: No such file or directory "
        "(make it readable for the gateway's user)",
        "ca/inbound/www.crt: error: this is no plain file (put the file itself there)",
    ]


def test_what_openssl_cannot_load_is_refused(put: Put, folder: Path, now: datetime) -> None:
    """It would stop every handshake; here the signature is no BIT STRING."""
    tbs, algorithm, _ = der.items(der.only(SERVER.der, der.SEQUENCE).content)
    odd = der.sequence(tbs.raw, algorithm.raw, der.octet_string(b"signed"))
    put("www.crt", pem.to_pem(odd).encode())
    put("www.key", SERVER.key_pem)
    assert read(folder, now) == (
        {"www": None},
        [
            "ca/inbound/www.crt: error: OpenSSL cannot read a certificate in this file "
            "(export it again from the server)"
        ],
    )


def test_a_servers_certificate_is_no_authority(put: Put, folder: Path, now: datetime) -> None:
    for name, content in PAIR.items():
        put(name, content)
    store.create(folder, store.missing(folder), now)
    found = store.load(folder, now, Problems())
    assert found is not None
    assert SERVER.der not in {pair.certificate.der for pair in found.all}
    assert not hasattr(read(folder, now)[0]["www"], "sign")
