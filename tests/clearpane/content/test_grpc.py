import base64
import gzip
import random
import struct
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from archived import EICAR, bomb
from clearpane.content import grpc
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_units import Unit
from clearpane.content.member import Member

MIB = 1 << 20
NOISE = random.Random(1).randbytes(3 * MIB)


def message(body: bytes, flags: int = 0) -> bytes:
    return struct.pack(">BI", flags, len(body)) + body


def read(
    body: bytes, encoding: str = "", kind: str = "application/grpc", step: int = 7
) -> list[Unit]:
    reader = grpc.reader(kind, encoding)
    units = [unit for at in range(0, len(body), step) for unit in reader.feed(body[at : at + step])]
    return [*units, *reader.end()]


def bodies(units: list[Unit]) -> list[bytes]:
    return [one.body for unit in units for one in unit.found if isinstance(one, Member)]


def reasons(units: list[Unit]) -> set[Unread]:
    return {one.reason for unit in units for one in unit.found if isinstance(one, Unscanned)}


FOUND: dict[str, tuple[bytes, str]] = {
    "as it is": (message(EICAR), ""),
    "behind another": (message(b"x" * 99) + message(EICAR), "gzip"),
    "gzip": (message(gzip.compress(EICAR), 1), "gzip"),
    "deflate": (message(zlib.compress(EICAR), 1), "deflate"),
    "zstd": (message(zstandard.compress(EICAR), 1), "zstd"),
    "the flag lies": (message(EICAR, 1), "gzip"),
    "no encoding is named": (message(EICAR, 1), ""),
    "cut off": (message(EICAR + b"x")[:-1], ""),
    "trailers": (message(EICAR, 0x80), ""),
}


@pytest.mark.parametrize(("body", "encoding"), FOUND.values(), ids=FOUND)
def test_the_file_is_found(body: bytes, encoding: str) -> None:
    assert EICAR in bodies(read(body, encoding))


@pytest.mark.parametrize("step", [3, 4, 64, 1000], ids=lambda step: f"by {step}")
def test_text_is_read_without_its_base64(step: int) -> None:
    body = base64.b64encode(message(b"one")) + base64.b64encode(message(EICAR) + message(b"x", 128))
    units = read(body, kind="application/grpc-web-text+proto", step=step)
    assert bodies(units) == [b"one", EICAR, b"x"]
    assert b"".join(unit.raw for unit in units) == body


def test_a_message_is_passed_on_when_it_is_complete() -> None:
    reader = grpc.reader("application/grpc", "")
    body = message(EICAR)
    assert [*reader.feed(body[:-1])] == []
    assert reader.held == len(body) - 1
    assert [*reader.feed(body[-1:] + b"\0")] == [Unit(body, (Member("", EICAR),))]


def test_text_that_is_not_judged_is_held() -> None:
    reader, passed = grpc.reader("application/grpc-web-text", ""), b""
    body = base64.b64encode(message(NOISE[:3000]))
    for at in range(0, len(body) - 4, 4):
        passed += b"".join(unit.raw for unit in reader.feed(body[at : at + 4]))
    assert passed == b""


@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "gzip"])
def test_a_large_message_flows(packed: bool) -> None:
    content = NOISE + gzip.compress(EICAR)
    body = message(gzip.compress(content, 1), 1) if packed else message(content)
    reader = grpc.reader("application/grpc", "gzip")
    passed = b"".join(unit.raw for unit in reader.feed(body[:-1]))
    assert len(body) - 100_000 < len(passed) < len(body) - 60_000
    rest = [*reader.feed(body[-1:]), *reader.end()]
    assert passed + b"".join(unit.raw for unit in rest) == body
    assert reader.held == 0


UNREAD: dict[str, tuple[bytes, str, Unread]] = {
    "cut off": (message(b"xyz")[:-1], "", Unread.MALFORMED),
    "an unknown flag": (message(b"xyz", 2), "", Unread.MALFORMED),
    "an unknown encoding": (message(b"xyz", 1), "snappy", Unread.MALFORMED),
    "compressed without a name": (message(b"xyz", 1), "", Unread.MALFORMED),
    "a bomb": (message(bomb(100), 1), "gzip", Unread.LIMIT),
    "a large one is cut off": (message(NOISE)[:-1], "", Unread.MALFORMED),
}


@pytest.mark.parametrize(("body", "encoding", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_read_is_named(body: bytes, encoding: str, reason: Unread) -> None:
    units = read(body, encoding, step=50_000)
    assert reason in reasons(units)
    assert b"".join(unit.raw for unit in units) == body


@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from(["", "gzip", "zstd"]))
def test_nothing_makes_it_raise(body: bytes, step: int, encoding: str) -> None:
    for kind in ("application/grpc", "application/grpc-web-text"):
        assert b"".join(unit.raw for unit in read(body, encoding, kind, step)) == body


@pytest.mark.parametrize(
    ("kind", "is_it"),
    [("application/grpc+proto", True), ("Application/gRPC-web", True), ("text/html", False)],
    ids=["grpc+proto", "grpc-web", "a page"],
)
def test_it_is_known_by_its_type(kind: str, is_it: bool) -> None:
    assert grpc.is_grpc(kind) is is_it
