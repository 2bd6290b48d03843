import argparse
import getpass
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clearpane.authorities import make
from clearpane.certificates import pem
from clearpane.certificates.certificate import Certificate
from clearpane.cli import ca
from sites import Site

type Run = Callable[..., int]
type Captured = pytest.CaptureFixture[str]

TRUST, UNTRUST = Path("ca/forward-trust.crt"), Path("ca/forward-untrust.crt")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody sits at the terminal, and the folder is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    return tmp_path


@pytest.fixture
def run() -> Run:
    """One `clearpane ca ...` line; the exit code."""

    def once(*arguments: str) -> int:
        parser = argparse.ArgumentParser(prog="clearpane")
        ca.add_parser(parser.add_subparsers(dest="verb", required=True))
        try:
            args = parser.parse_args(["ca", *arguments])
        except SystemExit as end:
            return int(str(end.code))
        code: int = args.run(args)
        return code

    return once


def call_openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company's CA made by openssl: company.key, company.crt and company.pfx ("secret"); and what
    is none: www.crt (no CA), old.pem (expired), other.key."""
    folder = tmp_path_factory.mktemp("company")
    key, certificate = folder / "company.key", folder / "company.crt"
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate)
    call_openssl(*new, "-subj", "/O=Acme/CN=Acme CA", "-days", "900")
    pfx = ("pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", folder / "company.pfx")
    call_openssl(*pfx, "-passout", "pass:secret")
    no_ca = ("req", "-x509", "-key", key, "-out", folder / "www.crt", "-subj", "/CN=www.test")
    call_openssl(*no_ca, "-addext", "basicConstraints=critical,CA:FALSE")
    other = make.new_key(make.KeyKind.EC_P256)
    (folder / "other.key").write_bytes(make.key_pem(other))
    past = datetime.now(UTC) - timedelta(days=99)  # noqa: TID251
    old = make.certificate(other, make.subject("Old"), past, 9)
    (folder / "old.pem").write_text(pem.to_pem(old) + make.key_pem(other).decode())
    return folder


@pytest.fixture
def company(made_once: Path, home: Path) -> None:
    """What was made once, in this test's folder."""
    shutil.copytree(made_once, home, dirs_exist_ok=True)


def subject(path: Path) -> str:
    return Certificate.parse(pem.certificates(path.read_bytes())[0]).subject_name


def test_init_makes_both_and_says_what_to_install(run: Run, capsys: Captured) -> None:
    assert run("init") == 0
    said = capsys.readouterr()
    assert "ca/forward-trust.crt: CN=clearpane Forward Trust, ECDSA P-256, to 20" in said.out
    assert "ca/forward-untrust.crt: CN=clearpane Forward Untrust - do not install" in said.out
    assert said.out.endswith(
        "Install ca/forward-trust.crt on the clients; "
        "`clearpane ca export` says how on each platform.\n"
    )
    assert said.err == ""


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("rsa-2048", "RSA 2048"), ("rsa-3072", "RSA 3072"), ("ec-p384", "ECDSA P-384")],
)
def test_init_makes_what_it_is_told_to(kind: str, shown: str, run: Run, capsys: Captured) -> None:
    arguments = ("--key", kind, "--name", "CN=Acme TLS, O=Acme", "--days", "40")
    assert run("init", "--ca", "elsewhere/ca", *arguments) == 0
    assert f"elsewhere/ca/forward-trust.crt: CN=Acme TLS,O=Acme, {shown}" in capsys.readouterr().out
    made = Certificate.parse(
        pem.certificates(Path("elsewhere/ca/forward-trust.crt").read_bytes())[0]
    )
    assert made.not_after is not None
    left = made.not_after - datetime.now(UTC)  # noqa: TID251
    assert timedelta(days=39) < left <= timedelta(days=40)


def test_init_overwrites_only_by_force(run: Run, capsys: Captured) -> None:
    run("init")
    before = TRUST.read_bytes()
    capsys.readouterr()
    assert run("init") == 2
    assert capsys.readouterr().err == (
        "ca: error: both authorities are there already "
        "(--force replaces them, and then every client needs the new one)\n"
    )
    assert TRUST.read_bytes() == before
    assert run("init", "--force") == 0
    assert TRUST.read_bytes() != before


