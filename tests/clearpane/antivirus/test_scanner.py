import gzip
import os
import zipfile
from collections.abc import Callable

import pytest

from archived import EICAR, bomb, zipped
from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.scan import INLINE
from clearpane.antivirus.scanner import Scanner
from clearpane.content.inspection import MOST_PARTS, Inspection
from clearpane.content.detection import Detection, Finding, Unread, Unscanned

OTHER = Detection("Other", 200_000, engine="daemon")
FORM = "multipart/form-data; boundary=x"


class Threads:
    """Runs what it is given at once, and counts."""

    def __init__(self) -> None:
        self.used = 0

    async def __call__(self, work: Callable[[], Inspection]) -> Inspection:
        self.used += 1
        return work()


class Daemon:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, answers: dict[bytes, Finding] | None = None) -> None:
        self.answers, self.asked = answers or {}, list[bytes]()

    async def scan(self, body: bytes) -> tuple[Finding, ...]:
        self.asked.append(body)
        return (self.answers[body],) if body in self.answers else ()


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
    await Scanner(run, embedded).scan(body, encodings=encodings, content_type=content_type)
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
    scanner = Scanner(Threads(), embedded)
    scan = await scanner.scan(body, name="a", encodings=encodings, content_type=content_type)
    assert str(scan.worst) == "Eicar Test File(100000)"


async def test_a_clean_body_has_no_worst(embedded: Embedded) -> None:
    scan = await Scanner(Threads(), embedded).scan(b"hello")
    assert (scan.findings, scan.worst) == ((), None)


async def test_a_small_bomb_is_a_limit(embedded: Embedded) -> None:
    scan = await Scanner(Threads(), embedded).scan(bomb(30), encodings=("gzip",))
    assert reasons(scan.findings) == [Unread.LIMIT]


async def test_a_finding_of_either_engine_counts(embedded: Embedded) -> None:
    daemon = Daemon({b"unknown to rules": OTHER})
    scanner = Scanner(Threads(), embedded, daemon)
    assert (await scanner.scan(b"unknown to rules")).worst == OTHER
    scan = await scanner.scan(EICAR)
    assert str(scan.worst) == "Eicar Test File(100000)"
    assert daemon.asked == [b"unknown to rules", EICAR]


async def test_what_one_engine_cannot_judge_is_not_forgiven_by_the_other(
    embedded: Embedded,
) -> None:
    down = Unscanned(Unread.ENGINE_DOWN)
    scan = await Scanner(Threads(), embedded, Daemon({b"hello": down})).scan(b"hello")
    assert scan.worst == down


async def test_a_daemon_sees_the_body_without_its_codings() -> None:
    daemon = Daemon()
    scan = await Scanner(Threads(), None, daemon).scan(gzip.compress(EICAR), encodings=("gzip",))
    assert (daemon.asked, scan.findings) == ([EICAR], ())


async def test_a_daemon_sees_each_part_of_a_form() -> None:
    daemon, body = Daemon({EICAR: OTHER}), form(b"a", EICAR)
    scan = await Scanner(Threads(), None, daemon).scan(body, content_type=FORM)
    assert (daemon.asked, scan.worst) == ([body, b"a", EICAR], OTHER)


async def test_a_daemon_is_not_asked_about_parts_without_end() -> None:
    daemon, body = Daemon(), form(*(b"%d" % n for n in range(MOST_PARTS + 1)))
    scan = await Scanner(Threads(), None, daemon).scan(body, content_type=FORM)
    assert reasons(scan.findings) == [Unread.LIMIT]
    assert len(daemon.asked) == MOST_PARTS + 1


async def test_without_rules_a_coding_that_nobody_knows_is_still_said() -> None:
    daemon = Daemon()
    scan = await Scanner(Threads(), None, daemon).scan(b"hello", encodings=("sdch",))
    assert reasons(scan.findings) == [Unread.MALFORMED]
    assert daemon.asked == [b"hello"]


def test_a_scanner_without_engines_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs an engine"):
        Scanner(Threads(), None)
