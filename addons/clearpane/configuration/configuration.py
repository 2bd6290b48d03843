"""What is in force: one value, swapped as a whole.

It holds what the files say and no adapter; the gateway makes those from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.profile import AntivirusProfile
from clearpane.authorities.authority import Authorities
from clearpane.authorities.inbound import InboundCertificate
from clearpane.configuration.settings import Settings
from clearpane.errors import Problem
from clearpane.rulebase.categories import Category
from clearpane.rulebase.learned import ProfileId
from clearpane.rulebase.rulebase import Rulebase
from clearpane.verification.profile import DecryptionProfile

# The profiles that there always are, as on the firewall.
DEFAULT = "default"

_UNCHECKED = DecryptionProfile()


@dataclass(frozen=True, slots=True)
class ReadCategory:
    """A category with the stamp that its file had, and the warnings that it gave."""

    stamp: tuple[int, ...]
    category: Category
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """All that rules/ holds.

    `pages` and `threats` are texts by name and by file, `embedded` the compiled threats where that
    engine is on. `files` are the paths that were read; `categories` is reused for those unchanged.
    """

    rulebase: Rulebase
    decryption_profiles: Mapping[str, DecryptionProfile]
    antivirus_profiles: Mapping[str, AntivirusProfile]
    settings: Settings
    pages: Mapping[str, str]
    threats: Mapping[str, str]
    embedded: Embedded | None
    files: frozenset[str]
    categories: Mapping[str, ReadCategory]
    warnings: tuple[Problem, ...]

    def decryption_profile(self, name: str) -> DecryptionProfile:
        """The profile of a rule; a rule without one checks nothing."""
        return self.decryption_profiles[name] if name else _UNCHECKED

    def profile_id(self, name: str) -> ProfileId:
        """The profile as it stands: what was learned under another one counts no more."""
        return ProfileId(name, _fingerprint(self.decryption_profile(name)))

    def profile_fingerprints(self) -> dict[str, str]:
        """By name; a rule without a profile has the empty one."""
        names = ("", *self.decryption_profiles)
        return {name: self.profile_id(name).fingerprint for name in names}

    @property
    def antivirus(self) -> AntivirusProfile:
        """The profile under which content is inspected."""
        return self.antivirus_profiles[DEFAULT]


@dataclass(frozen=True, slots=True, eq=False)
class Configuration(Policy):
    """The policy, the authorities, the upstream anchors (a bundle in PEM, the others in DER), and
    the protected servers' certificates by the names that rules give them."""

    authorities: Authorities
    anchors: tuple[bytes, tuple[bytes, ...]]
    inbound: Mapping[str, InboundCertificate]


@lru_cache(maxsize=64)
def _fingerprint(profile: DecryptionProfile) -> str:
    return sha256(repr(profile).encode()).hexdigest()[:16]
