"""The test virus, hidden in every way that the corpus knows, and clean files of every type.

All go through one real gateway with both engines. What is documented as not found stands in
docs/antivirus.md, word for word.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, corpus
from e2e.harness.clamav import Clamd
from e2e.harness.corpus import CLEAN, HIDDEN
from e2e.harness.hiding import Hidden
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import PRODUCT, Record, Site
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
EICAR_THREAT = "Eicar Test File(100000)"
# How bodies travel besides the plainest way.
OTHER_WAYS = ("h2", "http", "chunked", "close", "upload")
DOWNLOADS = {name: row for name, row in HIDDEN.items() if not row.upload}
# What the embedded engine leaves as unscanned, and ClamAV opens.
DEEPER = {"five codings", "five zips deep"}
OTHERWISE = {name: OTHER_WAYS[at % 5] for at, name in enumerate(list(DOWNLOADS)[::2])}


class World:
    """One gateway with both engines, and the corpus behind it."""

    def __init__(self, zoo: Zoo, folder: Path, clamd: Clamd) -> None:
        antivirus = {"engines": ["embedded", "clamd"], "clamd": {"socket": str(clamd.path)}}
        self.site = Site(folder, settings={"antivirus": antivirus}, roots=[zoo.root])
        self.gateway = Gateway(self.site)
        self.plain, self.tls = Origin(), Origin(zoo.leaf(HOST))
        self.folder = folder
        for origin in (self.plain, self.tls):
            corpus.serve(origin.contents)

    def fetch(self, way: str, kind: str, name: str, row: corpus.Served) -> clients.Reply:
        path = corpus.path(kind, name, row)
        if way == "http":
            return clients.curl(self.gateway, f"http://127.0.0.1:{self.plain.port}{path}")
        query = {"chunked": "?chunked=7", "close": "?close"}.get(way, "")
        protocol = "--http2" if way == "h2" else "--http1.1"
        url = f"https://{HOST}{path}{query}"
        if way != "upload":
            return clients.curl(self.gateway, url, to=self.tls.port, protocol=protocol)
        given = self.folder / "given"
        given.write_bytes(corpus.body_of(row))
        said = [word for each in corpus.fields(row) for word in ("-H", "{}: {}".format(*each))]
        words = ("-X", "POST", "--data-binary", f"@{given}", *said)
        return clients.curl(self.gateway, url, *words, to=self.tls.port)

    def found(self, reply: clients.Reply) -> list[Record]:
        """The threat records of a session that is over."""
        self.site.record("traffic", sport=reply.port)
        return self.site.records("threat", sport=reply.port)


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    with Clamd(folder / "clamd") as clamd:
        made = World(zoo, folder / "site", clamd)
        with made.plain, made.tls, made.gateway:
            yield made


def assert_ends_as_it_must(world: World, way: str, name: str, row: Hidden) -> None:
    reply = world.fetch(way, "hidden", name, row)
    records = world.found(reply)
    if row.end == "documented":
        assert reply.status == 200 and not records, (reply, records)
        return
    assert (reply.error, reply.status) == (0, 403), (reply, records)
    assert b"<html" in reply.body.lower()
    assert bodies.EICAR not in reply.body and corpus.body_of(row) not in reply.body
    assert len(records) == 1, records
    record = records[0]
    assert (record["type"], record["subtype"]) == ("THREAT", "virus")
    assert record["direction"] == ("client-to-server" if way == "upload" else "server-to-client")
    if row.end == "blocked" or name in DEEPER:
        assert record["threatid"] == EICAR_THREAT, record
    else:
        assert record["threatid"] == "Unscanned(0)", record
        assert record["reason"] == [row.unread], record
    if way == "upload":
        sent = corpus.body_of(row)
        asked = world.tls.contents.asked(corpus.path("hidden", name, row))
        assert not [each for each in asked if sent in each.body]


@pytest.mark.parametrize("name", HIDDEN)
def test_it_is_found_or_named(world: World, name: str) -> None:
    row = HIDDEN[name]
    assert_ends_as_it_must(world, "upload" if row.upload else "https", name, row)


@pytest.mark.parametrize("name", OTHERWISE)
def test_it_is_found_or_named_however_it_travels(world: World, name: str) -> None:
    assert_ends_as_it_must(world, OTHERWISE[name], name, HIDDEN[name])


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_file_arrives_as_it_is(world: World, name: str) -> None:
    row = CLEAN[name]
    body = corpus.body_of(row)
    reply = world.fetch("https", "clean-files", name, row)
    assert (reply.error, reply.status, reply.body) == (0, 200, body), (reply, world.found(reply))
    assert not world.found(reply)


@pytest.mark.parametrize("name", list(CLEAN)[::3])
def test_a_clean_file_can_be_sent(world: World, name: str) -> None:
    row = CLEAN[name]
    reply = world.fetch("upload", "clean-files", name, row)
    asked = world.tls.contents.asked(corpus.path("clean-files", name, row))[-1]
    assert asked.method == "POST" and asked.body == corpus.body_of(row), world.found(reply)
    assert not world.found(reply)


def test_the_corpus_is_as_large_as_is_said() -> None:
    ends = Counter(row.end for row in HIDDEN.values())
    assert ends["blocked"] >= 80 and ends["unscanned"] >= 20
    assert len(CLEAN) >= 40 and len({row.content_type for row in CLEAN.values()}) >= 35
    for row in HIDDEN.values():
        assert bool(row.limit) is (row.end == "documented")
        assert bool(row.unread) is (row.end == "unscanned")


# The manual


def _table(heading: str) -> dict[str, str]:
    """The two columns of the table under a heading of docs/antivirus.md."""
    text = (PRODUCT / "docs" / "antivirus.md").read_text(encoding="utf-8")
    _, _, part = text.partition(f"## {heading}\n")
    part, _, _ = part.partition("\n## ")
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", part, re.MULTILINE)
    return dict(rows[1:])


def test_the_manual_names_what_is_not_found() -> None:
    said = {
        (limit, name)
        for limit, names in _table("What is not found").items()
        for name in names.split("; ")
    }
    rows = {(row.limit, name) for name, row in HIDDEN.items() if row.end == "documented"}
    assert said == rows


def test_the_manual_explains_each_reason() -> None:
    said = {reason.strip("`") for reason in _table("What can't be judged")}
    assert {row.unread for row in HIDDEN.values() if row.unread} <= said
