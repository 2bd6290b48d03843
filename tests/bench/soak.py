"""Half an hour of an office's traffic, as fast as it goes: whether memory grows with it, and
whether every session and every virus leaves its record."""

import json
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.harness.wait import until

from . import load, proxies
from .compare import Row
from .origin import make_certificates
from .proxies import Proxy
from .source import KEY
from .streaming import curl

SESSIONS, CLIENTS, HOSTS = 3000, 6, 150
WARM = 0.25  # of the run; the caches fill in it
CEILING = 1.0  # MB for each 1,000 requests
UNDECRYPTED = "h0.example"
RULES = f"""
rules:
  - {{name: passed, destination: [{UNDECRYPTED}], action: no-decrypt}}
  - {{name: all, action: decrypt}}
"""
PATIENCE = 20.0  # seconds until the last record stands in its file


@dataclass
class Clients:
    """Everybody who asks through one proxy; `requests` are those that were answered as they
    should be."""

    proxy: Proxy
    origin: int
    requests: int = 0
    viruses: int = 0
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def session(self, number: int) -> None:
        """One of a hundred in turn; each twentieth is the first to go to its host, whose leaf
        stays in a bounded cache."""
        host = f"h{1 + number // 20 % (HOSTS - 1)}.example"
        try:
            done = MIX[number % len(MIX)](self, host)
        except (OSError, AssertionError, ValueError, subprocess.SubprocessError) as fault:
            self.faults.append(f"session {number}: {fault!r}")
            return
        with self._lock:
            self.requests += done

    def pages(self, host: str) -> int:
        """Ten small ones on a connection that is kept."""
        with load.connect(self.proxy.port, self.origin, host) as line:
            for _ in range(10):
                assert load.exchange(line, host, "/1024") == (200, 1024)
        return 10

    def page(self, host: str) -> int:
        return self._one(host, "/1024", (200, 1024))

    def download(self, host: str) -> int:
        return self._one(host, "/5000000", (200, 5_000_000))

    def upload(self, host: str) -> int:
        return self._one(host, "/0", (200, 0), b"upload " * 150_000)

    def undecrypted(self, _: str) -> int:
        return self.page(UNDECRYPTED)

    def virus(self, host: str) -> int:
        with load.connect(self.proxy.port, self.origin, host) as line:
            status, _ = load.exchange(line, host, "/eicar")
            assert status == 403, status
        with self._lock:
            self.viruses += 1
        return 1

    def http2(self, _: str) -> int:
        urls = curl(self.proxy, self.origin, "/1024?[1-10]", "--http2")
        subprocess.run(urls, check=True, capture_output=True, timeout=60)
        return 10

    def websocket(self, host: str) -> int:
        fields = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
        head = f"GET /ws HTTP/1.1\r\nHost: {host}\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n"
        with load.connect(self.proxy.port, self.origin, host) as line:
            line.sendall(head.encode())
            with line.makefile("rb") as reader:
                assert b" 101 " in reader.readline()
                while reader.readline().strip():
                    pass
                for opcode, text in (*[(1, b"hello")] * 10, (8, b"")):
                    start = bytes((128 | opcode, 128 | len(text)))
                    line.sendall(start + bytes(4) + text)  # a mask of zeros
                    assert reader.read(2 + len(text))[2:] == text
        return 1

    def _one(self, host: str, path: str, expected: tuple[int, int], body: bytes = b"") -> int:
        with load.connect(self.proxy.port, self.origin, host) as line:
            assert load.exchange(line, host, path, body) == expected
        return 1


# Of a hundred sessions: how many are of which kind.
SHARES: dict[Callable[[Clients, str], int], int] = {
    Clients.pages: 60,
    Clients.page: 10,
    Clients.undecrypted: 8,
    Clients.http2: 6,
    Clients.download: 4,
    Clients.upload: 4,
    Clients.websocket: 4,
    Clients.virus: 4,
}
_IN_A_ROW = [kind for kind, share in SHARES.items() for _ in range(share)]
MIX = [_IN_A_ROW[number * 37 % len(_IN_A_ROW)] for number in range(len(_IN_A_ROW))]


def run(folder: Path) -> list[Row]:
    """One gateway for all of it."""
    make_certificates(folder, HOSTS)
    site, root = folder / "site", folder / "root.pem"
    source, gateway = proxies.origin(folder, HOSTS, "source"), proxies.gateway(root, site, RULES)
    with source as port, gateway as proxy:
        clients, started = Clients(proxy, port), time.perf_counter()
        samples = _sampled(clients)
        seconds = time.perf_counter() - started
        log = site / "var" / "log"
        traffic = _records(log / "traffic.jsonl", SESSIONS)
        threats = _records(log / "threat.jsonl", clients.viruses)
    for fault in clients.faults[:10]:
        print(fault)
    return [_memory(samples, seconds), _kept(clients, traffic, threats)]


type Sample = tuple[int, float, float]  # requests so far, MB, MB with helpers


def _sampled(clients: Clients) -> list[Sample]:
    samples: list[Sample] = []
    with ThreadPoolExecutor(CLIENTS) as pool:
        left: set[Future[None]] = {pool.submit(clients.session, n) for n in range(SESSIONS)}
        while left:
            _, left = wait(left, timeout=0.5)
            samples.append((clients.requests, *clients.proxy.memory()))
    return samples


def _memory(samples: list[Sample], seconds: float) -> Row:
    requests = samples[-1][0]
    warm = [sample for sample in samples if sample[0] >= WARM * requests]
    thousands = [sample[0] / 1000 for sample in warm]
    main, everything = (
        statistics.linear_regression(thousands, [sample[place] for sample in warm]).slope
        for place in (1, 2)
    )
    return {"what": "soak, growth for 1,000 requests", "requests": requests, "seconds": seconds,
            "warm MB": warm[0][1], "last MB": warm[-1][1], "MB": main,
            "with helpers": everything, "ceiling": CEILING, "ok": main <= CEILING}  # fmt: skip


def _kept(clients: Clients, traffic: int, threats: int) -> Row:
    ok = not clients.faults and (traffic, threats) == (SESSIONS, clients.viruses)
    return {"what": "soak, records", "sessions": SESSIONS, "traffic": traffic,
            "viruses": clients.viruses, "threats": threats,
            "failed sessions": len(clients.faults), "ok": ok}  # fmt: skip


def _records(file: Path, expected: int) -> int:
    """How many stand there in the end."""

    def found() -> int:
        return sum(1 for line in file.read_bytes().splitlines() if json.loads(line))

    with suppress(AssertionError):  # the row says how many are missing
        until(lambda: found() >= expected, "all records", PATIENCE)
    return found()
