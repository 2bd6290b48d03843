"""Networks on one machine: a client's and a server's, and this process's own between them.

Used by a process that has been put into a network namespace of its own; what is made here ends
with it.
"""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

CLIENTS = ("10.0.0.2", "fd00:10::2")
SERVERS = ("203.0.113.10", "2001:db8:203::10")
GATEWAYS = ("10.0.0.1", "fd00:10::1"), ("203.0.113.1", "2001:db8:203::1")
ON_THE_WIRE = ("203.0.113.20", "2001:db8:203::20")  # a client beside its servers
BRIDGE = "02:00:00:00:00:01"
_OWN = Path("/proc/self/ns/net")


def run(*words: str, text: str = "") -> str:
    """What a command printed; ends the process with its words where it fails."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}{text}")
    return done.stdout


def each(*lines: str) -> None:
    for line in lines:
        run(*line.split())


class Network:
    """Another network namespace, and whoever is in it."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE)
        self._place = Path(f"/proc/{self._holder.pid}/ns/net")
        # It is there once the process has left ours.
        while self._place.readlink() == _OWN.readlink():
            pass
        self.run("ip", "link", "set", "lo", "up")

    @property
    def words(self) -> list[str]:
        """In front of a command that is to run there."""
        return ["nsenter", "-t", str(self.pid), "-n"]

    @property
    def pid(self) -> int:
        return self._holder.pid

    def run(self, *words: str, text: str = "") -> str:
        return run(*self.words, *words, text=text)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that are made meanwhile, and threads, belong there for good."""
        with _OWN.open() as here, self._place.open() as there:
            os.setns(there.fileno(), os.CLONE_NEWNET)
            try:
                yield
            finally:
                os.setns(here.fileno(), os.CLONE_NEWNET)

    def cable(
        self, ours: str, addresses: tuple[str, str], gateways: tuple[str, str] | None
    ) -> None:
        """From our interface `ours` to theirs, `eth0`, with these addresses and this way out."""
        run(*f"ip link add {ours} type veth peer name eth0 netns {self.pid}".split())
        each(f"ip link set {ours} up")
        for address in addresses:
            self.run(*_adding(address, "eth0"))
        self.run("ip", "link", "set", "eth0", "up")
        for gateway in gateways or ():
            six = ["-6"] if ":" in gateway else []
            self.run("ip", *six, "route", "add", "default", "via", gateway)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.communicate()


def _adding(address: str, interface: str) -> list[str]:
    """`nodad`: an IPv6 address is of use at once."""
    six = ":" in address
    words = ["ip", "addr", "add", f"{address}/{64 if six else 24}", "dev", interface]
    return [*words, "nodad"] if six else words


def routed(client: Network, server: Network) -> None:
    """This machine is the router between `lan0` and `wan0`."""
    each("ip link set lo up")
    client.cable("lan0", CLIENTS, GATEWAYS[0])
    server.cable("wan0", SERVERS, GATEWAYS[1])
    for interface, addresses in zip(("lan0", "wan0"), GATEWAYS, strict=True):
        for address in addresses:
            run(*_adding(address, interface))


def bridged(client: Network, server: Network) -> None:
    """This machine is a bridge `br0` in the cable, with an address on it."""
    each("ip link set lo up", f"ip link add br0 address {BRIDGE} type bridge")
    client.cable("lan0", ON_THE_WIRE, None)
    server.cable("wan0", SERVERS, None)
    for interface in ("lan0", "wan0"):
        each(f"ip link set {interface} master br0")
    for address in GATEWAYS[1]:
        run(*_adding(address, "br0"))
    each("ip link set br0 up")


def datagram(client: Network, address: str) -> str:
    """What a client hears that sends a QUIC-like datagram to port 443: the answer, or the error."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with client.inside(), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.connect((address, 443))
        try:
            asking.send(b"\xc0" + bytes(1199))
            return asking.recv(100).decode()
        except OSError as error:
            return type(error).__name__


def reached(client: Network, address: str, port: int) -> bool:
    """Whether a client's TCP connection is accepted by anybody."""
    with client.inside():
        try:
            socket.create_connection((address, port), timeout=5).close()
        except OSError:
            return False
    return True
