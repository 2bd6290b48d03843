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
from clearpane.content.data_patterns import DataPatterns
from clearpane.errors import Problem
from clearpane.filtering.data import DataFiltering
from clearpane.filtering.files import FileBlocking
from clearpane.filtering.override import PasswordHash
from clearpane.filtering.url import UrlFiltering
from clearpane.rulebase.categories import Category
from clearpane.rulebase.learned import ProfileId
from clearpane.rulebase.names import Names
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.security import ProfileNames, SecurityDecision, SecurityRulebase
from clearpane.verification.profile import DecryptionProfile

# The profiles that there always are, as on the firewall.
DEFAULT = "default"

_UNCHECKED = DecryptionProfile()
_DEFAULTS = ProfileNames(DEFAULT, DEFAULT, DEFAULT, DEFAULT)


@dataclass(frozen=True, slots=True)
class ReadCategory:
    """A category with the stamp that its file had, and the warnings that it gave."""

    stamp: tuple[int, ...]
    category: Category
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentProfiles:
    """What inspects content; None where nothing of the kind is inspected."""

    virus: AntivirusProfile | None
    url: UrlFiltering | None
    files: FileBlocking | None
    data: DataFiltering | None

    @property
    def inspects(self) -> bool:
        """Whether anybody looks into content."""
        files = self.files is not None and bool(self.files.rules)
        return (
            self.virus is not None
            or files
            or (self.data is not None and bool(self.data.thresholds))
        )

    @property
    def allows_partial(self) -> bool:
        """Whether parts of a file may be asked for: nobody looks, or the profile allows it."""
        return not self.inspects or bool(self.virus and self.virus.allow_http_partial_response)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """All that rules/ holds.

    `security` is None where there is no security.yaml: then everything is allowed. `patterns` are
    those that a profile in use names. `pages` and `threats` are texts by name and by file,
    `embedded` the compiled threats where that engine is on. `files` are the paths that were read;
    `categories` is reused for those unchanged.
    """

    rulebase: Rulebase
    security: SecurityRulebase | None
    decryption_profiles: Mapping[str, DecryptionProfile]
    antivirus_profiles: Mapping[str, AntivirusProfile]
    url_profiles: Mapping[str, UrlFiltering]
    file_profiles: Mapping[str, FileBlocking]
    data_profiles: Mapping[str, DataFiltering]
    patterns: DataPatterns
    url_lists: Mapping[str, Names]
    settings: Settings
    override: PasswordHash | None
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

    def content_profiles(self, decision: SecurityDecision | None) -> ContentProfiles:
        """Those of a security rule; without one the default ones, as without security.yaml."""
        names = decision.profiles if decision else _DEFAULTS
        return ContentProfiles(
            self.antivirus_profiles.get(names.virus),
            self.url_profiles.get(names.url_filtering),
            self.file_profiles.get(names.file_blocking),
            self.data_profiles.get(names.data_filtering),
        )

    def url_categories(self, name: str, path: str) -> frozenset[str]:
        """What security rules and URL profiles compare: the URL's categories, and the domain lists
        that either of them names.

        `name` has the form of `hello.host_name`, or is an address; `path` includes the query.
        """
        found = self.rulebase.categories.of_url(name, path)
        return found | {word for word, listed in self.url_lists.items() if listed.covers(name)}

    @property
    def antivirus(self) -> AntivirusProfile:
        """The profile under which content is inspected where no security rule says another."""
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
