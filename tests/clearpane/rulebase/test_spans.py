"""Spans agree with sets of numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clearpane.rulebase.spans import SpanMap, contain, hold, merge

numbers = st.integers(0, 60)
spans = st.lists(st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair))), max_size=8)


def as_set(found: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
    return {number for first, last in found for number in range(first, last + 1)}


@given(spans)
def test_merging_keeps_the_numbers(given_spans: list[tuple[int, int]]) -> None:
    merged = merge(given_spans)

    assert as_set(merged) == as_set(given_spans)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(merged))


@given(spans, numbers)
def test_holding_is_membership(given_spans: list[tuple[int, int]], number: int) -> None:
    assert hold(merge(given_spans), number) is (number in as_set(given_spans))


@given(spans, spans)
def test_containing_is_being_a_superset(
    outer: list[tuple[int, int]], inner: list[tuple[int, int]]
) -> None:
    assert contain(merge(outer), merge(inner)) is (as_set(outer) >= as_set(inner))


@given(st.lists(spans, max_size=6), numbers)
def test_a_map_gives_the_masks_of_all_entries_that_hold_the_number(
    entries: list[list[tuple[int, int]]], number: int
) -> None:
    found = SpanMap.of([(merge(each), 1 << n) for n, each in enumerate(entries)])

    assert found.at(number) == sum(
        1 << n for n, each in enumerate(entries) if number in as_set(each)
    )


def test_entries_may_stand_for_several_rules() -> None:
    found = SpanMap.of([(((1, 5),), 0b101), (((4, 9),), 0b110)])

    assert [found.at(n) for n in (0, 1, 4, 6, 10)] == [0, 0b101, 0b111, 0b110, 0]
