"""A daemon gets every content as one, and none of it twice."""

from dataclasses import replace

import pytest

from clearpane.antivirus.relay import OPEN, Relay
from clearpane.content.detection import Detection, Unread, Unscanned
from clearpane.content.flow import OVERLAP, Window
from clearpane.content.inspection import MOST_PARTS
from clearpane.content.member import Member
from scripted import Daemon

THREAT = Detection("Threat", 200_000, engine="daemon")
LONG = bytes(range(256)) * (3 * OVERLAP // 256)


def windows(name: str, body: bytes = LONG) -> list[Member | Window]:
    """A body in windows that overlap."""
    half = len(body) // 2
    overlapping = Window(name, half - OVERLAP, body[half - OVERLAP :], OVERLAP)
    return [Window(name, 0, body[:half]), overlapping]


CONTENTS: dict[str, tuple[list[Member | Window], bool, list[bytes]]] = {
    "a small body": ([Member("", b"a")], False, [b"a"]),
    "an empty one": ([Member("", b"")], False, []),
    "a large body": (windows(""), False, [LONG]),
    "what is in a body is not sent again": ([*windows(""), Member("x", b"b")], False, [LONG]),
    "the parts of a form": ([Member("a", b"a"), Member("b", b"b")], True, [b"a", b"b"]),
    "large parts": ([*windows("a"), *windows("b")], True, [LONG, LONG]),
    "two parts of one name": ([*windows("a"), *windows("a")], True, [LONG, LONG]),
    "parts by turns": (
        [item for pair in zip(windows("a"), windows("b"), strict=True) for item in pair],
        True,
        [LONG, LONG],
    ),
}


@pytest.mark.parametrize(("contents", "parts", "asked"), CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
async def test_what_a_daemon_gets(
    contents: list[Member | Window], parts: bool, asked: list[bytes], at_once: bool
) -> None:
    daemon = Daemon()
    relay = Relay(daemon, parts=parts)
    for some in [contents] if at_once else [[content] for content in contents]:
        assert await relay.take(some) == []
    assert await relay.end() == []
    assert (daemon.asked, daemon.open) == (asked, 0)


async def test_a_finding_names_its_part() -> None:
    daemon = Daemon({LONG: THREAT, b"a": THREAT})
    relay = Relay(daemon, parts=True)
    assert await relay.take([Member("x", b"a")]) == [replace(THREAT, member="x")]
    assert await relay.take(windows("y")) == []
    assert await relay.end() == [replace(THREAT, member="y")]


async def test_parts_without_end_are_a_limit() -> None:
    daemon = Daemon()
    relay = Relay(daemon, parts=True)
    found = await relay.take([Member("", b"a")] * (MOST_PARTS + 1))
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [Unread.LIMIT]
    assert len(daemon.asked) == MOST_PARTS


async def test_few_contents_are_open_at_once() -> None:
    daemon = Daemon()
    relay = Relay(daemon, parts=True)
    for number in range(2 * OPEN):
        await relay.take(windows(str(number)))
        assert daemon.open <= OPEN
    await relay.end()
    assert daemon.asked == [LONG] * 2 * OPEN


async def test_abandoned_it_asks_nothing() -> None:
    daemon = Daemon()
    relay = Relay(daemon, parts=False)
    await relay.take(windows(""))
    relay.abandon()
    assert (daemon.asked, daemon.open, daemon.abandoned) == ([], 0, 1)
