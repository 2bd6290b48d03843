"""Origins that ask for a client's certificate or speak few versions, and note each handshake."""

import socket
import ssl
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from . import http1, http2, pki
from .origins import Origin, context
from .pki import Pair

Version = ssl.TLSVersion
TLS12, TLS13 = (Version.TLSv1_2, Version.TLSv1_2), (Version.TLSv1_3, Version.TLSv1_3)


@dataclass(frozen=True)
class Agreed:
    """A handshake that came to its end; `client` is the name in its certificate, "" for none."""

    version: str
    cipher: str
    alpn: str
    client: str


@dataclass(frozen=True)
class Mutual:
    """Who certifies clients, and one client's files for curl."""

    authority: Pair
    words: tuple[str | Path, ...]

    @classmethod
    def made(cls, folder: Path, common_name: str) -> "Mutual":
        authority = pki.authority("Zoo Clients")
        pair = pki.leaf(authority, common_name=common_name, usage=pki.CLIENT)
        certificate, key = pair.write(folder, "client")
        return cls(authority, ("--cert", certificate, "--key", key))


class WatchedOrigin(Origin):
    """`clients` certifies those who may come; `required`: nobody else may. `ciphers` are those
    of TLS 1.2 and older."""

    def __init__(
        self,
        pair: Pair,
        *,
        clients: Pair | None = None,
        required: bool = True,
        versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
        ciphers: str = "",
        alpn: Sequence[str] = ("h2", "http/1.1"),
        address: str = "127.0.0.1",
    ) -> None:
        self.handshakes: list[Agreed] = []
        with warnings.catch_warnings(action="ignore"):  # old versions are what a test asks for
            self._own = context(pair, alpn, versions)
        if ciphers:
            self._own.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        if clients:
            self._own.load_verify_locations(cadata=clients.pem.decode("ascii"))
            self._own.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        super().__init__(address=address)

    def show(self, pair: Pair) -> None:
        """Another certificate from now on."""
        with tempfile.TemporaryDirectory() as folder:
            self._own.load_cert_chain(*pair.write(Path(folder), "server"))

    def _converse(self, connection: socket.socket) -> None:
        with self._own.wrap_socket(connection, server_side=True) as session:
            self.handshakes.append(_agreed(session))
            talk = http2 if session.selected_alpn_protocol() == "h2" else http1
            talk.serve(session, self.contents)


def _agreed(session: ssl.SSLSocket) -> Agreed:
    cipher = session.cipher()
    alpn = session.selected_alpn_protocol() or ""
    return Agreed(session.version() or "", cipher[0] if cipher else "", alpn, _client(session))


def _client(session: ssl.SSLSocket) -> str:
    der = session.getpeercert(binary_form=True)
    if not der:
        return ""
    subject = x509.load_der_x509_certificate(der).subject
    return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
