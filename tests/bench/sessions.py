"""What a session and a small request cost, the gateway against stock; and what a flood leaves."""

from pathlib import Path

from . import flood, load, proxies
from .compare import ROUNDS, Row, compare, cost, rate
from .origin import make_certificates
from .proxies import Proxy

SESSIONS, REQUESTS, HOSTS = 40, 200, 300
PASS = "rules: [{name: all, action: no-decrypt}]\n"


def run(folder: Path) -> list[Row]:
    """The rows that are a ratio."""
    make_certificates(folder, HOSTS)
    root = folder / "root.pem"
    with proxies.origin(folder, HOSTS) as port:
        return [
            *_decrypted(root, folder / "decrypted", port),
            _flooded(root, folder / "flooded", port),
            _passed(root, folder / "passed", port),
        ]


def _decrypted(root: Path, site: Path, port: int) -> list[Row]:
    def unique(proxy: Proxy, number: int) -> None:
        first = (number + 1) * SESSIONS % (HOSTS - SESSIONS)
        load.sessions(proxy.port, port, [f"h{n}.example" for n in range(first, first + SESSIONS)])

    def warm(proxy: Proxy, _: int) -> None:
        load.sessions(proxy.port, port, ["h0.example"] * SESSIONS)

    def kept(proxy: Proxy, _: int) -> None:
        load.requests(proxy.port, port, "h0.example", REQUESTS)

    with proxies.stock(root) as one, proxies.gateway(root, site) as two:
        pair, each = (one, two), ROUNDS * SESSIONS
        new, again, small = (compare(pair, work) for work in (unique, warm, kept))
    return [
        cost("new session, unique hosts", new, each, 1.1),
        cost("new session, warm", again, each, 1.1),
        cost("request of 1 KiB, kept alive, scanned", small, ROUNDS * REQUESTS, 1.18),
        rate("requests of 1 KiB, kept alive, scanned", small, REQUESTS, "requests", 0.85),
    ]


def _flooded(root: Path, site: Path, port: int) -> Row:
    with proxies.gateway(root, site) as two:
        hosts = [f"h{n}.example" for n in range(20)]
        load.sessions(two.port, port, hosts)
        alone, flooded = flood.rates(two, port, hosts)
    kept = flooded / alone
    return {"what": "rate kept while one address floods unique names", "sessions/s": alone,
            "flooded": flooded, "ratio": kept, "floor": 0.9, "ok": kept >= 0.9}  # fmt: skip


def _passed(root: Path, site: Path, port: int) -> Row:
    def warm(proxy: Proxy, _: int) -> None:
        load.sessions(proxy.port, port, ["h0.example"] * SESSIONS)

    passing = proxies.stock(root, "--ignore-hosts", ".")
    with passing as one, proxies.gateway(root, site, PASS) as two:
        used = compare((one, two), warm)
    return cost("session, not decrypted", used, ROUNDS * SESSIONS, 1.1)
