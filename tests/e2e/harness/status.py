"""Whom certificates name for their status and their issuer: openssl's responder, lists, answers."""

import contextlib
import shutil
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from .listener import Listener, drain
from .pki import DAY, DER, NOW, Pair
from .process import Run

HTTP = "http://127.0.0.1:{}"


def at(*, ocsp: Sequence[str] = (), issuer: Sequence[str] = ()) -> x509.ExtensionType:
    """An authorityInfoAccess with these URLs."""
    found = [(Access.OCSP, url) for url in ocsp] + [(Access.CA_ISSUERS, url) for url in issuer]
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(how, x509.UniformResourceIdentifier(url)) for how, url in found]
    )


def lists(*urls: str) -> x509.ExtensionType:
    """A cRLDistributionPoints with these URLs."""
    names = [x509.UniformResourceIdentifier(url) for url in urls]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])


class Responder:
    """`openssl ocsp` for one issuer, behind a relay on loopback that counts what is asked."""

    def __init__(self, folder: Path, issuer: Pair) -> None:
        self._folder, self._index = folder, folder / "index.txt"
        self._files = issuer.write(folder, "issuer")
        self._index.write_text("", encoding="ascii")
        self._relay = Listener(self._pass_on)
        self.url = HTTP.format(self._relay.port)
        self._process: Run | None = None
        self._port = 0

    def know(self, pair: Pair, *, revoked: bool = False) -> None:
        """Before it is started."""
        until = f"{pair.certificate.not_valid_after_utc:%y%m%d%H%M%SZ}"
        serial = f"{pair.certificate.serial_number:X}"
        serial = "0" * (len(serial) % 2) + serial
        since = f"{NOW - DAY:%y%m%d%H%M%SZ},keyCompromise" if revoked else ""
        # No two rows may have the same subject.
        row = ("R" if revoked else "V", until, since, serial, "unknown", f"/CN={serial}")
        with self._index.open("a", encoding="ascii") as file:
            file.write("\t".join(row) + "\n")

    @property
    def asked(self) -> int:
        return self._relay.accepted

    def __enter__(self) -> Self:
        certificate, key = map(str, self._files)
        openssl = shutil.which("openssl")
        assert openssl, "openssl is missing"
        words = [openssl, "ocsp", "-port", "0", "-index", str(self._index), "-nmin", "60"]
        words += ["-CA", certificate, "-rsigner", certificate, "-rkey", key]
        self._process = Run(words, self._folder, None)
        self._port = int(self._process.said(r"ACCEPT \S*:(\d+)")[1])
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.close()
        if self._process:
            self._process.kill()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port), 20) as there:
            onward = threading.Thread(target=_pump, args=(client, there), daemon=True)
            onward.start()
            client.sendall(drain(there))
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            onward.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def crl(issuer: Pair, *revoked: Pair) -> bytes:
    """A list (DER) that holds for a day."""
    build = x509.CertificateRevocationListBuilder(issuer.certificate.subject, NOW - DAY, NOW + DAY)
    for pair in revoked:
        entry = x509.RevokedCertificateBuilder(pair.certificate.serial_number, NOW - DAY)
        build = build.add_revoked_certificate(entry.build())
    return build.sign(issuer.key, _digest(issuer)).public_bytes(DER)


def answer(
    pair: Pair, issuer: Pair, *, revoked: bool, age: int = 0, signer: Pair | None = None
) -> bytes:
    """An OCSP answer (DER) that holds for a day, `age` days ago; from `issuer` or `signer`."""
    signer = signer or issuer
    start = NOW - age * DAY - DAY / 24
    status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    build = ocsp.OCSPResponseBuilder().add_response(
        cert=pair.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=start,
        next_update=start + DAY,
        revocation_time=start if revoked else None,
        revocation_reason=None,
    )
    build = build.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    return build.sign(signer.key, _digest(signer)).public_bytes(DER)


def no_answer() -> bytes:
    """The OCSP answer (DER) of a responder that is too busy."""
    later = ocsp.OCSPResponseStatus.TRY_LATER
    return ocsp.OCSPResponseBuilder.build_unsuccessful(later).public_bytes(DER)


def _digest(issuer: Pair) -> hashes.SHA256:
    assert not isinstance(issuer.key, ed25519.Ed25519PrivateKey)
    return hashes.SHA256()


class StaplingServer(Run):
    """`openssl s_server`, which hands out `staple` (DER) and a page of its own."""

    def __init__(self, folder: Path, pair: Pair, staple: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = pair.write(folder, "server")
        chain, status = folder / "chain.pem", folder / "staple.der"
        chain.write_bytes(certificate.read_bytes())
        status.write_bytes(staple)
        openssl = shutil.which("openssl")
        assert openssl, "openssl is missing"
        words = [openssl, "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", str(certificate)]
        words += ["-key", str(key), "-cert_chain", str(chain), "-status_file", str(status)]
        super().__init__(words, folder, None)
        self.port = int(self.said(r"ACCEPT \S*:(\d+)")[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
