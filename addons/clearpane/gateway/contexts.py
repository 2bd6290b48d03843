"""One OpenSSL Context per leaf, with a session-id context of its own.

With a shared Context a ticket that a client got for host A is accepted for host B, and the client
is shown no certificate at all: a changed verdict would stay unseen. A Context per leaf also spares
the certificate and the key being encoded anew for each connection.
"""

import warnings
from collections.abc import Sequence
from hashlib import sha256

from cryptography import x509
from mitmproxy.addons.tlsconfig import alpn_select_callback
from OpenSSL import SSL, crypto

from clearpane.authorities.keys import ServerKey
from clearpane.verification.handshake import VERSIONS
from clearpane.verification.protocol import Terms, Version

_OPTIONS = SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION


def make(leaf: bytes, chain: Sequence[bytes], key: ServerKey, terms: Terms) -> SSL.Context:
    """The Context that serves this leaf (DER) with the certificates above it (DER), on a profile's
    terms."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(VERSIONS[terms.oldest])
    context.set_max_proto_version(VERSIONS[terms.newest])
    context.set_options(_OPTIONS)
    # OpenSSL has TLS 1.0 and 1.1 at level 0 alone; level 1 bars what no certificate needs.
    level = 0 if Version.TLS1_2.newer_than(terms.oldest) else 1
    context.set_cipher_list(":".join((*terms.ciphers, f"@SECLEVEL={level}")).encode("ascii"))
    if terms.suites:
        context.set_tls13_ciphersuites(":".join(terms.suites).encode("ascii"))
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
