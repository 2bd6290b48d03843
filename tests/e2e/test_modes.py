"""The other ways in: SOCKS5, in front of a server, and redirected. Explicit is all else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, transparent
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import OWN, STOCK, Gateway
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.zoo import Zoo

HOST, BANK = "www.zoo.test", "bank.zoo.test"


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf(HOST, BANK)) as origin:
        yield origin


def _site(folder: Path, zoo: Zoo) -> Site:
    return Site(
        folder, decryption=[LEAVE, DECRYPT], categories={"private": [BANK]}, roots=[zoo.root]
    )


def test_our_own_command(folder: Path, zoo: Zoo, tls: Origin) -> None:
    with Gateway(_site(folder / "own", zoo), OWN) as gateway:
        page = clients.curl(gateway, f"https://{HOST}/page", to=tls.port)
        virus = clients.curl(gateway, f"https://{HOST}/files/eicar.com", to=tls.port)
        bank = clients.curl(gateway, f"https://{BANK}/page", to=tls.port, trust=zoo.root_file)
        gateway.site.record("threat", sport=virus.port)
        left = gateway.site.record("traffic", sport=bank.port)
    assert (page.status, page.body) == (200, PAGE), page
    assert (virus.status, bodies.EICAR in virus.body) == (403, False), virus
    assert bank.body == PAGE, bank
    assert (left["reason"], left["decrypted"]) == (["rule"], False)


def test_tls_to_the_proxy_itself(folder: Path, zoo: Zoo, tls: Origin) -> None:
    """The proxy shows a leaf under Forward Trust for its own name; the rest is as ever."""
    with Gateway(_site(folder / "secure", zoo)) as gateway:
        proxy = ("-x", f"https://{gateway.address}", "--proxy-cacert", gateway.site.trust_file)
        page = clients.curl(gateway, f"https://{HOST}/page", *proxy, to=tls.port)
        virus = clients.curl(gateway, f"https://{HOST}/files/eicar.com", *proxy, to=tls.port)
        bank = clients.curl(
            gateway, f"https://{BANK}/page", *proxy, to=tls.port, trust=zoo.root_file
        )
        record = gateway.site.record("threat", sport=virus.port)
    assert (page.status, page.body) == (200, PAGE), page
    assert (virus.status, bodies.EICAR in virus.body) == (403, False), virus
    assert bank.body == PAGE, bank
    assert record["sni"] == HOST


def test_socks5(folder: Path, zoo: Zoo, tls: Origin) -> None:
    with Gateway(_site(folder / "socks5", zoo), STOCK, "--mode", "socks5") as gateway:
        socks = ("-x", f"socks5://{gateway.address}")
        page = clients.curl(gateway, f"https://{HOST}/page", *socks, to=tls.port)
        virus = clients.curl(gateway, f"https://{HOST}/files/eicar.com", *socks, to=tls.port)
        bank = clients.curl(
            gateway, f"https://{BANK}/page", *socks, to=tls.port, trust=zoo.root_file
        )
        gateway.site.record("threat", sport=virus.port)
        left = gateway.site.record("traffic", sport=bank.port)
    assert (page.status, page.body) == (200, PAGE), page
    assert (virus.status, bodies.EICAR in virus.body) == (403, False), virus
    assert bank.body == PAGE, bank
    assert (left["reason"], left["decrypted"]) == (["rule"], False)


def test_reverse(folder: Path, zoo: Zoo, tls: Origin) -> None:
    mode = f"reverse:https://127.0.0.1:{tls.port}"
    with Gateway(_site(folder / "reverse", zoo), STOCK, "--mode", mode) as gateway:
        trust, to = gateway.site.trust_file, gateway.port
        page = clients.curl(None, f"https://{HOST}/page", to=to, trust=trust)
        virus = clients.curl(None, f"https://{HOST}/files/eicar.com", to=to, trust=trust)
        bank = clients.curl(None, f"https://{BANK}/page", to=to, trust=zoo.root_file)
        gateway.site.record("threat", sport=virus.port)
        left = gateway.site.record("traffic", sport=bank.port)
    assert (page.status, page.body) == (200, PAGE), page
    assert (virus.status, bodies.EICAR in virus.body) == (403, False), virus
    assert bank.body == PAGE, bank
    assert (left["reason"], left["decrypted"]) == (["rule"], False)


def test_transparent(tmp_path: Path) -> None:
    """In namespaces of its own; root may always make them, others where the system lets them."""
    words = ["unshare", "--map-root-user", "--net", "--mount", sys.executable]
    done = subprocess.run(
        [*words, "-m", "e2e.harness.transparent", tmp_path],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["page"], seen["virus page"], seen["bank"]) == (True, True, True)
    record = seen["record"]
    wanted = {"src": transparent.CLIENT, "dst": transparent.SERVERS, "dport": seen["port"]}
    assert record | wanted == record
    assert (record["reason"], record["decrypted"]) == (["rule"], False)
