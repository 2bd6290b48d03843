"""The `antivirus` block of settings.yaml: which engines scan, and how much.

An engine is reached by a Unix socket or over loopback alone: decrypted content stays on the device.
"""

from dataclasses import dataclass
from enum import StrEnum

from clearpane.documents.mapping import Mapping
from clearpane.documents.nearest import did_you_mean, listed
from clearpane.documents.place import Text
from clearpane.hello import address

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30


class Engine(StrEnum):
    """Who looks at content; a finding of either counts."""

    EMBEDDED = "embedded"
    CLAMD = "clamd"


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where a ClamAV daemon listens: at `socket`, or where that is empty at `host` and `port`.

    `timeout` is in seconds. The default path is Debian's.
    """

    socket: str = "/run/clamav/clamd.ctl"
    host: str = ""
    port: int = 0
    timeout: float = 30


@dataclass(frozen=True, slots=True)
class Scanning:
    """Sizes in bytes.

    A body up to `hold_limit` is held back whole until its verdict; a larger one is judged while it
    flows, and what must be unpacked whole is up to `scan_limit`. All that is held back at once is
    up to `hold_budget`.
    """

    engines: tuple[Engine, ...] = (Engine.EMBEDDED,)
    hold_limit: int = 512 * _KIB
    scan_limit: int = 32 * _MIB
    hold_budget: int = 512 * _MIB
    clamd: Clamd = Clamd()


def parse(block: Mapping | None) -> Scanning:
    default = Scanning()
    if block is None:
        return default
    block.label = "antivirus"
    block.only("engines", "hold-limit", "scan-limit", "hold-budget", "clamd")
    scan_limit = block.size("scan-limit", default.scan_limit, 1 * _KIB, 1 * _GIB)
    return Scanning(
        _engines(block) or default.engines,
        _hold_limit(block, scan_limit),
        scan_limit,
        block.size("hold-budget", default.hold_budget, 1 * _KIB, 64 * _GIB),
        _clamd(block.mapping("clamd")),
    )


def _hold_limit(block: Mapping, scan_limit: int) -> int:
    """By default no more than `scan_limit`, however small that is."""
    held = block.size("hold-limit", min(Scanning().hold_limit, scan_limit), 1 * _KIB, 1 * _GIB)
    if held > scan_limit:
        message = "hold-limit is more than scan-limit: what is held whole is unpacked whole"
        block.error("hold-limit", message, "lower hold-limit or raise scan-limit")
    return held


def _engines(block: Mapping) -> tuple[Engine, ...]:
    found: dict[Engine, None] = {}
    for word in block.texts("engines") or ():
        try:
            found[Engine(word)] = None
        except ValueError:
            cure = did_you_mean(word, Engine) or f"engines are {listed(Engine, 'and')}"
            block.error(word, f"there is no engine {word}", cure)
    return tuple(found)


def _clamd(block: Mapping | None) -> Clamd:
    default = Clamd()
    if block is None:
        return default
    block.label = "clamd"
    block.only("socket", "tcp", "timeout")
    timeout = block.number("timeout", default.timeout, 1, 600)
    if "socket" in block and "tcp" in block:
        block.error("tcp", "socket and tcp name two daemons", "remove one of the two")
    if "tcp" in block:
        return Clamd("", *_loopback(block), timeout)
    path = block.text("socket", default.socket)
    if "/" not in path:
        block.error("socket", f"{path!r} is not the path of a socket", f"such as {default.socket}")
    return Clamd(path, timeout=timeout)


def _loopback(block: Mapping) -> tuple[str, int]:
    """Host and port of `tcp`."""
    text = block.text("tcp")
    if not isinstance(text, Text):
        return "", 0
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65_536):
        block.error(text, f"tcp must be ADDRESS:PORT, not {text!r}", 'such as "127.0.0.1:3310"')
        return "", 0
    if host == "localhost":
        host = "127.0.0.1"
    try:
        near = address(host).is_loopback
    except ValueError:
        near = False
    if not near:
        message = f"{text} is not on this device: decrypted content must not leave it"
        block.error(text, message, "use a Unix socket or a loopback address such as 127.0.0.1")
    return host, int(port)
