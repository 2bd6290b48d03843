"""One OpenSSL Context per leaf, with a session-id context of its own.

With a shared Context a ticket that a client got for host A is accepted for host B, and the client
is shown no certificate at all: a changed verdict would stay unseen. A Context per leaf also spares
the certificate and the key being encoded anew for each connection.
"""

import warnings
from collections.abc import Sequence
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from mitmproxy.addons.tlsconfig import alpn_select_callback
from OpenSSL import SSL, crypto

type LeafKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# RFC 9325 section 4.2: forward secrecy and authenticated encryption first, then what old
# clients need.
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!DSS"
_OPTIONS = SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION


def make(leaf: bytes, chain: Sequence[bytes], key: LeafKey) -> SSL.Context:
    """The Context that serves this leaf (DER) with the certificates above it (DER)."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(_OPTIONS)
    context.set_cipher_list(CIPHERS)
    # cryptography refuses subjects that OpenSSL and browsers take (an RDN out of order, an umlaut
    # in a PrintableString); a leaf repeats what the server's certificate says.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, leaf))
    context.use_privatekey(key)
    for certificate in chain:
        context.add_extra_chain_cert(x509.load_der_x509_certificate(certificate))
    context.set_session_id(sha256(leaf).digest())
    context.set_alpn_select_callback(alpn_select_callback)
    return context
