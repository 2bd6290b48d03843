import re

import pytest

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.member import WINDOW, Member, cut, find, inside, join, matches, occurrences

FOUND = {
    "at the start": (b"PK\3\4rest", 0, 0),
    "from a place on": (b"PK\3\4PK\3\4", 1, 4),
    "across the border of two windows": (bytes(WINDOW - 2) + b"PK\3\4", 0, WINDOW - 2),
    "in the last window": (bytes(2 * WINDOW) + b"PK\3\4", 0, 2 * WINDOW),
    "not at all": (bytes(2 * WINDOW) + b"PK\3", 0, -1),
    "in nothing": (b"", 0, -1),
}


@pytest.mark.parametrize(("data", "start", "expected"), FOUND.values(), ids=FOUND)
def test_find(data: bytes, start: int, expected: int) -> None:
    assert find(data, b"PK\3\4", start) == expected


@pytest.mark.parametrize("stop", [0, 10, WINDOW, WINDOW + 6, 2 * WINDOW + 9, 9 * WINDOW])
def test_cut_is_a_slice(stop: int) -> None:
    data = bytes(range(256)) * (WINDOW // 100)
    assert cut(data, 5, stop) == data[5:stop]


def test_occurrences() -> None:
    assert list(occurrences(b"aa-aa-aaa", b"aa")) == [0, 3, 6]


def test_parts_are_named_from_outside() -> None:
    assert inside("a.zip", Member("b.com", b"")).name == "a.zip/b.com"
    encrypted = inside("a.zip", Unscanned(Unread.ENCRYPTED, "b.com", "why"))
    assert encrypted == Unscanned(Unread.ENCRYPTED, "a.zip/b.com", "why")
    assert (join("", "b"), join("a", ""), join("", "")) == ("b", "a", "")


def test_matches_are_found_once_in_each_window_and_across() -> None:
    pattern = re.compile(rb"ab+c")
    data = (b"x" * 50 + b"abbc") * (3 * WINDOW // 54)
    assert [one.span() for one in matches(pattern, data, 4)] == [
        one.span() for one in pattern.finditer(data)
    ]
