"""Why a session ended, in the firewall's words and by the firewall's order.

Several things can be true of one session (a virus was found, then the client hung up); the record
names the weightiest, so the order of `EndReason` is part of its meaning.
"""

from collections.abc import Iterable
from enum import StrEnum


class EndReason(StrEnum):
    """The column `session_end_reason`, weightiest first (reference: PAN-OS traffic log fields)."""

    THREAT = "threat"
    POLICY_DENY = "policy-deny"
    CERTIFICATE_VALIDATION = "decrypt-cert-validation"
    UNSUPPORTED_PARAMETER = "decrypt-unsupport-param"
    DECRYPT_ERROR = "decrypt-error"
    RESET_BY_CLIENT = "tcp-rst-from-client"
    RESET_BY_SERVER = "tcp-rst-from-server"
    RESOURCES = "resources-unavailable"
    FINISHED = "tcp-fin"
    AGED_OUT = "aged-out"
    UNKNOWN = "unknown"


_WEIGHT = {reason: place for place, reason in enumerate(EndReason)}

# A block for any reason that is not listed here is a matter of the server's certificate.
_BLOCKS = {
    "unsupported-version": EndReason.UNSUPPORTED_PARAMETER,
    "unsupported-cipher": EndReason.UNSUPPORTED_PARAMETER,
    "no-resource": EndReason.DECRYPT_ERROR,
    "not-tls": EndReason.DECRYPT_ERROR,
    "invalid-server-name": EndReason.DECRYPT_ERROR,
    "server-unreachable": EndReason.DECRYPT_ERROR,
    "handshake-failed": EndReason.DECRYPT_ERROR,
    "handshake-timeout": EndReason.DECRYPT_ERROR,
    "opted-out": EndReason.POLICY_DENY,
    "security-rule": EndReason.POLICY_DENY,
    "url-filtering": EndReason.THREAT,
    # Asked to decrypt what the rulebase leaves alone (an https address in absolute form).
    "rule": EndReason.POLICY_DENY,
    "no-rule": EndReason.POLICY_DENY,
    "excluded-predefined": EndReason.POLICY_DENY,
    "excluded-custom": EndReason.POLICY_DENY,
    "excluded-learned": EndReason.POLICY_DENY,
}

_ALERTS = {
    "bad certificate": EndReason.CERTIFICATE_VALIDATION,
    "unsupported certificate": EndReason.CERTIFICATE_VALIDATION,
    "certificate revoked": EndReason.CERTIFICATE_VALIDATION,
    "access denied": EndReason.CERTIFICATE_VALIDATION,
    "unsupported extension": EndReason.UNSUPPORTED_PARAMETER,
    "unexpected message": EndReason.UNSUPPORTED_PARAMETER,
    "handshake failure": EndReason.UNSUPPORTED_PARAMETER,
}


def weightier(one: EndReason, other: EndReason) -> EndReason:
    """The one that a record names when both are true."""
    return min(one, other, key=_WEIGHT.__getitem__)


def for_block(reasons: Iterable[str]) -> EndReason:
    """How a session ends that the decryption profile blocked for these reasons."""
    ends = {_BLOCKS.get(reason, EndReason.CERTIFICATE_VALIDATION) for reason in reasons}
    return min(ends, key=_WEIGHT.__getitem__, default=EndReason.DECRYPT_ERROR)


def for_alert(alert: str) -> EndReason:
    """How a session ends after a fatal TLS alert, named as in RFC 8446 section 6.2.

    Blanks, hyphens and underscores are alike: OpenSSL writes `bad certificate`.
    """
    return _ALERTS.get(alert_words(alert), EndReason.DECRYPT_ERROR)


def alert_words(alert: str) -> str:
    """An alert's name as plain words: `bad_certificate` and `Bad Certificate` are one."""
    return alert.replace("_", " ").replace("-", " ").strip().lower()
