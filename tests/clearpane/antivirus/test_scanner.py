import gzip
import os
import zipfile
from collections.abc import Sequence

import pytest

from archived import EICAR, bomb, zipped
from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.scan import INLINE
from clearpane.content.data_patterns import DataPatterns, Definition
from clearpane.content.detection import (
    DataSeen,
    Detection,
    FileSeen,
    Finding,
    Unread,
    Unscanned,
)
from clearpane.content.inspection import MOST_PARTS, Inspection
from scripted import Daemon, Threads, scanning

OTHER = Detection("Other", 200_000, engine="daemon")
FORM = "multipart/form-data; boundary=x"


def form(*bodies: bytes) -> bytes:
    return b"".join(b"--x\r\n\r\n" + body + b"\r\n" for body in bodies) + b"--x--\r\n"


def reasons(findings: tuple[Finding, ...]) -> list[Unread]:
    return [finding.reason for finding in findings if isinstance(finding, Unscanned)]


AT_ONCE = {
    "a small text": (b"hello", (), "text/plain", False),
    "a small text by gzip": (gzip.compress(b"hello" * 99), ("gzip",), "", False),
    "the largest small body": (os.urandom(INLINE), (), "", False),
    "a larger one": (bytes(INLINE + 1), (), "", True),
    "a small archive": (zipped({"a": b"a"}), (), "", True),
    "a form": (form(b"a"), (), FORM, True),
    "what unpacks to much": (gzip.compress(bytes(9 * INLINE)), ("gzip",), "", True),
    "an unknown coding": (b"hello", ("sdch",), "", True),
    "an empty body": (b"", ("gzip",), "", False),
}


@pytest.mark.parametrize(
    ("body", "encodings", "content_type", "threads"), AT_ONCE.values(), ids=AT_ONCE
)
async def test_what_takes_time_is_done_elsewhere(
    embedded: Embedded, body: bytes, encodings: tuple[str, ...], content_type: str, threads: bool
) -> None:
    run = Threads()
    await scanning(run, embedded).scan(body, encodings=encodings, content_type=content_type)
    assert bool(run.used) is threads


FOUND = {
    "small": (EICAR, (), ""),
    "small, by gzip": (gzip.compress(EICAR), ("gzip",), ""),
    "in an archive": (zipped({"a": EICAR}), (), ""),
    "in a form": (form(b"a", EICAR), (), FORM),
    "large": (zipped({"a": os.urandom(INLINE), "b": EICAR}, zipfile.ZIP_STORED), (), ""),
}


@pytest.mark.parametrize(("body", "encodings", "content_type"), FOUND.values(), ids=FOUND)
async def test_the_test_file_is_found(
    embedded: Embedded, body: bytes, encodings: tuple[str, ...], content_type: str
) -> None:
    scanner = scanning(Threads(), embedded)
    scan = await scanner.scan(body, name="a", encodings=encodings, content_type=content_type)
    assert str(scan.worst) == "Eicar Test File(100000)"


async def test_a_clean_body_has_no_worst(embedded: Embedded) -> None:
    scan = await scanning(Threads(), embedded).scan(b"hello")
    assert (scan.findings, scan.worst) == ((), None)


async def test_a_small_bomb_is_a_limit(embedded: Embedded) -> None:
    scan = await scanning(Threads(), embedded).scan(bomb(30), encodings=("gzip",))
    assert reasons(scan.findings) == [Unread.LIMIT]


async def test_a_finding_of_either_engine_counts(embedded: Embedded) -> None:
    daemon = Daemon({b"unknown to rules": OTHER})
    scanner = scanning(Threads(), embedded, daemon)
    assert (await scanner.scan(b"unknown to rules")).worst == OTHER
    scan = await scanner.scan(EICAR)
    assert str(scan.worst) == "Eicar Test File(100000)"
    assert daemon.asked == [b"unknown to rules", EICAR]


async def test_what_one_engine_cannot_judge_is_not_forgiven_by_the_other(
    embedded: Embedded,
) -> None:
    down = Unscanned(Unread.ENGINE_DOWN)
    scan = await scanning(Threads(), embedded, Daemon({b"hello": down})).scan(b"hello")
    assert scan.worst == down


