"""The protected servers' certificates as files in ca/inbound/.

NAME.crt with NAME.key, or NAME.p12; NAME.pass beside them opens what is encrypted. A file that
holds a secret is refused when others than its owner can read it.
"""

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from OpenSSL import crypto

from clearpane.authorities import importing, inbound
from clearpane.authorities.checks import Places
from clearpane.authorities.importing import Contents
from clearpane.authorities.inbound import Found, InboundCertificate
from clearpane.errors import ClearpaneError, Problems

_FOLDER = "inbound"
_CRT, _KEY, _P12, _PASS = _SUFFIXES = (".crt", ".key", ".p12", ".pass")
_OTHERS = 0o077
# A chain of ten certificates with 8192-bit keys has 40 KiB.
_LARGEST = 1 << 20


def load_inbound(ca: Path, now: datetime, problems: Problems) -> Found:
    """All of ca/inbound/ by name; nothing where there is no such folder. Every problem is
    recorded at its file."""
    files: dict[str, set[str]] = {}
    for path in sorted(_visible(ca / _FOLDER, problems)):
        if path.suffix in _SUFFIXES:
            files.setdefault(path.stem, set()).add(path.suffix)
        elif path.stem.upper() != "README":
            cure = "name it NAME.crt and NAME.key, or NAME.p12"
            problems.warning(path, "this is not read", cure)
    return {
        name: _Reading(ca / _FOLDER, name, suffixes, problems).certificate(now)
        for name, suffixes in files.items()
        if suffixes != {_PASS} or _nothing_to_open(ca / _FOLDER / f"{name}{_PASS}", problems)
    }


def _nothing_to_open(path: Path, problems: Problems) -> bool:
    problems.warning(path, "there is nothing that this passphrase opens", "remove it")
    return False


class _Reading:
    """The files of one name."""

    def __init__(self, folder: Path, name: str, suffixes: set[str], problems: Problems) -> None:
        self._base, self._name, self._suffixes = folder / name, name, suffixes
        self._problems = problems

    def certificate(self, now: datetime) -> InboundCertificate | None:
        if _P12 in self._suffixes and self._suffixes & {_CRT, _KEY}:
            self._problems.error(
                self._path(_P12),
                f"the name {self._name} is taken by its .crt and .key",
                "remove the one that is not meant, or rename it",
            )
            return None
        before = len(self._problems.errors)
        contents, places = self._pkcs12() if _P12 in self._suffixes else self._pair()
        if contents is None or len(self._problems.errors) > before:
            return None
        found = inbound.parse(self._name, contents, places, now, self._problems)
        return found if found and self._loads(found) else None

    def _pkcs12(self) -> tuple[Contents | None, Places]:
        path = self._path(_P12)
        return self._contents(path, self._passphrase()), Places(str(path), str(path))

    def _pair(self) -> tuple[Contents | None, Places]:
        crt, key = self._path(_CRT), self._path(_KEY)
        places = Places(str(crt), str(key))
        if missing := {_CRT, _KEY} - self._suffixes:
            path = self._path(missing.pop())
            what = "server's certificate with its chain" if path == crt else "certificate's key"
            self._problems.error(path, "this file is missing", f"put the {what} there")
            return None, places
        public = self._contents(crt)
        secret = self._contents(key, self._passphrase())
        if public is None or secret is None:
            return None, places
        if public.keys or public.edwards:
            message = "a private key stands in this file, which is not secret"
            self._problems.error(crt, message, "move it to the .key")
        return Contents(secret.keys, public.certificates, secret.edwards), places

    def _contents(self, path: Path, passphrase: bytes | None = None) -> Contents | None:
        data = self._read(path)
        if data is None:
            return None
        try:
            return importing.read_server(data, str(path), passphrase)
        except importing.PassphraseNeededError:
            self._problems.error(
                path,
                "this file is encrypted, and at the start there is nobody to ask",
                f"put its passphrase in {self._path(_PASS)} with mode 0600",
            )
        except ClearpaneError as error:
            cure = f"export it again; where it is encrypted, {self._path(_PASS)} must open it"
            self._problems.found += [replace(p, cure=p.cure or cure) for p in error.problems]
        return None

    def _passphrase(self) -> bytes | None:
        """The first line of NAME.pass; None where there is no such file."""
        data = self._read(self._path(_PASS)) if _PASS in self._suffixes else None
        return None if data is None else data.partition(b"\n")[0].removesuffix(b"\r")

    def _read(self, path: Path) -> bytes | None:
        """The bytes of a plain file; all but a .crt are secret."""
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                self._problems.error(path, "this is no plain file", "put the file itself there")
                return None
            if status.st_size > _LARGEST:
                message = f"this file has over {_LARGEST >> 20} MiB"
                self._problems.error(path, message, "put one server's certificate there")
                return None
            if path.suffix != _CRT and status.st_mode & _OTHERS:
                mode = stat.S_IMODE(status.st_mode)
                message = f"others than its owner can read this file (mode {mode:04o})"
                self._problems.error(path, message, f"chmod 600 {path}")
            return path.read_bytes()
        except OSError as error:
            message = f"this file cannot be read: {error.strerror}"
            self._problems.error(path, message, "make it readable for the gateway's user")
            return None

    def _loads(self, found: InboundCertificate) -> bool:
        """Whether OpenSSL, which will show the certificates to clients, can read them."""
        try:
            for certificate in (found.certificate.der, *found.chain):
                crypto.load_certificate(crypto.FILETYPE_ASN1, certificate)
        except crypto.Error:
            message = "OpenSSL cannot read a certificate in this file"
            self._problems.error(found.file, message, "export it again from the server")
            return False
        return True

    def _path(self, suffix: str) -> Path:
        return self._base.with_name(f"{self._name}{suffix}")


def _visible(folder: Path, problems: Problems) -> Iterator[Path]:
    """What lies in the folder, if there is one; hidden files are an editor's."""
    try:
        yield from (path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        problems.error(folder, f"this folder cannot be read: {error.strerror}")
