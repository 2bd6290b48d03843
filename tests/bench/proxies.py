"""The two proxies that are compared: stock mitmdump, and the gateway in stock mitmdump.

CPU seconds are the proxy process's own, user and system, as the kernel counts them.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Proxy:
    """A running proxy on loopback."""

    name: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def stock(root: Path, *arguments: str) -> Iterator[Proxy]:
    """mitmdump as it comes, trusting the origin's root."""
    trust = ("--set", f"ssl_verify_upstream_trusted_ca={root}")
    with _running("stock", *trust, *arguments) as proxy:
        yield proxy


@contextmanager
def gateway(root: Path, site: Path, rules: str) -> Iterator[Proxy]:
    """The gateway with the shipped settings and these rules."""
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(ROOT / "rules", site / "rules")
    (site / "rules" / "decryption.yaml").write_text(rules)
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
