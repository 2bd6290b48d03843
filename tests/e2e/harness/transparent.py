"""Run in network, mount and user namespaces of its own: a client that knows of no proxy.

Prints what the client saw and what was recorded, as JSON. What the gateway and the kernel are told
is what docs/deployment.md says, word for word.
"""

import contextlib
import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import network
from .bodies import EICAR
from .messages import PAGE
from .network import SERVERS, Network, run
from .origins import Origin
from .process import BIN, STOCK, Gateway
from .site import DECRYPT, LEAVE, PRODUCT, Site
from .wait import until
from .zoo import Zoo

# As a service without privileges runs; REDIRECT asks for none.
POWERLESS = ("/usr/bin/setpriv", "--bounding-set=-net_admin,-net_raw", str(BIN / STOCK[0]))
HOST, BANK = "www.zoo.test", "bank.zoo.test"
LISTENERS = ("transparent@8080", "tun@0", "wireguard@51820")
ZONES = {"lan": {"listeners": LISTENERS}, "untrust": {"networks": ["0.0.0.0/0", "::/0"]}}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Documented:
    """What a section of docs/deployment.md says: the gateway's arguments, and what to run."""

    arguments: list[str]
    kernel: list[list[str]]
    rules: str

    @classmethod
    def of(cls, section: str) -> "Documented":
        text = (PRODUCT / "docs" / "deployment.md").read_text(encoding="utf-8")
        _, _, rest = text.partition(f"\n## {section}\n")
        blocks = _BLOCK.findall(rest.partition("\n## ")[0])
        lines = [
            shlex.split(ln) for kind, body in blocks if kind == "sh" for ln in body.split("\n")
        ]
        (gateway,) = [words for words in lines if words[:1] == ["clearpane"]]
        return cls(
            gateway[2:],
            [words for words in lines if words and words[0] in ("ip", "sysctl")],
            "".join(body for kind, body in blocks if kind == "nft"),
        )

    def apply(self) -> None:
        for words in self.kernel:
            run(*words)
        if self.rules:
            run("nft", "-f", "-", text=self.rules)


class World:
    """A client, a server for both kinds of address, and the gateway's site."""

    def __init__(self, folder: Path, client: Network, server: Network) -> None:
        self.folder, self.client, self.server = folder, client, server
        self.zoo = Zoo(folder)
        self.site = Site(
            folder / "site",
            decryption=[LEAVE, {**DECRYPT, "from": ["lan"]}],
            categories={"private": [BANK]},
            roots=[self.zoo.root],
            settings={"zones": ZONES},
        )

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """On TCP port 443 of both addresses; on UDP port 443 somebody hears and says nothing."""
        pair = self.zoo.leaf(HOST, BANK)
        with contextlib.ExitStack() as open_:
            for address in SERVERS:
                with self.server.inside():
                    origin = open_.enter_context(Origin(pair, address=address))
                    open_.enter_context(_udp(address))
                family = "ipv6" if ":" in address else "ipv4"
                rule = f"meta nfproto {family} tcp dport 443 redirect to :{origin.port}"
                chain = f"chain {family} {{ type nat hook prerouting priority dstnat; {rule}; }}"
                self.server.run("nft", "-f", "-", text=f"table inet server {{\n{chain}\n}}\n")
            yield

    def fetch(self, address: str, host: str, path: str, trust: Path) -> bytes:
        words = ["curl", "-q", "-sS", "-m", "20", "--cacert", str(trust)]
        words += ["--resolve", f"{host}:443:{address}", f"https://{host}{path}"]
        return subprocess.run([*self.client.words, *words], capture_output=True, check=False).stdout

    def visit(self, address: str) -> dict[str, object]:
        """A page, a virus and a bank; what was recorded of the first and of the last."""
        page = self.fetch(address, HOST, "/page", self.site.trust_file)
        virus = self.fetch(address, HOST, "/files/eicar.com", self.site.trust_file)
        bank = self.fetch(address, BANK, "/page", self.zoo.root_file)
        return {
            "page": page == PAGE,
            "virus page": b"<html" in virus.lower() and EICAR not in virus,
            "bank": bank == PAGE,
            "decrypted": self.record(address, HOST),
            "passed": self.record(address, BANK),
        }

    def record(self, address: str, host: str) -> dict[str, object]:
        found = until(
            lambda: self.site.records("traffic", sni=host, dst=address),
            f"a record of {host} at {address}; all: {self.site.records('traffic')}",
        )
        names = ("src", "dst", "dport", "from", "to", "decrypted", "reason")
        return {name: found[0].get(name) for name in names}


