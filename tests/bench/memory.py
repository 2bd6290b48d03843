"""What the gateway keeps in memory while 20 bodies of 1 GB flow through it at once: with a ClamAV
daemon that has stopped to answer, and with the engine of its own."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.harness.clamav import Clamd

from . import proxies
from .compare import Row
from .origin import make_certificates
from .proxies import Proxy
from .streaming import curl

TRANSFERS, SIZE, SECONDS, CEILING = 20, 10**9, 20.0, 100.0
WAYS = ("--http1.1", "--http2")


def run(folder: Path) -> list[Row]:
    """Each way with its own gateway, so that idle is idle."""
    make_certificates(folder, 1)
    rows = []
    with proxies.origin(folder, 1, "source") as port, Clamd(folder / "clamd") as daemon:
        asked = f"engines: [clamd]\n  clamd: {{socket: {daemon.path}}}"
        for way in WAYS:
            for name, engines in (("embedded", proxies.EMBEDDED), ("clamd, stopped", asked)):
                site = proxies.gateway(folder / "root.pem", folder / "site", engines=engines)
                with site as proxy:
                    stalls = daemon.freeze if engines == asked else None
                    rows.append(_row(f"{name}, {way[2:]}", proxy, port, way, stalls))
                daemon.thaw()
    return rows


def _row(name: str, proxy: Proxy, port: int, way: str, stalls: Callable[[], None] | None) -> Row:
    subprocess.run(curl(proxy, port, f"/{2 << 20}", way), check=True)
    if stalls:
        stalls()
    idle, most = proxy.memory(), (0.0, 0.0)
    with _transfers(proxy, port, way) as left:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            time.sleep(0.1)  # between two samples; nothing is waited for
            main, everything = proxy.memory()
            most = max(most[0], main), max(most[1], everything)
        running, grown = left(), most[0] - idle[0]
    return {"what": f"memory, {TRANSFERS} transfers of 1 GB, {name}", "idle MB": idle[0],
            "grown MB": grown, "with helpers MB": most[1] - idle[1], "still running": running,
            "ceiling": CEILING, "ok": grown <= CEILING and running == TRANSFERS}  # fmt: skip


@contextmanager
def _transfers(proxy: Proxy, port: int, way: str) -> Iterator[Callable[[], int]]:
    """Running; the function says how many still are."""
    command = curl(proxy, port, f"/{SIZE}", way)
    with ExitStack() as stack:
        running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(TRANSFERS)]
        for one in running:
            stack.enter_context(one)
            stack.callback(one.kill)
        yield lambda: sum(one.poll() is None for one in running)
