"""The two proxies that are compared, stock mitmdump and the gateway in stock mitmdump, and the
origins behind them: each is a process of its own.

CPU seconds and memory are those that the kernel counts, of the proxy and of all its helpers.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECRYPT = "rules: [{name: all, action: decrypt}]\n"
EMBEDDED = "engines: [embedded]"
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Proxy:
    """A running proxy on loopback."""

    name: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds so far, user and system."""
        return sum(_cpu(process) for process in self._processes())

    def memory(self) -> tuple[float, float]:
        """Resident MB: of the process, and with its helpers (what they share counted in each)."""
        sizes = [_resident(process) for process in self._processes()]
        return sizes[0], sum(sizes)

    def _processes(self) -> list[int]:
        """The proxy itself stands first."""
        found = [self.pid]
        for process in found:
            tasks = Path(f"/proc/{process}/task")
            with suppress(OSError):
                for task in tasks.iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found


def _cpu(process: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / _TICKS  # with those of children that have ended
    return 0.0


def _resident(process: int) -> float:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE / 1e6
    return 0.0


@contextmanager
def origin(folder: Path, count: int, module: str = "origin") -> Iterator[int]:
    """The port of an origin with the certificates of `folder`."""
    command = [sys.executable, "-m", f"tests.bench.{module}", str(folder), str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def stock(root: Path, *arguments: str) -> Iterator[Proxy]:
    """mitmdump as it comes, trusting the origin's root."""
    trust = ("--set", f"ssl_verify_upstream_trusted_ca={root}")
    with _running("stock", *trust, *arguments) as proxy:
        yield proxy


@contextmanager
def gateway(
    root: Path, site: Path, rules: str = DECRYPT, engines: str = EMBEDDED
) -> Iterator[Proxy]:
    """The gateway with these rules, and the shipped settings but for the engines."""
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(ROOT / "rules", site / "rules")
    (site / "rules" / "decryption.yaml").write_text(rules)
    settings = site / "rules" / "settings.yaml"
    shipped = settings.read_text()
    assert EMBEDDED in shipped
    settings.write_text(shipped.replace(EMBEDDED, engines))
    (site / "ca" / "trusted-roots").mkdir(parents=True)
    shutil.copy(root, site / "ca" / "trusted-roots")
    folders = [
        f"clearpane_{name}={site / folder}"
        for name, folder in (("rules", "rules"), ("ca", "ca"), ("state", "var"))
    ]
    options = [word for folder in folders for word in ("--set", folder)]
    with _running("gateway", "-s", "addons/gateway.py", *options) as proxy:
        yield proxy


@contextmanager
def _running(name: str, *arguments: str) -> Iterator[Proxy]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "mitmdump"), "--listen-host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "-p", str(port), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        for line in process.stdout:
            if "listening at" in line:
                break
        else:
            raise RuntimeError(f"{name} did not start")
        # Nobody reads on: what it prints must not fill the pipe.
        drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        yield Proxy(name, port, process.pid)
    finally:
        process.terminate()
        process.wait()
    drain.wait()