def _udp(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.bind((address, 443))
    return made


def transparent(world: World, section: str) -> dict[str, object]:
    """REDIRECT, TPROXY and the bridge: the page, QUIC, the listener itself, and a gateway's end."""
    told = Documented.of(section)
    told.apply()
    seen: dict[str, object] = {}
    command = (*POWERLESS, *STOCK[1:]) if "REDIRECT" in section else STOCK
    with Gateway(world.site, command, "--listen-host", "", *told.arguments) as gateway:
        for address in SERVERS:
            seen[address] = world.visit(address)
        seen["quic"] = [network.datagram(world.client, address) for address in SERVERS]
        ours = network.GATEWAYS["bridge" in section]
        seen["listener"] = [network.reached(world.client, one, gateway.port) for one in ours]
        seen["trouble"] = [line for line in gateway.lines if "failure" in line]
        seen["told"] = [line for line in gateway.lines if "REDIRECT works" in line]
    seen["stopped"] = [network.reached(world.client, address, 443) for address in SERVERS]
    return seen


def circle(world: World, section: str) -> dict[str, object]:
    """The rule that keeps clients away from the listener is missing: who asks it for itself?"""
    told = Documented.of(section)
    lines = [line for line in told.rules.split("\n") if "proto-dst" not in line]
    Documented(told.arguments, told.kernel, "\n".join(lines)).apply()
    with Gateway(world.site, STOCK, "--listen-host", "", *told.arguments) as gateway:
        files = Path(f"/proc/{gateway.process.pid}/fd")
        for address in network.GATEWAYS[0]:
            url = f"https://{f'[{address}]' if ':' in address else address}:{gateway.port}/"
            subprocess.run([*world.client.words, "curl", "-qsk", "-m", "20", url], check=False)
        until(lambda: len(world.site.records("traffic")) == 2, "two records")
        open_ = len(list(files.iterdir()))
    return {"records": len(world.site.records("traffic")), "few files": open_ < 100}


def tun(world: World, section: str) -> dict[str, object]:
    """The route comes when the interface is there."""
    told = Documented.of(section)
    with _starting(world, told, "TUN interface created") as gateway:
        told.apply()
        seen: dict[str, object] = {address: world.visit(address) for address in SERVERS}
        seen["quic"] = [network.datagram(world.client, address) for address in SERVERS]
        seen["trouble"] = [line for line in gateway.lines if "failed" in line]
    seen["stopped"] = [network.reached(world.client, address, 443) for address in SERVERS]
    return seen


def wireguard(world: World, section: str) -> dict[str, object]:
    """The client takes what mitmproxy prints for it; IPv4 alone is routed by that."""
    told = Documented.of(section)
    with _starting(world, told, "WireGuard server listening") as gateway:
        keys = dict(re.findall(r"(PrivateKey|PublicKey) = (.*)", gateway.output))
        peer = f"PublicKey = {keys['PublicKey']}\nAllowedIPs = 0.0.0.0/0\n"
        text = f"[Interface]\nPrivateKey = {keys['PrivateKey']}\n[Peer]\n{peer}"
        text += f"Endpoint = {network.GATEWAYS[0][0]}:51820\n"
        # wireguard-go keeps its socket there; the mount namespace is ours.
        run("mount", "-t", "tmpfs", "none", "/run")
        with _tunnel(world.client):
            until(Path("/run/wireguard/wg0.sock").exists, "the client's tunnel")
            (world.folder / "wg.conf").write_text(text)
            for line in (
                f"wg setconf wg0 {world.folder / 'wg.conf'}",
                "ip addr add 10.0.0.100/32 dev wg0",
                "ip link set wg0 up mtu 1400",
                f"ip route add {SERVERS[0]}/32 dev wg0 src 10.0.0.100",
            ):
                world.client.run(*line.split())
            seen: dict[str, object] = {SERVERS[0]: world.visit(SERVERS[0])}
        seen["trouble"] = [line for line in gateway.lines if "failed" in line]
    return seen


@contextlib.contextmanager
def _tunnel(client: Network) -> Iterator[None]:
    """WireGuard in user space, for not every kernel has it."""
    words = [*client.words, "wireguard-go", "-f", "wg0"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as daemon:
        try:
            yield
        finally:
            daemon.terminate()


@contextlib.contextmanager
def _starting(world: World, told: Documented, says: str) -> Iterator[Gateway]:
    """A gateway that has no TCP port to wait for."""
    confdir = ("--set", f"confdir={world.folder / 'conf'}")
    gateway = Gateway(world.site, STOCK, "--listen-host", "", *told.arguments, *confdir)
    try:
        gateway.said(says, 60)
        until((world.site.state / "gateway.pid").exists, "the gateway is up", 60)
        yield gateway
        gateway.stop()
    finally:
        gateway.kill()


CASES: dict[str, tuple[Callable[[World, str], dict[str, object]], str]] = {
    "redirect": (transparent, "Transparent: REDIRECT"),
    "tproxy": (transparent, "Transparent: TPROXY"),
    "bridge": (transparent, "On a bridge"),
    "circle": (circle, "Transparent: REDIRECT"),
    "tun": (tun, "TUN"),
    "wireguard": (wireguard, "WireGuard"),
}


def main(case: str, folder: Path) -> None:
    play, section = CASES[case]
    with Network() as client, Network() as server:
        (network.bridged if case == "bridge" else network.routed)(client, server)
        world = World(folder, client, server)
        with world.serving():
            seen = play(world, section)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
