"""What went before is kept in its order, and never too much of it."""

from datetime import UTC, datetime

import pytest

from clearpane.records.exchange import Exchange
from clearpane.records.trail import Trail, Trails, bounded

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def an_exchange(number: int, size: int = 10) -> Exchange:
    return Exchange(AT, "10.0.0.1", 1, "10.0.0.2", 2, b"%d" % number, bytes(size - 1))


def numbers(exchanges: tuple[Exchange, ...]) -> list[int]:
    return [int(exchange.request) for exchange in exchanges]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(10, [5, 6, 7], id="the number counts"),
        pytest.param(40, [6, 7], id="the bytes count"),
    ],
)
def test_the_oldest_go(size: int, expected: list[int]) -> None:
    trail = Trail(exchanges=3, size=100)
    for number in range(8):
        trail.add(an_exchange(number, size))
    assert numbers(trail.exchanges()) == expected if size == 10 else trail.held <= 100
    assert trail.held == sum(exchange.size for exchange in trail.exchanges())


def test_a_large_one_is_cut_to_its_share_and_says_so() -> None:
    trail = Trail(size=400)
    trail.add(an_exchange(1, 20))
    trail.add(an_exchange(2, 10_000))
    small, large = trail.exchanges()
    assert (small.size, small.missing) == (20, 0)
    assert (large.size, large.missing) == (100, 9_900)


def test_each_session_has_its_own() -> None:
    trails = Trails()
    for number in (1, 2, 3):
        trails.add(number % 2, an_exchange(number))
    assert numbers(trails.before(1)) == [1, 3] and numbers(trails.before(0)) == [2]
    assert trails.before(77) == ()


def test_all_together_are_bounded_and_the_quietest_are_lost() -> None:
    trails = Trails(total=50)
    for session in (1, 2, 3, 4, 5):
        trails.add(session, an_exchange(session))
    trails.add(1, an_exchange(1))
    assert [bool(trails.before(session)) for session in (1, 2, 3, 4, 5)] == [
        *(True, False, True, True, True),
    ]
    assert trails.held == 50


def test_one_that_is_larger_than_all_room_is_not_kept() -> None:
    trails = Trails(total=50)
    trails.add(1, an_exchange(1, 60))
    assert trails.before(1) == () and trails.held == 0


def test_a_session_that_ended_is_forgotten() -> None:
    trails = Trails()
    trails.add(1, an_exchange(1))
    trails.forget(1)
    trails.forget(1)
    assert trails.before(1) == () and trails.held == 0


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        pytest.param(100, [0, 1, 2, 3], id="all of it"),
        pytest.param(30, [1, 2, 3], id="not the first"),
        pytest.param(29, [2, 3], id="the oldest whole"),
        pytest.param(10, [3], id="the last alone"),
        pytest.param(6, [3], id="the last, cut"),
    ],
)
def test_the_finding_goes_before_what_came_earlier(room: int, expected: list[int]) -> None:
    shown = bounded([an_exchange(number) for number in range(4)], room)
    assert numbers(shown) == expected and sum(each.size for each in shown) <= room
    assert shown[-1].missing == max(0, 10 - room)
