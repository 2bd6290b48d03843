import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content.flow_content import Content
from clearpane.content.flow_nodes import (
    BYTES_PER_MEMBER,
    LARGEST_WINDOW,
    OVERLAP,
    RATIO,
    Context,
    Meter,
    Place,
    Window,
    Windows,
)
from clearpane.content.limits import ExhaustedError, Limits
from clearpane.content.member import Member


def test_windows_overlap() -> None:
    windows = Windows("a")
    assert [*windows.feed(b"x" * 100_000)] == []
    assert [*windows.flush()] == [Window("a", 0, b"x" * 100_000, 0)]
    assert [*windows.feed(b"yz")] == []
    start = 100_000 - OVERLAP
    assert [*windows.flush()] == [Window("a", start, b"x" * OVERLAP + b"yz", OVERLAP)]
    assert [*windows.flush()] == []
    assert windows.held == OVERLAP


@given(st.lists(st.tuples(st.integers(0, 3 << 20), st.booleans()), max_size=5))
def test_windows_leave_nothing_out(pieces: list[tuple[int, bool]]) -> None:
    windows, fed, seen = Windows(""), 0, 0
    for size, flushed in pieces:
        fed += size
        for window in [*windows.feed(bytes(size)), *(windows.flush() if flushed else ())]:
            assert window.start + window.fresh == seen
            assert window.fresh == min(OVERLAP, seen)
            assert len(window.body) <= LARGEST_WINDOW
            seen += len(window.body) - window.fresh
        assert windows.held <= LARGEST_WINDOW
    assert seen + sum(len(w.body) - w.fresh for w in windows.flush()) == fed


def test_what_is_fed_pays_for_what_is_unpacked() -> None:
    meter = Meter(Limits(total=10))
    meter.spend(10)
    with pytest.raises(ExhaustedError, match="unpacks to more than"):
        meter.spend(1)
    meter.fed = 1
    meter.spend(RATIO - 1)


def test_what_is_fed_pays_for_members() -> None:
    meter = Meter(Limits(count=1), fed=BYTES_PER_MEMBER)
    meter.count()
    meter.count()
    with pytest.raises(ExhaustedError, match="more than 2 members"):
        meter.count()


def test_places_are_named_and_end_somewhere() -> None:
    limits = Limits(depth=1)
    place = Place(Context(9, limits, Meter(limits), Content)).named("a.zip")
    node = place.inner("b")
    assert [*node.feed(b"x"), *node.end()] == [Member("a.zip/b", b"x")]
    with pytest.raises(ExhaustedError, match="deeper than 1"):
        Place(place.context, depth=1).inner("b")
