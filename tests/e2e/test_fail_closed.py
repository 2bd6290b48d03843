"""Whatever breaks in the gateway, nothing uninspected passes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import bodies, clients
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin, close_after_hello, misbehaving
from e2e.harness.process import STOCK, Gateway
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST, BANK = "files.zoo.test", "bank.zoo.test"
SABOTAGE = Path(__file__).parent / "harness" / "sabotage.py"

# Hooks that decide, and the ways on which each is asked.
HTTP, TLS = ["http", "https", "h2"], ["https", "h2"]
HOOKS = {
    "client_connected": HTTP,
    "server_connect": HTTP,
    "server_connected": HTTP,
    "http_connect": TLS,
    "next_layer": HTTP,
    "tls_start_server": TLS,
    "tls_established_server": TLS,
    "tls_start_client": TLS,
    "tls_established_client": TLS,
    "requestheaders": HTTP,
    "request": HTTP,
    "responseheaders": HTTP,
    "response": HTTP,
}
OTHERS = {"tls_failed_server", "tcp_start"}  # below; the latter decides nothing, it labels


class World:
    """A gateway whose hooks raise when they are named in `trigger`."""

    def __init__(self, zoo: Zoo, folder: Path) -> None:
        self.trigger = folder / "trigger"
        self.trigger.write_text("", encoding="ascii")
        self.plain, self.tls = Origin(), Origin(zoo.leaf(HOST, BANK))
        self.site = Site(
            folder / "sabotaged",
            decryption=[LEAVE, DECRYPT],
            categories={"private": [BANK]},
            roots=[zoo.root],
        )
        script, where = ("-s", str(SABOTAGE)), {"SABOTAGE": str(self.trigger)}
        self.gateway = Gateway(self.site, STOCK, *script, environment=where)

    def fetch(self, way: str, path: str, *arguments: str | Path) -> clients.Reply:
        if way == "http":
            url = f"http://127.0.0.1:{self.plain.port}{path}"
            return clients.curl(self.gateway, url, *arguments, seconds=5)
        protocol = "--http2" if way == "h2" else "--http1.1"
        url = f"https://{HOST}{path}"
        return clients.curl(
            self.gateway, url, "-k", *arguments, to=self.tls.port, protocol=protocol, seconds=5
        )

    def spoil(self, hook: str) -> None:
        self.trigger.write_text(hook, encoding="ascii")


@pytest.fixture(scope="module")
def sabotaged(zoo: Zoo, folder: Path) -> Iterator[World]:
    made = World(zoo, folder)
    with made.plain, made.tls, made.gateway:
        yield made


@pytest.fixture
def world(sabotaged: World) -> Iterator[World]:
    yield sabotaged
    sabotaged.spoil("")


def test_all_guarded_hooks_are_tried_out_here(world: World) -> None:
    path = world.trigger.with_suffix(".hooks")
    found = until(lambda: path.read_text("ascii") if path.exists() else "", "the hooks' names")
    assert set(found.split()) == HOOKS.keys() | OTHERS


@pytest.mark.parametrize(
    ("hook", "way"), [(hook, way) for hook, ways in HOOKS.items() for way in ways]
)
def test_a_hook_that_raises_lets_nothing_through(
    world: World, hook: str, way: str, tmp_path: Path
) -> None:
    assert world.fetch(way, "/page?before").status == 200
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    lines = len(world.gateway.lines)
    world.spoil(hook)

    page = world.fetch(way, "/page")
    down = world.fetch(way, "/files/eicar.com")
    up = world.fetch(way, f"/up/{hook}/{way}", "-T", tmp_path / "eicar.com")

    assert (page.body != PAGE and page.error) or page.status >= 400, page
    assert bodies.EICAR not in down.body
    assert up.error or up.status >= 400, up
    world.gateway.said(f"{hook}.*sabotage|sabotage.*{hook}", after=lines)
    for origin in (world.plain, world.tls):
        received = [each.body for each in origin.contents.asked(f"/up/{hook}/{way}")]
        assert bodies.EICAR not in received or hook.startswith("response"), "the upload arrived"
    world.spoil("")
    assert world.fetch(way, "/page?after").status == 200, "it does not recover"


def test_a_failed_server_is_not_let_through_by_a_hook_that_raises(world: World) -> None:
    world.spoil("tls_failed_server")
    with misbehaving(close_after_hello) as server:
        seen = clients.handshake(world.gateway, HOST, server.port, trust=world.site.trust_file)
    if seen.certificates:
        assert seen.leaf.issuer == world.site.trust.leaf.subject


# A full disk


def _full_disk(folder: Path, zoo: Zoo, on_log_failure: str) -> Site:
    """Each record file is one that has no room (full(4))."""
    site = Site(folder, settings={"on-log-failure": on_log_failure}, roots=[zoo.root])
    (site.state / "log").mkdir(parents=True, mode=0o700)
    for kind in ("threat", "traffic", "decryption"):
        site.log(kind).symlink_to("/dev/full")
    return site


@pytest.mark.parametrize("command", ["block", "continue"])
def test_a_full_disk(folder: Path, zoo: Zoo, command: str) -> None:
    site = _full_disk(folder / f"full-{command}", zoo, command)
    with Origin() as plain, Gateway(site) as gateway:
        url = f"http://127.0.0.1:{plain.port}/page"
        virus = f"http://127.0.0.1:{plain.port}/files/eicar.com"
        clients.curl(gateway, url)
        gateway.said("(?i)no space left|disk|could not be written|lost")
        if command == "block":
            reply = until(
                lambda: reply if (reply := clients.curl(gateway, url)).body != PAGE else None,
                "new sessions are stopped",
            )
            assert reply.error or reply.status >= 400
        else:
            assert clients.curl(gateway, url).body == PAGE
        assert bodies.EICAR not in clients.curl(gateway, virus).body
        for kind in ("threat", "traffic", "decryption"):
            site.log(kind).unlink()
        gateway.reload()
        until(lambda: clients.curl(gateway, url).body == PAGE, "sessions go on after the cure")
        until(lambda: site.records("traffic"), "records are written again")


def test_a_capture_that_cannot_be_written_stops_no_verdict(folder: Path, zoo: Zoo) -> None:
    site = Site(folder / "no-captures", roots=[zoo.root])
    with Origin() as plain, Gateway(site) as gateway:
        captures = site.state / "pcap"
        if captures.exists():
            captures.rmdir()
        captures.write_text("in the way")
        reply = clients.curl(gateway, f"http://127.0.0.1:{plain.port}/files/eicar.com")
        assert reply.status == 403
        site.record("threat", sport=reply.port)
        gateway.said("pcap")
