"""`python -m tests.bench [FILE.json]`: a table, and the same as JSON.

Rounds of the two proxies take turns, so that other work on the machine meets both alike; the ratio
is that of their CPU seconds in all rounds together.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from . import flood, load, micro, proxies, revocation
from .origin import make_certificates
from .proxies import ROOT, Proxy

ROUNDS, SESSIONS, REQUESTS, HOSTS = 6, 40, 200, 300
DECRYPT = "rules: [{name: all, action: decrypt}]\n"
PASS = "rules: [{name: all, action: no-decrypt}]\n"
CEILINGS = {
    "decision": 50e-6,
    "leaf": 0.4e-3,
    "scan of 1 KiB": 0.1e-3,
    "revocation, answer cached": 50e-6,
    "handshake, noticing a CertificateRequest": 20e-6,
}


def compare(pair: tuple[Proxy, Proxy], work: Callable[[Proxy, int], None]) -> list[float]:
    """CPU seconds of both for the same rounds."""
    used = [0.0, 0.0]
    for round_number in range(-1, ROUNDS):
        for which, proxy in enumerate(pair):
            before = proxy.cpu()
            work(proxy, round_number)
            if round_number >= 0:  # the first round only warms up
                used[which] += proxy.cpu() - before
    return used


def against_stock(folder: Path) -> list[dict[str, object]]:
    """The rows that are a ratio."""
    make_certificates(folder, HOSTS)
    command = [sys.executable, "-m", "tests.bench.origin", str(folder), str(HOSTS)]
    rows: list[dict[str, object]] = []
    with ExitStack() as stack:
        origin = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        stack.callback(origin.terminate)
        assert origin.stdout
        port, root = int(origin.stdout.readline()), folder / "root.pem"

        def row(name: str, ceiling: float, per: int, used: list[float]) -> None:
            each = [1000 * seconds / (ROUNDS * per) for seconds in used]
            ratio = used[1] / used[0]
            rows.append({"what": name, "stock ms": each[0], "gateway ms": each[1],
                         "ratio": ratio, "ceiling": ceiling, "ok": ratio <= ceiling})  # fmt: skip

        def unique(proxy: Proxy, number: int) -> None:
            first = (number + 1) * SESSIONS % (HOSTS - SESSIONS)
            hosts = [f"h{n}.example" for n in range(first, first + SESSIONS)]
            load.sessions(proxy.port, port, hosts)

        def warm(proxy: Proxy, _: int) -> None:
            load.sessions(proxy.port, port, ["h0.example"] * SESSIONS)

        def kept(proxy: Proxy, _: int) -> None:
            load.requests(proxy.port, port, "h0.example", REQUESTS)

        with proxies.stock(root) as one, proxies.gateway(root, folder / "a", DECRYPT) as two:
            row("new session, unique hosts", 1.1, SESSIONS, compare((one, two), unique))
            row("new session, warm", 1.1, SESSIONS, compare((one, two), warm))
            row("request, kept alive, scanned", 1.25, REQUESTS, compare((one, two), kept))
        with proxies.gateway(root, folder / "c", DECRYPT) as two:
            hosts = [f"h{n}.example" for n in range(20)]
            load.sessions(two.port, port, hosts)
            alone, flooded = flood.rates(two, port, hosts)
            kept_rate = flooded / alone
            rows.append({"what": "rate kept while one address floods unique names",
                         "sessions/s": alone, "flooded": flooded, "ratio": kept_rate,
                         "floor": 0.9, "ok": kept_rate >= 0.9})  # fmt: skip
        passing = proxies.stock(root, "--ignore-hosts", ".")
        with passing as one, proxies.gateway(root, folder / "b", PASS) as two:
            row("session, not decrypted", 1.1, SESSIONS, compare((one, two), warm))
    return rows


def single_steps(folder: Path) -> list[dict[str, object]]:
    """The rows that are a time."""
    shutil.copytree(ROOT / "rules", folder / "steps")
    costs = {
        "decision": micro.decision(folder / "steps"),
        "leaf": micro.forged_leaf(),
        "scan of 1 KiB": micro.scan(),
        "revocation, answer cached": revocation.cached_answer(),
        "handshake, noticing a CertificateRequest": micro.noticing(),
    }
    return [
        {"what": name, "us": 1e6 * cost, "ceiling us": 1e6 * CEILINGS[name],
         "ok": cost <= CEILINGS[name]}
        for name, cost in costs.items()
    ]  # fmt: skip


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        rows = against_stock(Path(folder)) + single_steps(Path(folder))
    for row in rows:
        shown = (f"{k} {v:.2f}" if isinstance(v, float) else str(v) for k, v in row.items())
        print("  ".join(shown))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(rows, indent=2))
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
