"""The engine `clamd`, with a real daemon: found, clean, and what happens when it fails."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import bodies, clients
from e2e.harness.clamav import Clamd, free_port
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import PRODUCT, Site
from e2e.harness.talking_back import REPLIES, Daemon
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
WAYS = ["http", "https", "h2"]
TIMEOUT = 8  # seconds that these gateways wait for the daemon


class World:
    """A daemon of its own, a gateway that has no other engine, and two origins."""

    def __init__(self, zoo: Zoo, folder: Path, clamd: Clamd) -> None:
        place = {"tcp": f"127.0.0.1:{clamd.port}"} if clamd.port else {"socket": str(clamd.path)}
        antivirus = {"engines": ["clamd"], "clamd": {**place, "timeout": TIMEOUT}}
        self.clamd = clamd
        self.plain, self.tls = Origin(), Origin(zoo.leaf(HOST))
        self.site = Site(folder, settings={"antivirus": antivirus}, roots=[zoo.root])
        self.gateway = Gateway(self.site)

    def fetch(self, way: str, path: str, *arguments: str | Path) -> clients.Reply:
        if way == "http":
            url = f"http://127.0.0.1:{self.plain.port}{path}"
            return clients.curl(self.gateway, url, *arguments)
        protocol = "--http2" if way == "h2" else "--http1.1"
        url = f"https://{HOST}{path}"
        return clients.curl(self.gateway, url, *arguments, to=self.tls.port, protocol=protocol)


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    with Clamd(folder / "clamd") as clamd:
        made = World(zoo, folder / "socket", clamd)
        with made.plain, made.tls, made.gateway:
            yield made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", bodies.EICAR_FILES)
def test_a_download_is_blocked(world: World, way: str, name: str) -> None:
    reply = world.fetch(way, f"/files/{name}?coding=gzip")
    assert reply.status == 403, reply
    record = world.site.record("threat", sport=reply.port)
    assert record["threatid"] == "Eicar Test File(100000)"


@pytest.mark.parametrize("way", WAYS)
def test_an_upload_is_blocked(world: World, way: str, tmp_path: Path) -> None:
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    reply = world.fetch(way, f"/up/{way}", "-T", tmp_path / "eicar.com")
    assert reply.status == 403 or reply.error, reply
    asked = [*world.plain.contents.asked("/up/"), *world.tls.contents.asked("/up/")]
    assert not [each for each in asked if bodies.EICAR in each.body]


@pytest.mark.parametrize("way", WAYS)
def test_clean_bodies_pass_whole(world: World, way: str, tmp_path: Path) -> None:
    body = bodies.clean(20_000_000)
    assert bodies.digest(world.fetch(way, f"/clean/{len(body)}").body) == bodies.digest(body)
    (tmp_path / "clean").write_bytes(body)
    reply = world.fetch(way, "/up/clean", "-T", tmp_path / "clean")
    assert reply.body.decode() == f"{len(body)} {bodies.digest(body)}", reply


def test_a_reload_of_its_signatures_is_survived(world: World) -> None:
    world.clamd.process.send_signal(signal.SIGUSR2)
    for _ in range(5):
        assert world.fetch("https", "/page").status == 200
        assert world.fetch("https", "/files/eicar.com").status == 403


def test_a_silent_daemon_lets_nothing_through(world: World) -> None:
    world.clamd.freeze()
    try:
        reply = world.fetch("https", "/page?silent", "--max-time", "60")
    finally:
        world.clamd.thaw()
    assert reply.status == 403, reply
    assert_engine_down(world.site, reply)
    assert world.fetch("https", "/page?again").status == 200


def test_a_dead_daemon_lets_nothing_through_until_it_is_back(world: World) -> None:
    world.clamd.die()
    for way in WAYS:
        reply = world.fetch(way, "/page?dead")
        assert reply.status == 403, reply
        assert_engine_down(world.site, reply)
    world.clamd.restart()
    until(lambda: world.fetch("https", "/page?back").status == 200, "pages come again")
    assert world.fetch("https", "/files/eicar.com").status == 403


def assert_engine_down(site: Site, reply: clients.Reply) -> None:
    record = site.record("threat", sport=reply.port)
    assert record["threatid"] == "Unscanned(0)"
    assert record["reason"] == ["unscanned-engine-down"]


def test_it_may_listen_on_loopback(zoo: Zoo, folder: Path) -> None:
    with Clamd(folder / "tcp", free_port()) as clamd:
        world = World(zoo, folder / "loopback", clamd)
        with world.plain, world.tls, world.gateway:
            assert world.fetch("https", "/page").status == 200
            assert world.fetch("https", "/files/eicar_com.zip").status == 403


def test_a_missing_daemon_is_said_at_the_start(zoo: Zoo, folder: Path) -> None:
    site = Site(
        folder / "missing",
        settings={"antivirus": {"engines": ["clamd"], "clamd": {"socket": "/nowhere/clamd.ctl"}}},
        roots=[zoo.root],
    )
    with Gateway(site) as gateway, Origin() as plain:
        gateway.said(r"(?i)clamd.*/nowhere/clamd\.ctl|/nowhere/clamd\.ctl.*clamd")
        reply = clients.curl(gateway, f"http://127.0.0.1:{plain.port}/page")
        assert reply.status == 403, reply


@pytest.fixture(scope="module")
def talking(zoo: Zoo, folder: Path) -> Iterator[tuple[Daemon, Gateway]]:
    """A daemon that says what a test wants it to say, and a gateway that asks nobody else."""
    daemon = Daemon()
    place = {"tcp": f"127.0.0.1:{daemon.listener.port}", "timeout": 1}
    settings = {"antivirus": {"engines": ["clamd"], "clamd": place}}
    site = Site(folder / "talking", settings=settings, roots=[zoo.root])
    with daemon.listener, Gateway(site) as gateway:
        yield daemon, gateway


def test_a_daemon_without_signatures_is_said_at_the_start(talking: tuple[Daemon, Gateway]) -> None:
    _, gateway = talking
    gateway.said("has no signature database.*freshclam")
    gateway.said("does not find the EICAR test file")
    gateway.said("calls encrypted archives clean.*AlertEncrypted yes")


@pytest.mark.parametrize("size", [100, 3_000_000])
@pytest.mark.parametrize("reply", REPLIES)
def test_only_one_answer_means_clean(
    talking: tuple[Daemon, Gateway], reply: str, size: int
) -> None:
    daemon, gateway = talking
    with Origin() as plain:
        url = f"http://127.0.0.1:{plain.port}/clean/{size}"
        assert clients.curl(gateway, url).body == bodies.clean(size)
        daemon.said, usual = REPLIES[reply], daemon.said
        try:
            seen = clients.curl(gateway, url)
        finally:
            daemon.said = usual
        assert seen.status == 403 or (seen.error == 18 and len(seen.body) < size), seen
        record = gateway.site.record("threat", sport=seen.port)
        word = "too-big" if reply == "limit" else "engine-down"
        assert (record["threatid"], record["reason"]) == ("Unscanned(0)", [f"unscanned-{word}"])


# Lines of the manual's clamd.conf that say where the daemon is.
PLACES = ("LocalSocket", "LocalSocketMode", "FixStaleSocket", "Foreground", "DatabaseDirectory")


def test_the_manuals_daemon_leaves_nothing_to_warn_of(zoo: Zoo, folder: Path) -> None:
    manual = (PRODUCT / "docs" / "antivirus.md").read_text(encoding="utf-8")
    lines = manual.partition("# /etc/clearpane/clamd.conf\n")[2].partition("```")[0].splitlines()
    limits = [line for line in lines if line and line.split()[0] not in PLACES]
    with Clamd(folder / "manual-clamd", limits="\n".join([*limits, ""])) as clamd:
        antivirus = {"engines": ["clamd"], "clamd": {"socket": str(clamd.path)}}
        site = Site(folder / "manual", settings={"antivirus": antivirus}, roots=[zoo.root])
        with Gateway(site) as gateway, Origin() as plain:
            where = re.escape(str(clamd.path))
            gateway.said(f"{where}: warning: .*has no signature database")  # it has ours alone
            assert clients.curl(gateway, f"http://127.0.0.1:{plain.port}/clean/40000000").error == 0
            warnings = [line for line in gateway.lines if "clamd" in line and "warning" in line]
            assert len(warnings) == 1, warnings
