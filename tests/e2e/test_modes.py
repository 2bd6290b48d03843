"""The other ways in: SOCKS5, through a proxy, in front of a server, transparent, in tunnels.

Explicit is all else. What transparent modes need of the kernel is read from docs/deployment.md.
"""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import bodies, clients, network
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import OWN, STOCK, Gateway
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.wait import until
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


def test_upstream(folder: Path, zoo: Zoo, tls: Origin) -> None:
    """A second gateway stands for the proxy behind the first, and passes on what it is sent."""
    passing = Site(folder / "behind", decryption=[])
    with Gateway(passing) as behind:
        mode = f"upstream:http://{behind.address}"
        with Gateway(_site(folder / "upstream", zoo), STOCK, "--mode", mode) as gateway:
            page = clients.curl(gateway, f"https://{HOST}/page", to=tls.port)
            virus = clients.curl(gateway, f"https://{HOST}/files/eicar.com", to=tls.port)
            bank = clients.curl(gateway, f"https://{BANK}/page", to=tls.port, trust=zoo.root_file)
            record = gateway.site.record("traffic", sport=virus.port)
            left = gateway.site.record("traffic", sport=bank.port)
        passed = until(lambda: passing.records("traffic", sni=BANK), "the bank at the second")
        passed += until(lambda: passing.records("traffic", sni=HOST), "the host at the second")
    assert (page.status, page.body) == (200, PAGE), page
    assert (virus.status, bodies.EICAR in virus.body) == (403, False), virus
    assert bank.body == PAGE, bank
    assert (record["decrypted"], left["decrypted"]) == (True, False)
    assert (record["dst"], record["dport"]) == ("127.0.0.1", tls.port), "the server, not the proxy"
    assert not any(seen["decrypted"] for seen in passed), passed


def test_zones_by_listener(folder: Path, zoo: Zoo, tls: Origin) -> None:
    """Each listener of one gateway has a zone, and a rule that names it; one zone has no rule."""
    ports = dict(zip(("regular", "socks5", "reverse"), free_ports(3), strict=True))
    target = f"reverse:https://127.0.0.1:{tls.port}"
    modes = [f"regular@{ports['regular']}", f"socks5@{ports['socks5']}"]
    modes += [f"{target}@{ports['reverse']}"]
    zones = {name: {"listeners": [f"{name}@{port}"]} for name, port in ports.items()}
    site = Site(
        folder / "zones",
        decryption=[{**DECRYPT, "from": ["regular", "reverse"]}],
        settings={"zones": {**zones, "servers": {"networks": ["0.0.0.0/0"]}}},
        roots=[zoo.root],
    )
    words = [word for mode in modes for word in ("--mode", mode)]
    ways = {
        "regular": ("-x", f"http://127.0.0.1:{ports['regular']}", "--suppress-connect-headers"),
        "socks5": ("-x", f"socks5://127.0.0.1:{ports['socks5']}"),
        "reverse": (),
    }
    url = f"https://{HOST}/page"
    with Gateway(site, STOCK, *words) as gateway:
        for zone, way in ways.items():
            to = tls.port if way else ports["reverse"]
            trust = zoo.root_file if zone == "socks5" else site.trust_file
            seen = clients.curl(None, url, *way, to=to, trust=trust)
            record = gateway.site.record("traffic", sport=seen.port)
            assert seen.body == PAGE, (zone, seen)
            assert (record["from"], record["to"]) == (zone, "servers"), record
            assert record["decrypted"] == (zone != "socks5"), record


def test_the_port_that_an_option_gives_names_the_listener(
    folder: Path, zoo: Zoo, tls: Origin
) -> None:
    (port,) = free_ports(1)
    zones = {"here": {"listeners": [f"regular@{port}"]}, "servers": {"networks": ["0.0.0.0/0"]}}
    decryption = [{**DECRYPT, "from": ["here"]}]
    site = Site(folder / "port", decryption=decryption, settings={"zones": zones}, roots=[zoo.root])
    with Gateway(site, STOCK, "--listen-port", str(port)) as gateway:
        seen = clients.curl(gateway, f"https://{HOST}/page", to=tls.port)
        record = gateway.site.record("traffic", sport=seen.port)
    assert (seen.body, record["from"], record["decrypted"]) == (PAGE, "here", True), record


FAMILIES = list(zip(network.CLIENTS, network.SERVERS, strict=True))


@pytest.mark.parametrize("case", ["redirect", "tproxy"])
def test_transparent(case: str, tmp_path: Path) -> None:
    """REDIRECT as a process without privileges, which hears once that TPROXY would not work."""
    seen = in_namespaces(case, tmp_path)
    for client, server in FAMILIES:
        assert_is_handled(seen[server], client, server)
    assert_fails_closed(seen)
    assert len(seen["told"]) == (1 if case == "redirect" else 0)


def test_bridge(tmp_path: Path) -> None:
    seen = in_namespaces("bridge", tmp_path)
    for client, server in zip(network.ON_THE_WIRE, network.SERVERS, strict=True):
        assert_is_handled(seen[server], client, server)
    assert_fails_closed(seen)


def test_a_client_that_asks_a_transparent_listener_for_itself(tmp_path: Path) -> None:
    """It would connect to itself for ever."""
    assert in_namespaces("circle", tmp_path) == {"records": 2, "few files": True}


def test_tun(tmp_path: Path) -> None:
    seen = in_namespaces("tun", tmp_path)
    for client, server in FAMILIES:
        assert_is_handled(seen[server], client, server)
    assert (seen["quic"], seen["stopped"]) == (["ConnectionRefusedError"] * 2, [False, False])
    assert seen["trouble"] == []


def test_wireguard(tmp_path: Path) -> None:
    seen = in_namespaces("wireguard", tmp_path)
    assert_is_handled(seen[network.SERVERS[0]], "10.0.0.100", network.SERVERS[0])
    assert seen["trouble"] == []


def in_namespaces(case: str, folder: Path) -> dict[str, Any]:
    """What was seen in namespaces of its own; root may always make them, others where the system
    lets them."""
    words = ["unshare", "--map-root-user", "--net", "--mount", sys.executable]
    done = subprocess.run(
        [*words, "-m", "e2e.harness.transparent", case, folder],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def assert_is_handled(seen: dict[str, Any], client: str, server: str) -> None:
    """Decrypted, inspected and passed on as the rules say, and recorded with the true addresses."""
    assert (seen["page"], seen["virus page"], seen["bank"]) == (True, True, True), seen
    place = {"src": client, "dst": server, "dport": 443, "from": "lan", "to": "untrust"}
    assert seen["decrypted"] == {**place, "decrypted": True, "reason": None}
    assert seen["passed"] == {**place, "decrypted": False, "reason": ["rule"]}


def assert_fails_closed(seen: dict[str, Any]) -> None:
    """QUIC is refused, the listener itself too, and all where no gateway runs."""
    assert seen["quic"] == ["ConnectionRefusedError"] * 2
    assert (seen["listener"], seen["stopped"]) == ([False, False], [False, False])
    assert seen["trouble"] == []


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on now."""
    with contextlib.ExitStack() as open_:
        made = [open_.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in made]
