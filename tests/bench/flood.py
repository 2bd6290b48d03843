"""Legitimate sessions while one address floods the gateway with names that nobody has heard of.

Every such name would cost a handshake with a server and a new leaf. The attacker runs in a process
of its own with the least priority, for in the field he has a machine of his own.
"""

import asyncio
import itertools
import os
import ssl
import subprocess
import sys
import time
from contextlib import suppress

from . import load
from .proxies import ROOT, Proxy

ATTACKER = "127.0.0.66"
WORKERS = 64
ROUNDS, SESSIONS = 4, 100
_BURST_IS_SPENT = 4.0  # seconds; what every source may do at once is no flood


def attack(port: int, origin: int) -> None:
    """Never ends: sessions with ever new names, as many at once as there are workers."""
    os.nice(19)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    names = (f"n{number}.flood.example" for number in itertools.count())

    async def worker() -> None:
        for name in names:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await _session(port, origin, name, context)

    async def flood() -> None:
        workers = [asyncio.create_task(worker()) for _ in range(WORKERS)]
        await asyncio.sleep(_BURST_IS_SPENT)
        print("flooding", flush=True)
        await asyncio.gather(*workers)

    asyncio.run(flood())


async def _session(port: int, origin: int, name: str, context: ssl.SSLContext) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
    try:
        writer.write(f"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(context, server_hostname=name)
    finally:
        writer.close()


def rates(proxy: Proxy, origin: int, hosts: list[str]) -> tuple[float, float]:
    """Legitimate sessions a second, without and with the attack; the rounds take turns."""
    spent = [0.0, 0.0]
    for _ in range(ROUNDS):
        spent[0] += _spent(proxy, origin, hosts)
        command = [sys.executable, "-m", "tests.bench.flood", str(proxy.port), str(origin)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as attacker:
            assert attacker.stdout and attacker.stdout.readline()
            spent[1] += _spent(proxy, origin, hosts)
            attacker.kill()
    total = ROUNDS * SESSIONS
    return total / spent[0], total / spent[1]


def _spent(proxy: Proxy, origin: int, hosts: list[str]) -> float:
    started = time.perf_counter()
    load.sessions(proxy.port, origin, [hosts[n % len(hosts)] for n in range(SESSIONS)])
    return time.perf_counter() - started


if __name__ == "__main__":
    attack(int(sys.argv[1]), int(sys.argv[2]))
