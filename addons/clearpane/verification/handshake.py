"""The handshake with a server, on an OpenSSL connection that finds every fault and stops at none.

ADAPTER: OpenSSL. The connection is a memory BIO; whoever asked for it moves the bytes. Weak
certificates are let through OpenSSL (security level 0) because our own checks judge them; which
versions and suites are offered is the profile's alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from OpenSSL import SSL, crypto

from clearpane.certificates import pem
from clearpane.errors import ClearpaneError
from clearpane.hello import address
from clearpane.verification.chain import judge_chain
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.protocol import ProtocolSettings, Version
from clearpane.verification.verdict import Verdict

_VERSIONS = {
    Version.TLS1_0: SSL.TLS1_VERSION,
    Version.TLS1_1: SSL.TLS1_1_VERSION,
    Version.TLS1_2: SSL.TLS1_2_VERSION,
    Version.TLS1_3: SSL.TLS1_3_VERSION,
    Version.MAX: 0,
}


class TrustStore:
    """The upstream anchors: a bundle in PEM and further certificates in DER, which need not be
    roots. Our own authorities are not to be among them. Raises ClearpaneError."""

    def __init__(self, bundle_pem: bytes, extra_der: Sequence[bytes] = ()) -> None:
        try:
            ders = [*pem.certificates(bundle_pem), *extra_der]
            self.certificates = tuple(map(_loaded, ders))
        except (pem.PemError, crypto.Error) as error:
            raise ClearpaneError("a trusted root can't be read as a certificate") from error
        self.anchors = frozenset(ders)


class Handshake:
    """Makes the connections to servers and reads their verdicts."""

    def __init__(self, store: TrustStore) -> None:
        self._store = store
        # One Context per kind of profile, of which an administrator writes a handful.
        self._contexts: dict[ProtocolSettings, SSL.Context] = {}

    def connection(
        self, sni: str, alpn: Sequence[bytes], profile: DecryptionProfile
    ) -> SSL.Connection:
        """A client connection that is ready to say hello. `sni` is a normalised host name, an
        address or empty."""
        context = self._contexts.get(profile.protocol)
        if context is None:
            context = self._contexts[profile.protocol] = _context(self._store, profile.protocol)
        made = SSL.Connection(context)
        made.set_app_data([])
        if sni and not _is_address(sni):
            made.set_tlsext_host_name(sni.encode("ascii"))
        if alpn:
            made.set_alpn_protos(list(alpn))
        made.set_connect_state()
        return made

    def verdict(self, connection: SSL.Connection, name: str, now: datetime) -> Verdict:
        """What is to be said of the server after the handshake. `name` is what it was asked for."""
        judged = judge_chain(
            faults=connection.get_app_data(),
            sent=_ders(connection.get_peer_cert_chain() or ()),
            path=_ders(connection.get_verified_chain() or ()),
            name=name,
            now=now,
            anchors=self._store.anchors,
        )
        return replace(
            judged,
            version=connection.get_protocol_version_name(),
            cipher=connection.get_cipher_name() or "",
            group=connection.get_group_name() or "",
            alpn=connection.get_alpn_proto_negotiated().decode("latin-1"),
        )


def _context(store: TrustStore, protocol: ProtocolSettings) -> SSL.Context:
    oldest, newest = protocol.versions
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(_VERSIONS[oldest])
    context.set_max_proto_version(_VERSIONS[newest])
    context.set_cipher_list(":".join((*protocol.ciphers, "@SECLEVEL=0")).encode("ascii"))
    if protocol.suites:
        context.set_tls13_ciphersuites(":".join(protocol.suites).encode("ascii"))
    # The verdict is read once: a server must not show another certificate later.
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_verify(SSL.VERIFY_PEER, _collect)
    anchors = context.get_cert_store()
    assert anchors is not None
    anchors.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for certificate in store.certificates:
        anchors.add_cert(certificate)
    return context


def _collect(
    connection: SSL.Connection, _certificate: crypto.X509, number: int, depth: int, _ok: int
) -> bool:
    """Notes each fault and goes on."""
    if number:
        connection.get_app_data().append((number, depth))
    return True


def _is_address(name: str) -> bool:
    """RFC 6066 section 3: a literal address is not permitted in SNI."""
    try:
        address(name)
    except ValueError:
        return False
    return True


def _loaded(der: bytes) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der)


def _ders(certificates: Iterable[crypto.X509]) -> tuple[bytes, ...]:
    return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, each) for each in certificates)