async def test_a_daemon_sees_the_body_without_its_codings() -> None:
    daemon = Daemon()
    scan = await scanning(Threads(), None, daemon).scan(gzip.compress(EICAR), encodings=("gzip",))
    assert (daemon.asked, scan.findings) == ([EICAR], ())


async def test_a_daemon_sees_each_part_of_a_form() -> None:
    daemon, body = Daemon({EICAR: OTHER}), form(b"a", EICAR)
    scan = await scanning(Threads(), None, daemon).scan(body, content_type=FORM)
    assert (daemon.asked, scan.worst) == ([body, b"a", EICAR], OTHER)


async def test_a_daemon_is_not_asked_about_parts_without_end() -> None:
    daemon, body = Daemon(), form(*(b"%d" % n for n in range(MOST_PARTS + 1)))
    scan = await scanning(Threads(), None, daemon).scan(body, content_type=FORM)
    assert reasons(scan.findings) == [Unread.LIMIT]
    assert len(daemon.asked) == MOST_PARTS + 1


async def test_without_rules_a_coding_that_nobody_knows_is_still_said() -> None:
    daemon = Daemon()
    scan = await scanning(Threads(), None, daemon).scan(b"hello", encodings=("sdch",))
    assert reasons(scan.findings) == [Unread.MALFORMED]
    assert daemon.asked == [b"hello"]


def test_a_scanner_without_engines_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs an engine"):
        scanning(Threads(), None)


class Unpacker:
    """Notes what it is given to unpack."""

    def __init__(self) -> None:
        self.given = list[tuple[bytes, bool]]()

    async def inspect(
        self,
        body: bytes,
        *,
        name: str = "",
        encodings: Sequence[str] = (),
        content_type: str = "",
        for_daemon: bool = False,
    ) -> Inspection:
        self.given.append((body, for_daemon))
        return Inspection((OTHER,), (FileSeen("zip"),), (body,) if for_daemon else ())


@pytest.mark.parametrize(
    ("body", "encodings", "unpacked"),
    [
        pytest.param(b"hello", (), False, id="a small text"),
        pytest.param(bytes(2 * INLINE), (), False, id="a large text"),
        pytest.param(zipped({"a": b"a"}), (), True, id="a small archive"),
        pytest.param(zipped({"a": os.urandom(2 * INLINE)}), (), True, id="a large archive"),
        pytest.param(gzip.compress(os.urandom(INLINE * 2)), ("gzip",), True, id="a large coding"),
    ],
)
@pytest.mark.parametrize("asks", [False, True], ids=["alone", "with a daemon"])
async def test_what_is_taken_apart_is_taken_apart_elsewhere(
    embedded: Embedded, body: bytes, encodings: tuple[str, ...], unpacked: bool, asks: bool
) -> None:
    unpacker, daemon = Unpacker(), Daemon() if asks else None
    scan = await scanning(Threads(), embedded, daemon, unpack=unpacker).scan(
        body, encodings=encodings
    )
    # The daemon gets the body itself where nothing has to be taken off for it.
    assert unpacker.given == ([(body, asks and bool(encodings))] if unpacked else [])
    assert (scan.findings, scan.seen) == (((OTHER,), (FileSeen("zip"),)) if unpacked else ((), ()))
    assert daemon is None or daemon.asked == [body]


async def test_kinds_and_patterns_are_seen_where_they_are_asked_for(embedded: Embedded) -> None:
    patterns = DataPatterns((Definition("greeting", "hello"),))
    asked = scanning(Threads(), embedded, kinds=True, patterns=patterns)
    not_asked = scanning(Threads(), embedded)
    for body in (b"#!/bin/sh\necho hello\n", b"#!/bin/sh\n" + b"echo hello\n" * INLINE):
        seen = (await asked.scan(body)).seen
        assert {type(one) for one in seen} == {FileSeen, DataSeen}
        assert (await not_asked.scan(body)).seen == ()
