"""A stream has the verdict of the whole body, however it is cut into pieces."""

import gzip
import os
import random
from collections.abc import Sequence

import pytest

from archived import EICAR, nested, tarred, zipped
from clearpane.antivirus import scanner
from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.scan import INLINE, Scan
from clearpane.antivirus.stream import AT_ONCE, Stream
from clearpane.content.data_patterns import DataPatterns, Definition
from clearpane.content.detection import DataSeen, Detection, FileSeen, Unread, Unscanned
from scripted import Daemon, Threads, scanning

MIB = 1 << 20
FORM = "multipart/form-data; boundary=x"
NOISE = random.Random(5).randbytes(3 * MIB)
OTHER = Detection("Other", 200_000, engine="daemon")
TEST_FILE = ["Eicar Test File(100000)"]


def form(*bodies: bytes) -> bytes:
    head = b"--x\r\nContent-Disposition: form-data; name=f; filename=%d\r\n\r\n"
    return b"".join(head % n + body + b"\r\n" for n, body in enumerate(bodies)) + b"--x--\r\n"


async def fed(stream: Stream, body: bytes, size: int) -> Scan:
    for at in range(0, len(body), size):
        await stream.feed(body[at : at + size])
    return await stream.end()


BODIES: dict[str, tuple[bytes, tuple[str, ...], str, Sequence[str]]] = {
    "nothing": (b"", (), "", []),
    "the test file": (EICAR, (), "", TEST_FILE),
    "the test file by gzip": (gzip.compress(EICAR), ("gzip",), "", TEST_FILE),
    "clean": (NOISE, (), "", []),
    "clean by gzip": (gzip.compress(NOISE), ("gzip",), "", []),
    "a large zip": (zipped({"a": NOISE, "b": EICAR}), (), "", TEST_FILE),
    "a zip in it": (zipped({"a": NOISE, "b.zip": nested(2, EICAR)}), (), "", TEST_FILE),
    "a zip by gzip": (gzip.compress(zipped({"a": NOISE, "b": EICAR})), ("gzip",), "", TEST_FILE),
    "a tar": (tarred({"a": NOISE, "b": EICAR}, "w:gz"), (), "", TEST_FILE),
    "a form": (form(NOISE, EICAR), (), FORM, TEST_FILE),
    "an archive in a form": (form(NOISE, zipped({"a": EICAR})), (), FORM, TEST_FILE),
    "an unknown coding": (
        NOISE,
        ("sdch",),
        "",
        ["unscanned-malformed: content coding 'sdch' is not known"],
    ),
}


@pytest.mark.parametrize("size", [10_000, INLINE, 2 * MIB])
@pytest.mark.parametrize(
    ("body", "encodings", "content_type", "expected"), BODIES.values(), ids=BODIES
)
async def test_the_verdict(
    embedded: Embedded,
    body: bytes,
    encodings: tuple[str, ...],
    content_type: str,
    expected: Sequence[str],
    size: int,
) -> None:
    stream = scanning(Threads(), embedded).begin(
        name="x", encodings=encodings, content_type=content_type
    )
    assert [str(one) for one in (await fed(stream, body, size)).findings] == expected


async def test_a_member_is_named_from_outside(embedded: Embedded) -> None:
    body = zipped({"a": NOISE, "b.zip": zipped({"c": EICAR})})
    stream = scanning(Threads(), embedded).begin()
    (finding,) = (await fed(stream, body, INLINE)).findings
    assert finding.member == "b.zip/c"


async def test_a_finding_is_there_as_soon_as_it_was_seen(embedded: Embedded) -> None:
    body = zipped({"b": EICAR, "a": NOISE})
    stream = scanning(Threads(), embedded).begin()
    scans = [await stream.feed(body[at : at + INLINE]) for at in range(0, len(body), INLINE)]
    assert [str(one) for one in scans[1].findings] == TEST_FILE
    assert scans[-1].findings == scans[1].findings


async def test_with_very_many_rules_each_piece_needs_a_thread(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "FEW", embedded.count - 1)
    threads = Threads()
    await fed(scanning(threads, embedded).begin(), NOISE[: 4 * INLINE], INLINE)
    assert threads.used >= 4


