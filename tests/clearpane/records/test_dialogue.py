"""A talk in another protocol becomes exchanges, with its end kept."""

from datetime import UTC, datetime, timedelta

import pytest

from clearpane.content.direction import Direction
from clearpane.records.dialogue import Dialogue
from clearpane.records.exchange import NO_GAP, Exchange, Gap

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CLIENT, SERVER = ("10.1.2.3", 50_000), ("192.0.2.9", 993)
# Who speaks is the first letter: c for the client, s for the server.
WAYS = {"c": Direction.UPLOAD, "s": Direction.DOWNLOAD}


def a_talk(*said: str, size: int = 1_000, turns: int = 100) -> Dialogue:
    talk = Dialogue(size=size, turns=turns)
    for second, text in enumerate(said):
        talk.add(WAYS[text[0]], text.encode(), AT + timedelta(seconds=second))
    return talk


def shown(talk: Dialogue) -> list[tuple[bytes, bytes]]:
    return [(each.request, each.response) for each in talk.exchanges(CLIENT, SERVER)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param((), [], id="nothing was said"),
        pytest.param(("c1", "s1"), [(b"c1", b"s1")], id="the client began"),
        pytest.param(
            ("s0", "c1", "s1"), [(b"", b"s0"), (b"c1", b"s1")], id="the server greeted first"
        ),
        pytest.param(
            ("c1", "c2", "s1", "s2", "c3"), [(b"c1c2", b"s1s2"), (b"c3", b"")], id="in pieces"
        ),
    ],
)
def test_turns_become_exchanges(said: tuple[str, ...], expected: list[tuple[bytes, bytes]]) -> None:
    assert shown(a_talk(*said)) == expected


def test_ends_and_times_are_there() -> None:
    first, second = a_talk("s0", "c1").exchanges(CLIENT, SERVER)
    assert first == Exchange(AT, *CLIENT, *SERVER, b"", b"s0")
    assert second.at == AT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("said", "size", "turns", "expected", "lost"),
    [
        pytest.param(
            ("s0000", "c1", "s1"), 8, 9, [(b"", b"0000"), (b"c1", b"s1")], (0, 1), id="a part"
        ),
        pytest.param(
            ("s0", "c1", "s1", "c2"), 4, 9, [(b"", b"s1"), (b"c2", b"")], (2, 2), id="turns"
        ),
        pytest.param(("c" + "x" * 99,), 4, 9, [(b"xxxx", b"")], (96, 0), id="one long turn"),
        pytest.param(
            ("c1", "s1", "c2", "s2"), 99, 2, [(b"c2", b"s2")], (2, 2), id="many short turns"
        ),
    ],
)
def test_the_end_is_kept_and_what_went_before_is_counted(
    said: tuple[str, ...],
    size: int,
    turns: int,
    expected: list[tuple[bytes, bytes]],
    lost: tuple[int, int],
) -> None:
    talk = a_talk(*said, size=size, turns=turns)
    assert shown(talk) == expected and talk.held <= size
    first, *others = talk.exchanges(CLIENT, SERVER)
    assert (first.request_gap, first.response_gap) == (Gap(0, lost[0]), Gap(0, lost[1]))
    assert all(each.request_gap == each.response_gap == NO_GAP for each in others)
