"""The handshake with a server, on an OpenSSL connection that finds every fault and stops at none.

ADAPTER: OpenSSL. The connection is a memory BIO; whoever asked for it moves the bytes. Weak
certificates are let through OpenSSL (security level 0) because our own checks judge them; which
versions and suites are offered is the profile's alone.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from OpenSSL import SSL, crypto

from clearpane.certificates import pem
from clearpane.errors import ClearpaneError
from clearpane.hello import address
from clearpane.verification.chain import judge_chain
from clearpane.verification.faults import Fault
from clearpane.verification.protocol import Terms, Version
from clearpane.verification.verdict import Verdict

VERSIONS = {
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


# Clients' offers differ in few ways; whoever varies his own at will pushes out others' Contexts.
_CONTEXTS = 64
# What browsers take (RFC 8446 section 4.2.3); servers older than TLS 1.2 know none of them.
_SIGNATURES = (
    b"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:RSA-PSS+SHA256:RSA-PSS+SHA384:"
    b"RSA-PSS+SHA512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
    b"RSA+SHA256:RSA+SHA384:RSA+SHA512"
)


@dataclass(slots=True)
class Seen:
    """What one handshake has shown so far: faults, whether the server asked for a client's
    certificate, and the OCSP answer (DER) that it stapled."""

    faults: list[Fault] = field(default_factory=list)
    asked: bool = False
    staple: bytes = b""
    handle: object = field(default=None, repr=False, compare=False)  # how OpenSSL finds this again


class Handshake:
    """Makes the connections to servers and reads their verdicts."""

    def __init__(self, store: TrustStore) -> None:
        self.store = store
        self._contexts: OrderedDict[Terms, SSL.Context] = OrderedDict()

    def connection(
        self, sni: str, alpn: Sequence[bytes], terms: Terms, *, staple: bool = False
    ) -> SSL.Connection:
        """A client connection that is ready to say hello. `sni` is a normalised host name, an
        address or empty; with `staple` the server is asked for its OCSP answer."""
        made = SSL.Connection(self._context(terms))
        seen = Seen()
        made.set_app_data(seen)
        seen.handle = SSL._ffi.new_handle(seen)  # type: ignore[attr-defined]
        SSL._lib.SSL_set_cert_cb(made._ssl, _notice, seen.handle)  # type: ignore[attr-defined]
        if sni and not _is_address(sni):
            made.set_tlsext_host_name(sni.encode("ascii"))
        if alpn:
            made.set_alpn_protos(list(alpn))
        if staple:
            made.request_ocsp()
        made.set_connect_state()
        return made

    def verdict(self, connection: SSL.Connection, name: str, now: datetime) -> Verdict:
        """What is to be said of the server once its certificate is there. `name` is what it was
        asked for."""
        seen: Seen = connection.get_app_data()
        judged = judge_chain(
            faults=seen.faults,
            sent=sent(connection),
            path=_ders(connection.get_verified_chain() or ()),
            name=name,
            now=now,
            anchors=self.store.anchors,
        )
        return replace(
            judged,
            version=connection.get_protocol_version_name(),
            cipher=connection.get_cipher_name() or "",
            group=connection.get_group_name() or "",
            alpn=connection.get_alpn_proto_negotiated().decode("latin-1"),
            asks_for_certificate=seen.asked,
        )

    def _context(self, terms: Terms) -> SSL.Context:
        context = self._contexts.get(terms)
        if context is None:
            context = self._contexts[terms] = _context(self.store, terms)
            if len(self._contexts) > _CONTEXTS:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(terms)
        return context


def sent(connection: SSL.Connection) -> tuple[bytes, ...]:
    """What the server sent, its own certificate first (DER)."""
    return _ders(connection.get_peer_cert_chain() or ())


def _context(store: TrustStore, terms: Terms) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(VERSIONS[terms.oldest])
    context.set_max_proto_version(VERSIONS[terms.newest])
    if terms.ciphers:
        context.set_cipher_list(":".join((*terms.ciphers, "@SECLEVEL=0")).encode("ascii"))
    if terms.suites:
        context.set_tls13_ciphersuites(":".join(terms.suites).encode("ascii"))
    if not Version.TLS1_2.newer_than(terms.oldest):
        # At level 0 OpenSSL offers signatures with SHA-1 too; pyOpenSSL has no name for this.
        SSL._lib.SSL_CTX_set1_sigalgs_list(context._context, _SIGNATURES)  # type: ignore[attr-defined]
    # The verdict is read once: a server must not show another certificate later.
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_verify(SSL.VERIFY_PEER, _collect)
    context.set_ocsp_client_callback(_keep_staple)
    anchors = context.get_cert_store()
    assert anchors is not None
    anchors.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for certificate in store.certificates:
        anchors.add_cert(certificate)
    return context


@SSL._ffi.callback("int(SSL *, void *)")  # type: ignore[attr-defined, untyped-decorator]
def _notice(_ssl: object, handle: object) -> int:
    """A CertificateRequest came. OpenSSL calls this for nothing else (SSL_set_cert_cb(3)).

    pyOpenSSL has no name for it, and its info callback would cost every handshake a twentieth.
    """
    SSL._ffi.from_handle(handle).asked = True  # type: ignore[attr-defined]
    return 1  # go on, without a certificate


def _keep_staple(connection: SSL.Connection, staple: bytes, _data: object) -> bool:
    connection.get_app_data().staple = staple
    return True  # what it is worth is judged later


def _collect(
    connection: SSL.Connection, _certificate: crypto.X509, number: int, depth: int, _ok: int
) -> bool:
    """Notes each fault and goes on."""
    if number:
        connection.get_app_data().faults.append((number, depth))
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