def test_init_makes_what_is_missing(run: Run, capsys: Captured) -> None:
    run("init")
    before = TRUST.read_bytes()
    UNTRUST.unlink()
    Path("ca/forward-untrust.key").unlink()
    capsys.readouterr()
    assert run("init") == 0
    assert capsys.readouterr().out.startswith("ca/forward-untrust.crt: ")
    assert TRUST.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("init", "--days", "0"),
        ("init", "--days", "ten"),
        ("init", "--days", "36501"),
        ("init", "--key", "rsa-1024"),
        ("init", "--name", ""),
        ("init", "--name", "x" * 65),
        ("csr", "--name", "CN=A,C=DEU"),
        ("import",),
        ("export", "--format", "jks"),
        ("import", "--role", "inbound", "f"),
        (),
    ],
)
def test_wrong_arguments_are_usage(arguments: tuple[str, ...], run: Run, capsys: Captured) -> None:
    assert run(*arguments) == 2
    assert "usage: clearpane ca" in capsys.readouterr().err
    assert not Path("ca").exists()


@pytest.mark.usefixtures("company")
def test_import_takes_a_pfx_and_makes_the_untrust_authority(run: Run, capsys: Captured) -> None:
    Path("pass").write_bytes(b"secret\r\nnot this line\n")
    assert run("import", "company.pfx", "--passphrase-file", "pass") == 0
    said = capsys.readouterr().out
    assert "ca/forward-trust.crt: CN=Acme CA,O=Acme, RSA 2048" in said
    assert "ca/forward-untrust.crt: CN=clearpane Forward Untrust" in said
    assert Path("ca/forward-trust.key").stat().st_mode & 0o777 == 0o600
    assert run("show") == 0


@pytest.mark.usefixtures("company")
def test_import_takes_two_files(run: Run) -> None:
    assert run("import", "company.crt", "--key", "company.key", "--role", "untrust") == 0
    assert subject(UNTRUST) == "CN=Acme CA,O=Acme"
    assert not TRUST.exists()


@pytest.mark.usefixtures("company")
def test_import_reads_the_passphrase_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"secret\n")))
    assert run("import", "company.pfx", "--passphrase-file", "-") == 0


@pytest.mark.usefixtures("company")
def test_import_asks_who_sits_at_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "secret")
    assert run("import", "company.pfx") == 0


@pytest.mark.parametrize("left", [EOFError, KeyboardInterrupt])
@pytest.mark.usefixtures("company")
def test_import_ends_quietly_when_they_leave(
    left: type[BaseException], run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def leave(prompt: str) -> str:
        raise left

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", leave)
    assert run("import", "company.pfx") == 2
    assert capsys.readouterr().err == "stopped: no passphrase was given\n"


@pytest.mark.usefixtures("company")
def test_import_replaces_only_by_force(run: Run, capsys: Captured) -> None:
    run("init")
    before = TRUST.read_bytes()
    capsys.readouterr()
    arguments = ("import", "company.crt", "--key", "company.key")
    assert run(*arguments) == 2
    assert capsys.readouterr().err == (
        "ca/forward-trust.crt: error: there is an authority already (--force replaces it)\n"
    )
    assert TRUST.read_bytes() == before
    assert run(*arguments, "--force") == 0
    assert subject(TRUST) == "CN=Acme CA,O=Acme"


@pytest.mark.usefixtures("company")
def test_import_replaces_what_is_broken_too(run: Run) -> None:
    run("init")
    Path("ca/forward-trust.key").write_text("rubbish")
    assert run("import", "company.crt", "--key", "company.key", "--force") == 0
    assert run("show") == 0


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("www.crt", "--key", "company.key"),
            "www.crt: error: CN=www.test is not a CA certificate (public certificate providers do "
            "not sell CA certificates; make one with `clearpane ca init`, or have your own CA sign "
            "a subordinate one with `clearpane ca csr`)\n",
            id="no CA",
        ),
        pytest.param(
            ("company.crt", "--key", "other.key"),
            "company.crt: error: the key does not belong to the certificate\n",
            id="another key",
        ),
        pytest.param(
            ("company.pfx", "--passphrase-file", "wrong"),
            "company.pfx: error: the passphrase is wrong\n",
            id="a wrong passphrase",
        ),
        pytest.param(
            ("company.pfx",),
            "company.pfx: error: a passphrase is needed (use --passphrase-file)\n",
            id="no passphrase and nobody to ask",
        ),
        pytest.param(
            ("company.crt",),
            "company.crt: error: there is no key for CN=Acme CA,O=Acme (name its file with --key; "
            "the key of a request lies where `clearpane ca csr` was run)\n",
            id="no key",
        ),
        pytest.param(
            ("company.crt", "--key", "www.crt"),
            "www.crt: error: there is no key in this file\n",
            id="a certificate as the key",
        ),
        pytest.param(
            ("company.key",),
            "company.key: error: there is no certificate in this file\n",
            id="a key alone",
        ),
        pytest.param(
            ("nowhere.pfx",), "nowhere.pfx: error: No such file or directory\n", id="no file"
        ),
        pytest.param((".",), ".: error: Is a directory\n", id="a folder"),
    ],
)
def test_import_refuses_in_one_line(
    arguments: tuple[str, ...], said: str, run: Run, capsys: Captured
) -> None:
    Path("wrong").write_text("wrong")
    assert run("import", *arguments) == 2
    assert capsys.readouterr().err == said
    assert not Path("ca").exists()


