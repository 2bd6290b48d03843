"""Run in network, mount and user namespaces of its own: a client whose traffic is redirected.

Prints what the client saw and what was recorded, as JSON. The client sits in a second network
behind this one; nftables hands all that it sends to the servers' address to the gateway.
"""

import json
import subprocess
import sys
from pathlib import Path

from .bodies import EICAR
from .messages import PAGE
from .origins import Origin
from .process import STOCK, Gateway
from .site import DECRYPT, LEAVE, Site
from .zoo import Zoo

SERVERS, GATEWAY, CLIENT = "11.22.33.4", "10.9.0.1", "10.9.0.2"
HOST, BANK = "www.zoo.test", "bank.zoo.test"


def run(*words: str, text: str = "") -> str:
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def connect(client: int) -> list[str]:
    """Lays the cable to the client's network; the words that run a command there."""
    there = ["nsenter", "-t", str(client), "-n"]
    for words in (
        "ip link set lo up",
        f"ip addr add {SERVERS}/32 dev lo",
        "ip link add near type veth peer name far",
        f"ip link set far netns {client}",
        f"ip addr add {GATEWAY}/24 dev near",
        "ip link set near up",
    ):
        run(*words.split())
    for words in (
        f"ip addr add {CLIENT}/24 dev far",
        "ip link set far up",
        f"ip route add default via {GATEWAY}",
    ):
        run(*there, *words.split())
    return there


def redirect(port: int) -> None:
    rule = f'iifname "near" ip daddr {SERVERS} ip protocol tcp redirect to :{port}'
    chain = f"chain incoming {{ type nat hook prerouting priority dstnat; {rule}; }}"
    run("nft", "-f", "-", text=f"table ip clearpane {{\n{chain}\n}}\n")


def fetch(there: list[str], host: str, port: int, path: str, trust: Path) -> bytes:
    url = f"https://{host}:{port}{path}"
    resolve = f"{host}:{port}:{SERVERS}"
    words = ["curl", "-q", "-sS", "-m", "20", "--cacert", str(trust), "--resolve", resolve, url]
    return subprocess.run([*there, *words], capture_output=True, check=False).stdout


def main(folder: Path) -> None:
    zoo = Zoo(folder)
    site = Site(
        folder / "site",
        decryption=[LEAVE, {**DECRYPT, "from": ["any"]}],
        categories={"private": [BANK]},
        roots=[zoo.root],
    )
    transparent = ("--mode", "transparent", "--listen-host", "0.0.0.0")
    with subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE) as client:
        # The client's network is there once the process has left ours.
        while Path(f"/proc/{client.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
            pass
        there = connect(client.pid)
        with (
            Origin(zoo.leaf(HOST, BANK), address=SERVERS) as origin,
            Gateway(site, STOCK, *transparent) as gateway,
        ):
            redirect(gateway.port)
            page = fetch(there, HOST, origin.port, "/page", site.trust_file)
            virus = fetch(there, HOST, origin.port, "/files/eicar.com", site.trust_file)
            bank = fetch(there, BANK, origin.port, "/page", zoo.root_file)
            seen = {
                "page": page == PAGE,
                "virus page": b"<html" in virus.lower() and EICAR not in virus,
                "bank": bank == PAGE,
                "record": site.record("traffic", sni=BANK),
                "port": origin.port,
            }
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
