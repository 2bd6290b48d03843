"""From settings.yaml to `Settings`.

Every key is checked, those of later versions too, so that a file stays valid; what is switched on
and not acted on yet is said as a warning, never passed over.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from clearpane.configuration import engines, outputs
from clearpane.configuration.engines import Scanning
from clearpane.configuration.outputs import Output
from clearpane.documents.mapping import Mapping
from clearpane.documents.place import Text
from clearpane.records.capture_format import CaptureFormat

_KEYS = (
    *("zones", "users", "max-sessions", "deny-setup-failure", "handshake-timeout", "ssl-decrypt"),
    *("learned-exclusions", "revocation", "fetch", "antivirus", "on-log-failure", "outputs"),
    *("url-admin-override", "captures"),
)


class Pinned(StrEnum):
    """What follows when a client will not have the forged certificate of a good server."""

    OFF = "off"
    SUGGEST = "suggest"
    LEARN = "learn"


@dataclass(frozen=True, slots=True)
class Learning:
    """`learned-exclusions`; nothing is learned of the categories in `never`."""

    pinned: Pinned = Pinned.SUGGEST
    never: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Revocation:
    """Timeouts in seconds, within the firewall's range of 1 to 60."""

    ocsp: bool = False
    crl: bool = False
    ocsp_receive_timeout: int = 5
    crl_receive_timeout: int = 5
    cert_status_timeout: int = 5


@dataclass(frozen=True, slots=True)
class Fetch:
    """What may be fetched for a verdict, and from where."""

    intermediates: bool = False
    allow_private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class Captures:
    """How packet captures are kept: at most so many, and so many bytes of all together."""

    format: CaptureFormat = CaptureFormat.PCAP
    total: int = 1 << 30
    kept: int = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """All but the zones, which belong to the rulebase. `handshake_timeout` is in seconds.

    `url_proxy`: a session that is not decrypted gets the page of a blocked URL too.
    """

    users_file: Text | None = None
    max_sessions: int = 1024
    deny_setup_failure: bool = False
    handshake_timeout: float = 10
    notify_user: bool = False
    url_proxy: bool = False
    override_file: Text | None = None
    learning: Learning = Learning()
    revocation: Revocation = Revocation()
    fetch: Fetch = Fetch()
    antivirus: Scanning = field(default_factory=Scanning)
    captures: Captures = Captures()
    block_on_log_failure: bool = False
    outputs: tuple[Output, ...] = ()


def parse(document: Mapping | None) -> Settings:
    """settings.yaml; without the file everything is as on the firewall when it is new."""
    default = Settings()
    if document is None:
        return default
    document.only(*_KEYS)
    found = Settings(
        _file(document.mapping("users"), "users", "file"),
        document.integer("max-sessions", default.max_sessions, 1, 1_000_000),
        document.flag("deny-setup-failure"),
        document.number("handshake-timeout", default.handshake_timeout, 0.1, 300),
        *_ssl_decrypt(document.mapping("ssl-decrypt")),
        _file(document.mapping("url-admin-override"), "url-admin-override", "password-file"),
        _learning(document.mapping("learned-exclusions")),
        _revocation(document.mapping("revocation")),
        _fetch(document.mapping("fetch")),
        engines.parse(document.mapping("antivirus")),
        _captures(document.mapping("captures")),
        document.choice("on-log-failure", ("continue", "block"), "continue") == "block",
        outputs.parse(document),
    )
    _not_yet(document, found)
    return found


def _file(block: Mapping | None, label: str, key: str) -> Text | None:
    """A block that names a file and nothing else."""
    if block is None:
        return None
    block.label = label
    block.only(key)
    file = block.text(key) if block.required(key) else ""
    return file if isinstance(file, Text) else None


def _ssl_decrypt(block: Mapping | None) -> tuple[bool, bool]:
    if block is None:
        return False, False
    block.label = "ssl-decrypt"
    block.only("notify-user", "url-proxy")
    return block.flag("notify-user"), block.flag("url-proxy")


def _learning(block: Mapping | None) -> Learning:
    default = Learning()
    if block is None:
        return default
    block.label = "learned-exclusions"
    block.only("pinned", "never")
    pinned = Pinned(block.choice("pinned", Pinned, default.pinned))
    return Learning(pinned, block.texts("never") or ())


def _revocation(block: Mapping | None) -> Revocation:
    default = Revocation()
    if block is None:
        return default
    block.label = "revocation"
    timeouts = ("ocsp-receive-timeout", "crl-receive-timeout", "cert-status-timeout")
    block.only("ocsp", "crl", *timeouts)
    return Revocation(
        block.flag("ocsp"),
        block.flag("crl"),
        *(block.integer(key, default.cert_status_timeout, 1, 60) for key in timeouts),
    )


def _fetch(block: Mapping | None) -> Fetch:
    if block is None:
        return Fetch()
    block.label = "fetch"
    block.only("intermediates", "allow-private-addresses")
    return Fetch(block.flag("intermediates"), block.flag("allow-private-addresses"))


def _captures(block: Mapping | None) -> Captures:
    default = Captures()
    if block is None:
        return default
    block.label = "captures"
    block.only("format", "total", "kept")
    return Captures(
        block.choice("format", CaptureFormat, default.format),
        block.size("total", default.total, 1 << 20),
        block.integer("kept", default.kept, 1, 1_000_000),
    )


def _not_yet(document: Mapping, found: Settings) -> None:
    """What this version reads and does not act on."""
    if found.outputs:
        consequence = "records are written to the state folder alone"
        document.warning("outputs", f"outputs is not acted on yet: {consequence}")
