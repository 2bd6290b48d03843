"""Stable names for the ways in which a TLS handshake fails, read from what OpenSSL says.

OpenSSL names alerts `tlsv1 alert unknown ca`, `ssl/tls alert bad certificate` and the like; which
prefix it uses changes with its version, the alert's words do not (RFC 8446 section 6.2).
"""

import re

_ALERT = re.compile(r"alert ([a-z ]+)")
_SERVER = (
    ("does not speak TLS", "not-tls"),
    ("wrong version number", "not-tls"),
    ("packet length too long", "not-tls"),
    ("cannot agree on a TLS version", "unsupported-version"),  # how mitmproxy words the alert
    ("alert protocol version", "unsupported-version"),
    ("unsupported protocol", "unsupported-version"),
    ("alert insufficient security", "unsupported-cipher"),
    ("alert handshake failure", "unsupported-cipher"),
    ("no cipher match", "unsupported-cipher"),
    ("wrong cipher returned", "unsupported-cipher"),
    ("dh key too small", "unsupported-cipher"),
    ("excessive message size", "chain-too-large"),
)
# What OpenSSL itself can't read of a certificate ends the handshake before any verdict.
_MALFORMED = ("asn1", "certificate", "x509", "bad ecpoint", "unable to find public key")


def reason_of(error: str) -> str:
    """Why the server's handshake failed."""
    for words, reason in _SERVER:
        if words in error:
            return reason
    if "alert" not in error and any(word in error.lower() for word in _MALFORMED):
        return "malformed-certificate"
    return "server-unreachable"


def alert_of(error: str) -> str:
    """The client's alert in plain words; empty where it sent none."""
    found = _ALERT.search(error) or re.match(r"(unknown ca|bad certificate)\b", error)
    return found[1].strip() if found else ""
