"""Both engines at once, and what happens while they fail, change or have had enough.

A real daemon is killed, stopped and reloaded while transfers go on; a real process that unpacks is
killed at its work. Nothing infected passes meanwhile, and nothing unjudged passes in silence.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import bodies, clients, family, large
from e2e.harness.clamav import Clamd
from e2e.harness.large import MIB
from e2e.harness.messages import Answer
from e2e.harness.origins import Origin
from e2e.harness.process import BIN, Gateway, environment
from e2e.harness.site import PRODUCT, Record, Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
TIMEOUT = 5  # seconds that these gateways wait for the daemon
EICAR_THREAT = "Eicar Test File(100000)"
# What one engine alone knows as a threat.
OF_CLAMAV, OF_RULES = b"known to the daemon alone", b"known to the rules alone"
RULE = 'rule {0} {{ strings: $a = "{1}" condition: $a at 0 }}\n'


class World:
    def __init__(
        self, zoo: Zoo, folder: Path, clamd: Clamd, engines: tuple[str, ...] = ("embedded", "clamd")
    ) -> None:
        place: dict[str, Any] = {"socket": str(clamd.path), "timeout": TIMEOUT}
        settings = {"antivirus": {"engines": list(engines), "clamd": place}}
        self.site = Site(folder, settings=settings, roots=[zoo.root])
        self.clamd, self.gateway = clamd, Gateway(self.site)
        self.tls = Origin(zoo.leaf(HOST))
        self.tls.contents.files |= {"of-clamav": OF_CLAMAV, "of-rules": OF_RULES}
        self.tls.contents.files["many.zip"] = large.many_members()

    def fetch(self, path: str) -> clients.Reply:
        url = f"https://{HOST}{path}"
        return clients.curl(self.gateway, url, to=self.tls.port, seconds=60)

    def threat(self, reply: clients.Reply) -> Record:
        self.site.record("traffic", sport=reply.port)
        return self.site.record("threat", sport=reply.port)

    def paced(self, path: str) -> tuple[threading.Event, threading.Event]:
        """Serves 20 MiB at the path, the second half only after the second event is set; the first
        one says that it waits for that."""
        waits, go = threading.Event(), threading.Event()

        def pieces() -> Iterator[bytes]:
            body = large.clean(20 * MIB)
            yield body[: 10 * MIB]
            waits.set()
            go.wait(20)
            yield body[10 * MIB :]

        self.tls.contents.routes[path] = lambda _: Answer(body=pieces())
        return waits, go


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    with Clamd(folder / "clamd") as clamd:
        made = World(zoo, folder / "both", clamd)
        made.site.save("threats/own.yar", RULE.format("Of_Rules", OF_RULES.decode()))
        clamd.learn("Of.ClamAV", OF_CLAMAV)
        with made.tls, made.gateway:
            yield made


# Both


@pytest.mark.parametrize(
    ("name", "threat"), [("of-clamav", "Of.ClamAV.UNOFFICIAL"), ("of-rules", "Of_Rules")]
)
def test_what_one_engine_alone_knows_is_found(world: World, name: str, threat: str) -> None:
    def blocked() -> clients.Reply | None:
        reply = world.fetch(f"/files/{name}")
        return reply if reply.status == 403 else None

    reply = until(blocked, "it is known")  # the daemon loads what it learned in the background
    assert world.threat(reply)["threatid"].startswith(f"{threat}(")


def test_what_both_know_is_recorded_once(world: World) -> None:
    reply = world.fetch("/files/eicar_com.zip")
    assert reply.status == 403
    assert world.threat(reply)["threatid"] == EICAR_THREAT


def test_the_command_asks_both(world: World) -> None:
    done = subprocess.run(
        [BIN / "clearpane", "antivirus", "test", "--json", "--rules", world.site.rules],
        capture_output=True,
        text=True,
        env=environment(world.site.folder),
        cwd=PRODUCT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    said = json.loads(done.stdout)
    assert [(each["engine"], each["ok"]) for each in said["engines"]] == [
        ("embedded", True),
        ("clamd", True),
    ]
    assert said["isolation"] in ("seccomp", "network namespace")


# What changes while it runs


def _is_stopped(world: World, name: str) -> bool:
    return world.fetch(f"/files/{name}").status == 403


def test_new_signatures_come_without_a_gap(world: World) -> None:
    """Infected files are asked for all the while, by four clients."""
    stop, seen = threading.Event(), list[clients.Reply]()

    def ask() -> None:
        while not stop.is_set():
            seen.append(world.fetch("/files/eicar_com.zip"))
            seen.append(world.fetch("/files/eicar.com"))

    contents = world.tls.contents.files
    contents["new-rule"], contents["new-signature"] = b"a new rule", b"a new signature"
    with ThreadPoolExecutor(4) as clients_of_it:
        asking = [clients_of_it.submit(ask) for _ in range(4)]
        try:
            assert world.fetch("/files/new-rule").status == 200
            assert world.fetch("/files/new-signature").status == 200
            world.site.save("threats/new.yar", RULE.format("New_Rule", "a new rule"))
            world.clamd.learn("New.Signature", b"a new signature")
            for name in ("new-rule", "new-signature"):
                until(partial(_is_stopped, world, name), f"{name} counts", 30)
        finally:
            stop.set()
    for one in asking:
        one.result()
    assert len(seen) > 20
    assert {reply.status for reply in seen} == {403}


def test_a_large_transfer_goes_on_while_signatures_change(world: World) -> None:
    waits, go = world.paced("/paced/reload")
    with ThreadPoolExecutor(1) as client:
        reply = client.submit(world.fetch, "/paced/reload")
        assert waits.wait(20)
        world.site.save("threats/again.yar", RULE.format("Again", "again and again"))
        world.clamd.learn("Again", b"again by the daemon")
        world.tls.contents.files["again"] = b"again and again"
        until(lambda: world.fetch("/files/again").status == 403, "the new rule counts", 30)
        go.set()
        seen = reply.result()
    assert (seen.error, bodies.digest(seen.body)) == (0, bodies.digest(large.clean(20 * MIB)))


# What a daemon can't do


def assert_unscanned(world: World, reply: clients.Reply, reason: str) -> Record:
    record = world.threat(reply)
    assert (record["threatid"], record["reason"]) == ("Unscanned(0)", [reason]), record
    return record


@pytest.fixture(scope="module")
def limited(zoo: Zoo, folder: Path) -> Iterator[World]:
    """The daemon alone, and it takes no more than 2 MiB."""
    with Clamd(folder / "limited-clamd", largest=2) as clamd:
        made = World(zoo, folder / "limited", clamd, ("clamd",))
        made.tls.contents.files |= {"locked.zip": bodies.LOCKED_ZIP, "bomb": bodies.bomb()}
        with made.tls, made.gateway:
            yield made


def test_what_is_over_its_limit_is_cut_off_and_named(limited: World) -> None:
    reply = limited.fetch(f"/clean/{5 * MIB}")
    assert reply.error == 18 and len(reply.body) < 5 * MIB
    assert_unscanned(limited, reply, "unscanned-too-big")
    assert limited.fetch(f"/clean/{MIB}").body == bodies.clean(MIB)


@pytest.mark.parametrize(
    ("name", "reason"), [("locked.zip", "unscanned-encrypted"), ("bomb", "unscanned-limit")]
)
def test_its_heuristics_are_no_threats(limited: World, name: str, reason: str) -> None:
    reply = limited.fetch(f"/files/{name}")
    assert reply.status == 403, reply
    assert_unscanned(limited, reply, reason)


# What fails


def test_a_daemon_that_dies_at_its_work_ends_the_transfer(world: World) -> None:
    waits, go = world.paced("/paced/dies")
    with ThreadPoolExecutor(1) as client:
        reply = client.submit(world.fetch, "/paced/dies")
        assert waits.wait(20)
        world.clamd.die()
        go.set()
        seen = reply.result()
    assert seen.error and len(seen.body) < 20 * MIB
    assert_unscanned(world, seen, "unscanned-engine-down")
    world.clamd.restart()
    until(lambda: world.fetch("/page?back").status == 200, "it is back")
    assert world.fetch("/files/eicar.com").status == 403


def test_a_daemon_that_stops_at_its_work_ends_the_transfer(world: World) -> None:
    waits, go = world.paced("/paced/stops")
    with ThreadPoolExecutor(1) as client:
        reply = client.submit(world.fetch, "/paced/stops")
        assert waits.wait(20)
        world.clamd.freeze()
        try:
            go.set()
            seen = reply.result()
        finally:
            world.clamd.thaw()
    assert seen.error and len(seen.body) < 20 * MIB
    assert_unscanned(world, seen, "unscanned-engine-down")
    until(lambda: world.fetch("/page?goes-on").status == 200, "it goes on")


def test_a_process_that_is_killed_at_its_work_costs_one_scan(
    world: World, zoo: Zoo, folder: Path
) -> None:
    made = World(zoo, folder / "killed", world.clamd, ("embedded",))
    with made.tls, made.gateway:
        assert made.fetch("/files/many.zip").status == 200
        before = {each: family.seconds(each) for each in family.workers(made.gateway.process.pid)}
        assert before

        def at_work() -> int | None:
            busy = (each for each, took in before.items() if family.seconds(each) > took + 0.05)
            return next(busy, None)

        with ThreadPoolExecutor(1) as client:
            reply = client.submit(made.fetch, "/files/many.zip?killed")
            os.kill(until(at_work, "a process unpacks", pause=0.005), signal.SIGKILL)
            seen = reply.result()
        assert seen.status == 403, seen
        assert_unscanned(made, seen, "unscanned-engine-down")
        assert made.fetch("/files/many.zip?again").body == large.many_members()
        assert made.fetch("/files/eicar_com.zip").status == 403
