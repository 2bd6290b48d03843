"""Why a session is not simply trusted, in the words that records and pages show.

The three sets are the rows of one table: what each certificate reason does to the forged leaf. A
certificate reason stands in exactly one of them.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Stable names; their order is the order in records."""

    UNKNOWN_ISSUER = "unknown-issuer"
    SELF_SIGNED = "self-signed"
    INCOMPLETE_CHAIN = "incomplete-chain"
    BAD_SIGNATURE = "bad-signature"
    CONSTRAINTS_VIOLATED = "constraints-violated"
    INVALID_PURPOSE = "invalid-purpose"
    INVALID_EXTENSION = "invalid-extension"
    WEAK_KEY = "weak-key"
    WEAK_DIGEST = "weak-digest"
    ISSUER_EXPIRED = "issuer-expired"
    ISSUER_NOT_YET_VALID = "issuer-not-yet-valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NAME_MISMATCH = "name-mismatch"
    MALFORMED_CERTIFICATE = "malformed-certificate"
    REVOKED = "revoked"

    STATUS_UNKNOWN = "status-unknown"
    STATUS_TIMEOUT = "status-timeout"
    CERTIFICATE_MISMATCH = "certificate-mismatch"
    CLIENT_CERTIFICATE_REQUIRED = "client-certificate-required"
    CLIENT_REJECTED_CERTIFICATE = "client-rejected-certificate"
    UNSUPPORTED_VERSION = "unsupported-version"
    UNSUPPORTED_CIPHER = "unsupported-cipher"
    CHAIN_TOO_LARGE = "chain-too-large"
    SERVER_UNREACHABLE = "server-unreachable"
    NO_RESOURCE = "no-resource"
    NOT_TLS = "not-tls"
    OPTED_OUT = "opted-out"


# The forged leaf has the real names and dates, so the client itself finds these.
SHOWN_BY_THE_LEAF = frozenset((Reason.EXPIRED, Reason.NOT_YET_VALID, Reason.NAME_MISMATCH))

# The client could not see these through a leaf under Forward Trust.
UNTRUST = frozenset(
    (
        Reason.UNKNOWN_ISSUER,
        Reason.SELF_SIGNED,
        Reason.INCOMPLETE_CHAIN,
        Reason.BAD_SIGNATURE,
        Reason.CONSTRAINTS_VIOLATED,
        Reason.INVALID_PURPOSE,
        Reason.INVALID_EXTENSION,
        Reason.WEAK_KEY,
        Reason.WEAK_DIGEST,
        Reason.ISSUER_EXPIRED,
        Reason.ISSUER_NOT_YET_VALID,
    )
)

# No leaf can show these: the client gets a page.
NO_LEAF = frozenset((Reason.MALFORMED_CERTIFICATE, Reason.REVOKED))

EXPIRY = frozenset(
    (
        Reason.EXPIRED,
        Reason.NOT_YET_VALID,
        Reason.ISSUER_EXPIRED,
        Reason.ISSUER_NOT_YET_VALID,
    )
)
