"""TLS versions and cipher suites that a decryption profile allows, in OpenSSL's words.

The toggles are the firewall's; a suite is offered only if its key exchange, its encryption and its
authentication are all on.
"""

from dataclasses import dataclass
from enum import StrEnum


class Version(StrEnum):
    """The firewall's names, in order. `max` is the newest that OpenSSL has."""

    TLS1_0 = "tls1-0"
    TLS1_1 = "tls1-1"
    TLS1_2 = "tls1-2"
    TLS1_3 = "tls1-3"
    MAX = "max"

    def newer_than(self, other: "Version") -> bool:
        order = list(Version)
        return order.index(self) > order.index(other)


# Best first. Per suite: encryption, authentication, and OpenSSL's name behind the key exchange.
_SUITES = (
    ("aes_128_gcm", "sha256", "AES128-GCM-SHA256"),
    ("aes_256_gcm", "sha384", "AES256-GCM-SHA384"),
    ("chacha20_poly1305", "sha256", "CHACHA20-POLY1305"),
    ("aes_128_cbc", "sha256", "AES128-SHA256"),
    ("aes_256_cbc", "sha384", "AES256-SHA384"),
    ("aes_256_cbc", "sha256", "AES256-SHA256"),
    ("aes_128_cbc", "sha1", "AES128-SHA"),
    ("aes_256_cbc", "sha1", "AES256-SHA"),
)
_EXCHANGES = (
    ("ecdhe", "ECDHE-ECDSA-", {"AES256-SHA256"}),
    ("ecdhe", "ECDHE-RSA-", {"AES256-SHA256"}),
    ("dhe", "DHE-RSA-", {"AES256-SHA384"}),
    ("rsa", "", {"AES256-SHA384", "CHACHA20-POLY1305"}),
)
_SUITES_1_3 = (
    ("aes_128_gcm", "sha256", "TLS_AES_128_GCM_SHA256"),
    ("aes_256_gcm", "sha384", "TLS_AES_256_GCM_SHA384"),
    ("chacha20_poly1305", "sha256", "TLS_CHACHA20_POLY1305_SHA256"),
)


@dataclass(frozen=True, slots=True)
class ProtocolSettings:
    """`ssl-protocol-settings` of a profile.

    DHE is off because no browser offers it and its group can't be judged. OpenSSL has no suite
    left with 3DES, RC4 or MD5.
    """

    min_version: Version = Version.TLS1_2
    max_version: Version = Version.MAX
    keyxchg_algo_rsa: bool = True
    keyxchg_algo_dhe: bool = False
    keyxchg_algo_ecdhe: bool = True
    enc_algo_3des: bool = False
    enc_algo_rc4: bool = False
    enc_algo_aes_128_cbc: bool = True
    enc_algo_aes_256_cbc: bool = True
    enc_algo_aes_128_gcm: bool = True
    enc_algo_aes_256_gcm: bool = True
    enc_algo_chacha20_poly1305: bool = True
    auth_algo_md5: bool = False
    auth_algo_sha1: bool = True
    auth_algo_sha256: bool = True
    auth_algo_sha384: bool = True

    @property
    def versions(self) -> tuple[Version, Version]:
        """The oldest and the newest to offer; TLS 1.3 only where a suite of it is left."""
        if self.max_version.newer_than(Version.TLS1_2) and not self.suites:
            return self.min_version, Version.TLS1_2
        return self.min_version, self.max_version

    @property
    def ciphers(self) -> tuple[str, ...]:
        """The suites up to TLS 1.2, best first."""
        return tuple(
            prefix + suite
            for exchange, prefix, lacking in _EXCHANGES
            if getattr(self, f"keyxchg_algo_{exchange}")
            for encryption, digest, suite in _SUITES
            if suite not in lacking and self._allows(encryption, digest)
        )

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites of TLS 1.3, whose key exchange is always (EC)DHE; ours is ECDHE."""
        if not self.keyxchg_algo_ecdhe:
            return ()
        return tuple(
            suite for encryption, digest, suite in _SUITES_1_3 if self._allows(encryption, digest)
        )

    def _allows(self, encryption: str, digest: str) -> bool:
        allowed: bool = getattr(self, f"enc_algo_{encryption}") and getattr(
            self, f"auth_algo_{digest}"
        )
        return allowed