@pytest.mark.parametrize(
    ("body", "size", "used"),
    [
        pytest.param(NOISE[:INLINE], INLINE, 0, id="none for a small one"),
        pytest.param(NOISE, INLINE, 1, id="one where it is recognised"),
        pytest.param(NOISE, AT_ONCE, 1, id="one where it is recognised, in larger pieces"),
        pytest.param(
            NOISE[: 2 * AT_ONCE + 2], AT_ONCE + 1, 2, id="one for each piece that is too large"
        ),
        pytest.param(gzip.compress(NOISE[: 5 * INLINE]), INLINE, 5, id="one for each to unpack"),
        pytest.param(
            NOISE[: 4 * INLINE] + zipped({"a": EICAR}) + NOISE[: 4 * INLINE],
            INLINE,
            1 + 5,
            id="one for each piece from where an archive begins",
        ),
    ],
)
async def test_how_often_a_stream_needs_a_thread(
    embedded: Embedded, body: bytes, size: int, used: int
) -> None:
    threads = Threads()
    stream = scanning(threads, embedded).begin()
    for at in range(0, len(body), size):
        await stream.feed(body[at : at + size])
    assert threads.used == used


@pytest.mark.parametrize(
    ("body", "encodings", "content_type", "asked"),
    [
        pytest.param(NOISE, (), "", [NOISE], id="a large body"),
        pytest.param(gzip.compress(NOISE), ("gzip",), "", [NOISE], id="without its coding"),
    ],
)
async def test_a_daemon_gets_the_body(
    embedded: Embedded,
    body: bytes,
    encodings: tuple[str, ...],
    content_type: str,
    asked: list[bytes],
) -> None:
    daemon = Daemon({NOISE: OTHER})
    stream = scanning(Threads(), embedded, daemon).begin(
        encodings=encodings, content_type=content_type
    )
    assert (await fed(stream, body, INLINE)).worst == OTHER
    assert (daemon.asked, daemon.open) == (asked, 0)


async def test_a_daemon_gets_the_parts_of_a_form() -> None:
    daemon = Daemon({EICAR: OTHER})
    stream = scanning(Threads(), None, daemon).begin(content_type=FORM)
    assert str((await fed(stream, form(NOISE, EICAR), INLINE)).worst) == str(OTHER)
    assert {NOISE, EICAR} <= set(daemon.asked)


async def test_either_engine_s_finding_counts(embedded: Embedded) -> None:
    down = Unscanned(Unread.ENGINE_DOWN)
    body = zipped({"a": NOISE, "b": EICAR})
    stream = scanning(Threads(), embedded, Daemon({body: down})).begin()
    scan = await fed(stream, body, INLINE)
    assert (str(scan.worst), down in scan.findings) == (TEST_FILE[0], True)


async def test_abandoned_a_daemon_is_not_asked(embedded: Embedded) -> None:
    daemon = Daemon()
    stream = scanning(Threads(), embedded, daemon).begin()
    await stream.feed(NOISE)
    stream.abandon()
    assert (daemon.asked, daemon.open) == ([], 0)


async def test_kinds_are_seen_from_the_first_bytes(embedded: Embedded) -> None:
    body = zipped({"a": NOISE, "b": b"b"})
    stream = scanning(Threads(), embedded, kinds=True).begin()
    for at in range(0, 2 * INLINE, INLINE):
        scan = await stream.feed(body[at : at + INLINE])
    assert scan.seen == (FileSeen("zip"),)


@pytest.mark.parametrize("size", [10_000, INLINE, 2 * MIB])
async def test_each_match_counts_once(embedded: Embedded, size: int) -> None:
    text = (b"hello " + b"." * 994) * 3000
    patterns = DataPatterns((Definition("greeting", "hello"),))
    stream = scanning(Threads(), embedded, patterns=patterns).begin()
    (seen,) = (await fed(stream, text, size)).seen
    assert isinstance(seen, DataSeen)
    assert (seen.pattern, seen.count) == ("greeting", 3000)


async def test_little_is_held(embedded: Embedded) -> None:
    stream = scanning(Threads(), embedded).begin()
    for _ in range(40):
        await stream.feed(os.urandom(MIB))
        assert stream.held < 4 * MIB
    assert (await stream.end()).findings == ()
