"""Run in namespaces of its own: a client whose traffic to a protected server is redirected.

Prints for each address of the server what the client saw, who trusts the server's issuer alone,
and what was recorded, as JSON.
"""

import json
import subprocess
import sys
from pathlib import Path

from .bodies import EICAR
from .messages import PAGE
from .network import SERVERS, Network, routed, run
from .origins import Origin
from .process import STOCK, Gateway
from .site import Site
from .zoo import Zoo

HOST = "www.zoo.test"
RULE = {
    "name": "inbound-www",
    "destination": list(SERVERS),
    "action": "decrypt",
    "type": "ssl-inbound-inspection",
    "certificates": ["www"],
    "log-success": True,
}


def redirect(origin: int, gateway: int) -> None:
    rule = f'iifname "lan0" tcp dport {origin} redirect to :{gateway}'
    chain = f"chain incoming {{ type nat hook prerouting priority dstnat; {rule}; }}"
    run("nft", "-f", "-", text=f"table inet clearpane {{\n{chain}\n}}\n")


def fetch(client: Network, address: str, port: int, path: str, trust: Path) -> bytes:
    words = ["curl", "-q", "-sS", "-m", "20", "--cacert", str(trust)]
    words += ["--resolve", f"{HOST}:{port}:{address}", f"https://{HOST}:{port}{path}"]
    return subprocess.run([*client.words, *words], capture_output=True, check=False).stdout


def visit(site: Site, client: Network, address: str, port: int, trust: Path) -> dict[str, object]:
    page = fetch(client, address, port, "/page", trust)
    record = site.record("decryption", dst=address)
    virus = fetch(client, address, port, "/files/eicar.com", trust)
    return {
        "page": page == PAGE,
        "virus page": b"<html" in virus.lower() and EICAR not in virus,
        "record": record,
    }


def main(folder: Path) -> None:
    zoo = Zoo(folder)
    pair = zoo.leaf(HOST)
    site = Site(folder / "site", decryption=[RULE])
    pair.write(site.ca / "inbound", "www")
    seen = {}
    with Network() as client, Network() as server:
        routed(client, server)
        with Gateway(site, STOCK, "--mode", "transparent", "--listen-host", "") as gateway:
            for address in SERVERS:
                with server.inside():
                    origin = Origin(pair, address=address)
                with origin:
                    redirect(origin.port, gateway.port)
                    seen[address] = visit(site, client, address, origin.port, zoo.root_file)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
