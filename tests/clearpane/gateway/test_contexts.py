"""A Context per leaf, seen by a real client: the leaf, its chain, and who may resume what."""

import ssl
from contextlib import suppress

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from mitmproxy.addons.tlsconfig import AppData
from OpenSSL import SSL

from chains import shake_hands
from clearpane.certificates import pem
from clearpane.gateway import contexts
from clearpane.verification.protocol import ProtocolSettings, Version

CA = trustme.CA()
TERMS = ProtocolSettings().terms()


def context_for(host: str) -> SSL.Context:
    issued = CA.issue_cert(host)
    leaf, *chain = [pem.certificates(blob.bytes())[0] for blob in issued.cert_chain_pems]
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return contexts.make(leaf, chain, key, TERMS)


class Client:
    """An OpenSSL client of the standard library against a Context, in memory."""

    def __init__(self, *, tls12: bool) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        if tls12:
            self.context.maximum_version = ssl.TLSVersion.TLSv1_2

    def greet(self, served: SSL.Context, session: ssl.SSLSession | None = None) -> ssl.SSLObject:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.context.wrap_bio(incoming, outgoing, session=session)
        server = SSL.Connection(served)
        server.set_app_data(AppData(client_alpn=None, server_alpn=None, http2=True))
        server.set_accept_state()
        for _ in range(4):
            _try(client.do_handshake)
            if data := outgoing.read():
                server.bio_write(data)
            _try(server.do_handshake)
            incoming.write(_read(server))
        _try(lambda: client.read(1))
        return client


def _try(step: object) -> None:
    with suppress(ssl.SSLWantReadError, SSL.WantReadError):
        step()  # type: ignore[operator]


def _read(server: SSL.Connection) -> bytes:
    try:
        return server.bio_read(65535)
    except SSL.WantReadError:
        return b""


def test_the_leaf_is_served() -> None:
    client = Client(tls12=False).greet(context_for("a.example"))
    assert client.getpeercert(True)
    assert client.version() == "TLSv1.3"


def test_a_session_is_resumed_for_its_own_leaf() -> None:
    served, client = context_for("a.example"), Client(tls12=True)
    first = client.greet(served)
    assert client.greet(served, first.session).session_reused


def test_a_ticket_for_one_host_is_no_good_for_another() -> None:
    client = Client(tls12=True)
    first = client.greet(context_for("a.example"))
    other = client.greet(context_for("b.example"), first.session)
    assert not other.session_reused
    assert other.getpeercert(True) != first.getpeercert(True)


def test_the_chain_is_sent_along() -> None:
    """A subordinate authority's own certificate, which no client has."""
    issued = CA.create_child_ca().issue_cert("a.example")
    leaf, *chain = [pem.certificates(blob.bytes())[0] for blob in issued.cert_chain_pems]
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    server = SSL.Connection(contexts.make(leaf, chain, key, TERMS))
    server.set_app_data(AppData(client_alpn=None, server_alpn=None, http2=True))
    server.set_accept_state()
    client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    client.set_connect_state()
    shake_hands(client, server)
    sent = client.get_peer_cert_chain(as_cryptography=True) or []
    assert [each.public_bytes(Encoding.DER) for each in sent] == [leaf, *chain]
    assert len(chain) == 1


TERMS_OF_PROFILES = [
    pytest.param(ProtocolSettings(), "TLSv1.3", id="the default: the newest"),
    pytest.param(ProtocolSettings(max_version=Version.TLS1_2), "TLSv1.2", id="TLS 1.2 at most"),
    pytest.param(
        ProtocolSettings(min_version=Version.TLS1_0, max_version=Version.TLS1_0), "TLSv1",
        id="TLS 1.0, where an administrator wants it",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "version"), TERMS_OF_PROFILES)
def test_a_profile_holds_for_the_client_too(protocol: ProtocolSettings, version: str) -> None:
    assert agreed(protocol).get_protocol_version_name() == version


def test_a_suite_that_is_off_is_not_agreed() -> None:
    protocol = ProtocolSettings(
        max_version=Version.TLS1_2, enc_algo_aes_128_gcm=False, enc_algo_aes_256_gcm=False
    )
    assert agreed(protocol).get_cipher_name() == "ECDHE-ECDSA-CHACHA20-POLY1305"


def agreed(protocol: ProtocolSettings) -> SSL.Connection:
    """A client that takes everything, after its handshake under a profile."""
    issued = CA.issue_cert("a.example")
    leaf, *chain = [pem.certificates(blob.bytes())[0] for blob in issued.cert_chain_pems]
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    server = SSL.Connection(contexts.make(leaf, chain, key, protocol.terms()))
    server.set_app_data(AppData(client_alpn=None, server_alpn=None, http2=True))
    server.set_accept_state()
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    client = SSL.Connection(context)
    client.set_connect_state()
    shake_hands(client, server)
    return client
