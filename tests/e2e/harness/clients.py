"""What users' clients see: curl and openssl, each through the gateway or without it."""

import base64
import itertools
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from . import asn1
from .process import environment
from .site import Site

PATIENCE = 20.0  # seconds
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END CERTIFICATE-----", re.DOTALL)

# X509_V_ERR_* of openssl, as far as clients are shown them here.
NOT_YET_VALID, EXPIRED, NAME = 9, 10, 62
UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})


# Source ports of this run's clients, each used once: records are told apart by them. They lie below
# those that the system gives out, and begin where hardly another run does.
_PORTS = itertools.cycle(range(20_000, 32_000))
for _ in range(os.getpid() * 97 % 12_000):
    next(_PORTS)


def source_ports() -> tuple[int, int]:
    """A few ports in a row (first, last), of which one will be free."""
    few = [next(_PORTS) for _ in range(4)]
    return (few[0], few[-1]) if few[0] < few[-1] else source_ports()


class Proxy(Protocol):
    """A running gateway, as far as clients care."""

    @property
    def site(self) -> Site: ...

    @property
    def address(self) -> str: ...


@dataclass(frozen=True)
class Reply:
    """`error` is curl's exit status (0: none), `said` its message, `port` where it came from."""

    error: int
    status: int
    body: bytes
    head: str
    protocol: str
    port: int
    said: str
    began: float
    ended: float

    def __str__(self) -> str:
        return f"curl {self.error}, {self.status}, {len(self.body)} bytes, {self.said}"


def curl(
    gateway: Proxy | None,
    url: str,
    *arguments: str | Path,
    to: int | None = None,
    trust: Path | None = None,
    protocol: str = "--http1.1",
    seconds: float = PATIENCE,
) -> Reply:
    """Fetches `url`; with `to` its host stands for that port of 127.0.0.1.

    curl then asks the proxy for that address and keeps the name in the SNI and the Host header.
    """
    began = time.monotonic()
    done = subprocess.run(
        [
            *("curl", "-q", "-sS", protocol, "--max-time", str(seconds), "--include"),
            *("-w", "%{stderr}\n%{http_code} %{http_version} %{local_port}"),
            *("--local-port", "{}-{}".format(*source_ports())),
            *_way(gateway, to, trust),
            *arguments,
            url,
        ],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=environment(_home(gateway)),
        timeout=seconds + 10,
        check=False,
    )
    ended = time.monotonic()
    said, _, last = done.stderr.decode(errors="replace").rstrip().rpartition("\n")
    status, version, port = last.split()
    head, body = _parted(done.stdout)
    times = began, ended
    return Reply(done.returncode, int(status), body, head, version, int(port), said.strip(), *times)


def _way(gateway: Proxy | None, to: int | None, trust: Path | None) -> list[str | Path]:
    """curl's words for whom it goes through, where to, and whom it trusts."""
    words: list[str | Path] = []
    if gateway:
        words += ["-x", f"http://{gateway.address}", "--suppress-connect-headers"]
        trust = trust or gateway.site.trust_file
    if trust:
        words += ["--cacert", trust, "--capath", "/nonexistent"]
    if to:
        words += ["--connect-to", f"::127.0.0.1:{to}"]
    return words


def _home(gateway: Proxy | None) -> Path:
    return gateway.site.folder if gateway else Path(tempfile.gettempdir())


def _parted(output: bytes) -> tuple[str, bytes]:
    """The last head of what `curl --include` printed, and the body."""
    head = b""
    while output.startswith(b"HTTP/"):
        head, _, output = output.partition(b"\r\n\r\n")
        if not head.split(b" ", 2)[1].startswith(b"1"):
            break
    return head.decode("latin-1"), output


@dataclass(frozen=True)
class Shown:
    """A handshake as openssl saw it: the certificates (DER) and the errors of its check."""

    certificates: tuple[bytes, ...]
    errors: frozenset[int]
    output: str

    @property
    def complete(self) -> bool:
        return "Verify return code:" in self.output and "Cipher is (NONE)" not in self.output

    @cached_property
    def leaf(self) -> asn1.Leaf:
        assert self.certificates, f"no certificate was shown: {self.output}"
        return asn1.Leaf(self.certificates[0])


def handshake(
    gateway: Proxy | None,
    name: str | None,
    port: int,
    *arguments: str,
    trust: Path,
    expect: str | None = None,
    say: bytes = b"",
) -> Shown:
    """Says hello as `name` (None: without SNI) to `port` of 127.0.0.1 and checks what it is shown.

    The check is against the host `expect`, else `name`, else the address, and trusts `trust`. With
    `say` the connection is kept until the server has answered.
    """
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-showcerts"]
    command += ["-CAfile", str(trust), "-no-CApath", "-no-CAstore"]
    command += ["-servername", name] if name else ["-noservername"]
    wanted = expect or name
    command += ["-verify_hostname", wanted] if wanted else ["-verify_ip", "127.0.0.1"]
    if gateway:
        command += ["-proxy", gateway.address]
    done = subprocess.run(
        [*command, *arguments, *(["-ign_eof"] if say else [])],
        input=say,
        capture_output=True,
        env=environment(_home(gateway)),
        timeout=PATIENCE,
        check=False,
    )
    output = (done.stdout + done.stderr).decode(errors="replace")
    shown = tuple(base64.b64decode(text) for text in _CERTIFICATE.findall(output))
    errors = frozenset(int(number) for number in re.findall(r"verify error:num=(\d+)", output))
    return Shown(shown, errors, output)