@pytest.mark.usefixtures("company")
def test_import_refuses_what_has_expired(run: Run, capsys: Captured) -> None:
    assert run("import", "old.pem") == 2
    assert capsys.readouterr().err.startswith("old.pem: error: the CA certificate has expired on ")


@pytest.mark.usefixtures("company")
def test_import_refuses_the_same_authority_for_both(run: Run, capsys: Captured) -> None:
    run("import", "company.crt", "--key", "company.key")
    again = ("import", "company.crt", "--key", "company.key", "--role", "untrust", "--force")
    capsys.readouterr()
    assert run(*again) == 2
    assert "the Trust and the Untrust authority are the same" in capsys.readouterr().err


@pytest.mark.usefixtures("company")
def test_import_of_a_second_pair_wants_ecdsa(run: Run, capsys: Captured) -> None:
    arguments = ("import", "company.crt", "--key", "company.key", "--role", "trust-ecdsa")
    assert run(*arguments) == 2
    assert "the pair for ECDSA servers has another key (RSA 2048)" in capsys.readouterr().err


def sign_request(serial: str = "77", answer: str = "signed.crt") -> None:
    """The company's answer, and chain.p7b with its own certificate beside it."""
    Path("sub.cnf").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
    sign = ("x509", "-req", "-in", "ca/forward-trust.csr", "-CA", "company.crt")
    own = ("-CAkey", "company.key", "-set_serial", serial, "-days", "500", "-extfile", "sub.cnf")
    call_openssl(*sign, *own, "-out", answer)
    both = ("crl2pkcs7", "-nocrl", "-certfile", "company.crt", "-certfile", answer)
    call_openssl(*both, "-outform", "DER", "-out", "chain.p7b")


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("answer", ["signed.crt", "chain.p7b"])
def test_a_request_is_signed_and_its_key_is_found(answer: str, run: Run, capsys: Captured) -> None:
    run("init")
    in_use = TRUST.read_bytes()
    assert run("csr", "--name", "CN=Acme TLS,O=Acme", "--key", "ec-p384") == 0
    assert Path("ca/forward-trust.csr.key").stat().st_mode & 0o777 == 0o600
    assert TRUST.read_bytes() == in_use
    sign_request()
    capsys.readouterr()
    assert run("import", answer, "--force") == 0
    assert capsys.readouterr().out.endswith(
        "Clients that trust CN=Acme CA,O=Acme need nothing more.\n"
    )
    assert subject(TRUST) == "CN=Acme TLS,O=Acme"
    assert not Path("ca/forward-trust.csr.key").exists()
    assert not Path("ca/forward-trust.csr").exists()
    assert run("show") == 0
    capsys.readouterr()
    assert run("export") == 0
    said = capsys.readouterr()
    assert said.out.count("BEGIN CERTIFICATE") == 1
    assert "lies under CN=Acme CA,O=Acme" in said.err


@pytest.mark.usefixtures("company")
def test_a_renewed_certificate_keeps_the_key_in_use(run: Run) -> None:
    run("csr")
    sign_request()
    sign_request("78", "renewed.crt")
    run("import", "signed.crt")
    before, key = TRUST.read_bytes(), Path("ca/forward-trust.key").read_bytes()
    assert run("import", "renewed.crt", "--force") == 0
    assert TRUST.read_bytes() != before
    assert Path("ca/forward-trust.key").read_bytes() == key


def test_a_request_that_waits_is_replaced_only_by_force(run: Run, capsys: Captured) -> None:
    assert run("csr") == 0
    before = Path("ca/forward-trust.csr").read_bytes()
    capsys.readouterr()
    assert run("csr") == 2
    assert capsys.readouterr().err.startswith("ca/forward-trust.csr.key: error: a request is wait")
    assert Path("ca/forward-trust.csr").read_bytes() == before
    assert run("csr", "--force") == 0
    assert Path("ca/forward-trust.csr").read_bytes() != before


