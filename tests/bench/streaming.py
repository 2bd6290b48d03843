"""100 MB that hold nothing: the gateway inspects them with its own engine, stock streams them
unseen. What counts is how fast the client gets or sends them."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import proxies
from .compare import Row, compare, rate
from .origin import make_certificates
from .proxies import Proxy

MB, ROUNDS, FLOOR = 100, 4, 0.7
HOST = "h0.example"


def curl(proxy: Proxy, origin: int, path: str, *arguments: str) -> list[str]:
    """The command for a request through a proxy."""
    return ["curl", "--silent", "--show-error", "--fail", "--insecure", "--output", "/dev/null",
            "--proxy", f"http://127.0.0.1:{proxy.port}", *arguments,
            "--connect-to", f"::127.0.0.1:{origin}", f"https://{HOST}{path}"]  # fmt: skip


def run(folder: Path) -> list[Row]:
    """Downloads in both versions, and an upload."""
    make_certificates(folder, 1)
    file = folder / "upload"
    file.write_bytes(bytes(range(1, 251)) * (MB * 4000))
    upload = ("--http1.1", "--data-binary", f"@{file}")
    ways: Sequence[tuple[str, tuple[str, ...]]] = (
        ("100 MB download, HTTP/1.1", ("--http1.1",)),
        ("100 MB download, HTTP/2", ("--http2",)),
        ("100 MB upload, HTTP/1.1", (*upload, "--header", "Expect:")),
    )
    root = folder / "root.pem"
    unseen = proxies.stock(root, "--set", "stream_large_bodies=1m")
    inspects = proxies.gateway(root, folder / "site")
    with proxies.origin(folder, 1, "source") as port, unseen as one, inspects as two:
        return [_row(name, (one, two), port, arguments) for name, arguments in ways]


def _row(name: str, pair: tuple[Proxy, Proxy], port: int, arguments: tuple[str, ...]) -> Row:
    def transfer(proxy: Proxy, _: int) -> None:
        subprocess.run(curl(proxy, port, f"/{MB * 10**6}", *arguments), check=True)

    return rate(name, compare(pair, transfer, ROUNDS), MB, "MB", FLOOR)
