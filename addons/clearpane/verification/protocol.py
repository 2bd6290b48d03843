"""TLS versions and cipher suites that a decryption profile allows, in OpenSSL's words.

The toggles are the firewall's; a suite is offered only if its key exchange, its encryption and its
authentication are all on.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from clearpane.verification.reasons import Reason


class Version(StrEnum):
    """The firewall's names, in order. `max` is the newest that OpenSSL has."""

    TLS1_0 = "tls1-0"
    TLS1_1 = "tls1-1"
    TLS1_2 = "tls1-2"
    TLS1_3 = "tls1-3"
    MAX = "max"

    def newer_than(self, other: "Version") -> bool:
        return _ORDER.index(self) > _ORDER.index(other)


_ORDER = tuple(Version)


class Suite(NamedTuple):
    """A cipher suite by what the toggles are about. `numbers` are IANA's (TLS Cipher Suites
    registry), one for each kind of server key: the key is the server's choice."""

    exchange: str
    encryption: str
    digest: str
    name: str
    numbers: frozenset[int]


# Best first. Per suite: encryption, authentication, and OpenSSL's name behind the key exchange;
# then the numbers with ECDHE-ECDSA, ECDHE-RSA, DHE-RSA and RSA, 0 where there is none.
_KINDS = (
    ("aes_128_gcm", "sha256", "AES128-GCM-SHA256", (0xC02B, 0xC02F, 0x009E, 0x009C)),
    ("aes_256_gcm", "sha384", "AES256-GCM-SHA384", (0xC02C, 0xC030, 0x009F, 0x009D)),
    ("chacha20_poly1305", "sha256", "CHACHA20-POLY1305", (0xCCA9, 0xCCA8, 0xCCAA, 0)),
    ("aes_128_cbc", "sha256", "AES128-SHA256", (0xC023, 0xC027, 0x0067, 0x003C)),
    ("aes_256_cbc", "sha384", "AES256-SHA384", (0xC024, 0xC028, 0, 0)),
    ("aes_256_cbc", "sha256", "AES256-SHA256", (0, 0, 0x006B, 0x003D)),
    ("aes_128_cbc", "sha1", "AES128-SHA", (0xC009, 0xC013, 0x0033, 0x002F)),
    ("aes_256_cbc", "sha1", "AES256-SHA", (0xC00A, 0xC014, 0x0039, 0x0035)),
)
_EXCHANGES = (
    ("ecdhe", "ECDHE-ECDSA-", 0),
    ("ecdhe", "ECDHE-RSA-", 1),
    ("dhe", "DHE-RSA-", 2),
    ("rsa", "", 3),
)
_ECDHE = frozenset((0, 1))


def _numbers(exchange: str, column: int, numbers: tuple[int, ...]) -> frozenset[int]:
    same = _ECDHE if exchange == "ecdhe" else {column}
    return frozenset(numbers[n] for n in same)


_SUITES = tuple(
    Suite(exchange, encryption, digest, prefix + name, _numbers(exchange, column, numbers))
    for exchange, prefix, column in _EXCHANGES
    for encryption, digest, name, numbers in _KINDS
    if numbers[column]
)
_SUITES_1_3 = tuple(
    Suite("ecdhe", encryption, digest, name, frozenset((number,)))
    for encryption, digest, name, number in (
        ("aes_128_gcm", "sha256", "TLS_AES_128_GCM_SHA256", 0x1301),
        ("aes_256_gcm", "sha384", "TLS_AES_256_GCM_SHA384", 0x1302),
        ("chacha20_poly1305", "sha256", "TLS_CHACHA20_POLY1305_SHA256", 0x1303),
    )
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a ClientHello offers: the TLS versions and the numbers of its cipher suites."""

    versions: frozenset[Version]
    suites: frozenset[int]


@dataclass(frozen=True, slots=True)
class Terms:
    """What one handshake may agree on: versions from `oldest` to `newest`, OpenSSL's names of the
    suites up to TLS 1.2 and of those of TLS 1.3, best first."""

    oldest: Version
    newest: Version
    ciphers: tuple[str, ...]
    suites: tuple[str, ...]


type Unshared = Literal["version", "cipher"]


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
        return tuple(suite.name for suite in _SUITES if self._allows(suite))

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites of TLS 1.3, whose key exchange is always (EC)DHE; ours is ECDHE."""
        return tuple(suite.name for suite in _SUITES_1_3 if self._allows(suite))

    def terms(self) -> Terms:
        """What the profile alone allows."""
        return Terms(*self.versions, self.ciphers, self.suites)

    def terms_with(self, offer: Offer) -> Terms | Unshared:
        """The terms that are nowhere weaker than what the client offers; which of the two is the
        cause where nothing is left. Whether the server's key is RSA or ECDSA is left open."""
        return _shared(self, offer)

    def is_whole(self, terms: Terms, reason: Reason) -> bool:
        """Whether a handshake that failed on `terms`, for an unsupported version or cipher, would
        have failed on those of the profile too: else the client's own offer is the cause."""
        whole = self.terms()
        if reason is Reason.UNSUPPORTED_VERSION:
            return (terms.oldest, terms.newest) == (whole.oldest, whole.newest)
        return terms == whole

    def _shared(self, offer: Offer) -> Terms | Unshared:
        oldest, newest = self.versions
        shared = [v for v in _ORDER if v in offer.versions]
        shared = [v for v in shared if not (oldest.newer_than(v) or v.newer_than(newest))]
        if not shared:
            return "version"
        ciphers = tuple(s.name for s in _SUITES if self._allows(s) and s.numbers & offer.suites)
        suites = tuple(s.name for s in _SUITES_1_3 if self._allows(s) and s.numbers & offer.suites)
        if shared[0] is Version.TLS1_3 or not ciphers:
            return Terms(Version.TLS1_3, newest, (), suites) if suites else "cipher"
        if shared[-1] is Version.TLS1_3:
            newest = newest if suites else Version.TLS1_2
            return Terms(shared[0], newest, ciphers, suites)
        # The server may have a newer version than the client: that is nowhere weaker.
        return Terms(shared[0], newest, ciphers, self.suites)

    def _allows(self, suite: Suite) -> bool:
        return bool(
            getattr(self, f"keyxchg_algo_{suite.exchange}")
            and getattr(self, f"enc_algo_{suite.encryption}")
            and getattr(self, f"auth_algo_{suite.digest}")
        )


# Clients' offers differ in few ways.
@lru_cache(maxsize=256)
def _shared(settings: ProtocolSettings, offer: Offer) -> Terms | Unshared:
    return settings._shared(offer)


# For a look at a server's certificate, on a connection that carries nothing.
WIDEST = ProtocolSettings(min_version=Version.TLS1_0, keyxchg_algo_dhe=True).terms()