def test_export_writes_the_public_part_alone(
    run: Run, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run("init")
    capfdbinary.readouterr()
    assert run("export", "--format", "der") == 0
    said = capfdbinary.readouterr()
    assert pem.to_pem(said.out).encode() == TRUST.read_bytes()
    assert b"GPO" in said.err


@pytest.mark.parametrize("form", ["pem", "der", "p7b"])
def test_export_writes_a_file_and_says_where_it_goes(form: str, run: Run, capsys: Captured) -> None:
    run("init")
    Path("ca/forward-trust.key").unlink()
    capsys.readouterr()
    assert run("export", "--format", form, "--out", "clearpane.crt") == 0
    assert "-i clearpane.crt" in capsys.readouterr().out
    assert b"PRIVATE" not in Path("clearpane.crt").read_bytes()


def test_export_of_untrust_is_asked_for_and_warned_of(run: Run, capsys: Captured) -> None:
    run("init")
    capsys.readouterr()
    assert run("export", "--role", "untrust") == 0
    said = capsys.readouterr()
    assert said.out.encode() == UNTRUST.read_bytes()
    assert said.err.startswith("Do not install this on any client")


def test_export_puts_no_octets_on_a_terminal(
    run: Run, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("export", "--format", "der") == 2
    assert "der is not text (name a file with --out)" in capsys.readouterr().err


def test_export_without_authorities_says_what_to_do(run: Run, capsys: Captured) -> None:
    assert run("export") == 2
    assert capsys.readouterr().err == (
        "ca/forward-trust.crt: error: this file is missing "
        "(`clearpane ca init` makes what is missing)\n"
    )


def test_show_tells_of_both(run: Run, capsys: Captured) -> None:
    run("init")
    capsys.readouterr()
    assert run("show") == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert [line for line in said.out.splitlines() if line and line[0] != " "] == [
        "forward-trust",
        "forward-untrust",
    ]
    for word in ("subject", "valid", "key", "serial", "SHA-256", "days left"):
        assert said.out.count(word) == 2


def test_show_speaks_json(run: Run, capsys: Captured) -> None:
    run("init")
    Path("ca/forward-trust.key").chmod(0o640)
    capsys.readouterr()
    assert run("show", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in said["authorities"]] == ["forward-trust", "forward-untrust"]
    assert said["authorities"][0]["subject"] == "CN=clearpane Forward Trust"
    assert [(row["place"], row["severity"]) for row in said["problems"]] == [
        ("ca/forward-trust.key", "error")
    ]


def test_show_tells_what_is_wrong(run: Run, capsys: Captured) -> None:
    run("init")
    Path("ca/forward-untrust.key").unlink()
    capsys.readouterr()
    assert run("show") == 1
    assert capsys.readouterr().err.startswith("ca/forward-untrust.key: error: this file is missing")


def test_show_lists_inbound_certificates(run: Run, capsys: Captured) -> None:
    run("init")
    now = datetime.now(UTC)  # noqa: TID251
    server = Certificate.parse(Site().protect("www", days=20, now=now).der)
    capsys.readouterr()
    assert run("show") == 0
    said = capsys.readouterr()
    assert "\n\ninbound www\n  file      ca/inbound/www.crt\n  subject   CN=www.test\n" in said.out
    assert "(20 days left)" in said.out and server.fingerprint in said.out
    assert said.err.startswith("ca/inbound/www.crt: warning: the server's certificate expires on ")
    assert run("show", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["inbound"]
    assert (row["name"], row["fingerprint"]) == ("www", server.fingerprint)


def test_show_tells_of_inbound_certificates_that_cannot_be_read(run: Run, capsys: Captured) -> None:
    run("init")
    Site().protect("www")
    Path("ca/inbound/www.key").chmod(0o644)
    capsys.readouterr()
    assert run("show") == 1
    said = capsys.readouterr()
    assert "inbound www" not in said.out
    assert said.err.startswith("ca/inbound/www.key: error: others than its owner can read this")


def test_show_before_the_first_start(run: Run, capsys: Captured) -> None:
    assert run("show") == 0
    assert capsys.readouterr().out.startswith("no authorities in ca: the first start makes them")


def test_what_cannot_be_written_is_one_line(run: Run, capsys: Captured) -> None:
    Path("ca").write_text("a file in the folder's place")
    assert run("init") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("ca")
