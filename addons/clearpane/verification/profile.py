"""Decryption profiles: what an administrator wants done about what the server shows.

`parse` reads the `decryption` block of profiles.yaml, with the firewall's names; `judge` applies
one profile to a verdict.
"""

from dataclasses import Field, dataclass, field, fields

from clearpane.documents.mapping import Mapping
from clearpane.verification.protocol import ProtocolSettings, Version
from clearpane.verification.reasons import EXPIRY, NO_LEAF, UNTRUST, Reason
from clearpane.verification.verdict import Signer, Verdict


@dataclass(frozen=True, slots=True)
class ForwardProxy:
    """`ssl-forward-proxy`: checks of outbound sessions that are decrypted."""

    block_expired_certificate: bool = False
    block_untrusted_issuer: bool = False
    block_unknown_cert: bool = False
    block_timeout_cert: bool = False
    restrict_cert_exts: bool = False
    auto_include_altname: bool = False
    block_unsupported_version: bool = False
    block_unsupported_cipher: bool = False
    block_client_cert: bool = False
    block_if_no_resource: bool = False
    strip_alpn: bool = False


@dataclass(frozen=True, slots=True)
class InboundInspection:
    """`ssl-inbound-inspection`: checks of sessions to protected servers."""

    block_unsupported_version: bool = False
    block_unsupported_cipher: bool = False
    block_if_no_resource: bool = False


@dataclass(frozen=True, slots=True)
class NoProxy:
    """`ssl-no-proxy`: checks of sessions that are not decrypted."""

    block_expired_certificate: bool = False
    block_untrusted_issuer: bool = False

    @property
    def looks(self) -> bool:
        """Whether the server's certificate must be seen."""
        return self.block_expired_certificate or self.block_untrusted_issuer


@dataclass(frozen=True, slots=True)
class DecryptionProfile:
    """One profile; without arguments it is the one that checks nothing."""

    forward_proxy: ForwardProxy = ForwardProxy()
    inbound_inspection: InboundInspection = InboundInspection()
    no_proxy: NoProxy = NoProxy()
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)

    def blocks_unsupported(self, reason: Reason, *, inbound: bool) -> bool:
        """Whether a session ends that needs a TLS version or suite which the profile excludes."""
        part = self.inbound_inspection if inbound else self.forward_proxy
        if reason is Reason.UNSUPPORTED_VERSION:
            return part.block_unsupported_version
        return part.block_unsupported_cipher

    def blocks_without_resource(self, *, inbound: bool) -> bool:
        """Whether a session ends that finds no place in the pool."""
        part = self.inbound_inspection if inbound else self.forward_proxy
        return part.block_if_no_resource


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is done: a leaf under `signer`, or a page that names the `blocked` reasons."""

    signer: Signer | None
    blocked: tuple[Reason, ...] = ()

    @property
    def page(self) -> bool:
        return self.signer is None


def judge(verdict: Verdict, profile: DecryptionProfile) -> Outcome:
    """The outcome for a session that the rulebase wants decrypted."""
    checks = profile.forward_proxy
    barred = NO_LEAF | _barred(checks)
    if checks.block_unknown_cert:
        barred |= {Reason.STATUS_UNKNOWN}
    if checks.block_timeout_cert:
        barred |= {Reason.STATUS_TIMEOUT}
    blocked = tuple(reason for reason in verdict.reasons if reason in barred)
    return Outcome(None if blocked else verdict.signer, blocked)


def judge_passing(verdict: Verdict, profile: DecryptionProfile) -> tuple[Reason, ...]:
    """What ends a session that the rulebase leaves alone (`ssl-no-proxy`); nothing: it passes."""
    barred = _barred(profile.no_proxy)
    return tuple(reason for reason in verdict.reasons if reason in barred)


def _barred(checks: ForwardProxy | NoProxy) -> frozenset[Reason]:
    barred = EXPIRY if checks.block_expired_certificate else frozenset[Reason]()
    return barred | (UNTRUST - EXPIRY) if checks.block_untrusted_issuer else barred


_PARTS = (
    "ssl-forward-proxy",
    "ssl-inbound-inspection",
    "ssl-no-proxy",
    "ssl-protocol-settings",
)

_NOT_IN_OPENSSL = {"enc-algo-3des": "3DES", "enc-algo-rc4": "RC4", "auth-algo-md5": "MD5"}


def parse(section: Mapping | None) -> dict[str, DecryptionProfile]:
    """The profiles by name; `default` is there even where the file does not name it."""
    profiles = {"default": DecryptionProfile()}
    if section is not None:
        for name in section.names():
            if block := section.mapping(name):
                block.label = f'decryption profile "{name}"'
                profiles[str(name)] = _profile(block)
    return profiles


def _profile(block: Mapping) -> DecryptionProfile:
    block.only(*_PARTS)
    return DecryptionProfile(
        forward_proxy=_switches(block, "ssl-forward-proxy", ForwardProxy),
        inbound_inspection=_switches(block, "ssl-inbound-inspection", InboundInspection),
        no_proxy=_switches(block, "ssl-no-proxy", NoProxy),
        protocol=_protocol(block.mapping("ssl-protocol-settings")),
    )


def _switches[P: (ForwardProxy, InboundInspection, NoProxy)](
    block: Mapping, key: str, kind: type[P]
) -> P:
    part = block.mapping(key)
    if part is None:
        return kind()
    switches = {_key(switch): switch.name for switch in fields(kind)}
    part.only(*switches)
    on = {switch: part.flag(switch) for switch in switches}
    return kind(**{switches[switch]: value for switch, value in on.items()})


def _protocol(part: Mapping | None) -> ProtocolSettings:
    default = ProtocolSettings()
    if part is None:
        return default
    toggles = {_key(toggle): toggle.name for toggle in fields(default) if toggle.type is bool}
    part.only("min-version", "max-version", *toggles)
    oldest = [version for version in Version if version is not Version.MAX]
    settings = ProtocolSettings(
        Version(part.choice("min-version", oldest, default.min_version)),
        part.choice("max-version", Version, default.max_version),
        **{name: part.flag(key, getattr(default, name)) for key, name in toggles.items()},
    )
    _check(part, settings)
    return settings


def _check(part: Mapping, settings: ProtocolSettings) -> None:
    for key, what in _NOT_IN_OPENSSL.items():
        if getattr(settings, key.replace("-", "_")):
            part.warning(key, f"{key} has no effect: OpenSSL has no suite with {what} any more")
    if not settings.ciphers:
        part.error(part.place, "the toggles leave no cipher suite")
    elif settings.min_version.newer_than(settings.max_version):
        part.error(
            "min-version",
            f"min-version {settings.min_version} is newer than max-version {settings.max_version}",
        )
    elif settings.min_version.newer_than(settings.versions[1]):
        part.error("min-version", "the toggles leave no cipher suite of TLS 1.3")


def _key(toggle: Field[bool]) -> str:
    return toggle.name.replace("_", "-")
