import re

import pytest

from clearpane.content.data_patterns import Definition
from clearpane.content.detection import DataSeen
from clearpane.content.member import Member
from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.filtering.data import (
    DataAction,
    DataFiltering,
    DataJudgement,
    compiled,
    parse,
    parse_patterns,
)

OWN = {"project": Definition("project", "PRJ-[0-9]{6}", 2)}


def profile(*lines: str) -> DataFiltering:
    problems = Problems()
    text = "strict:\n  patterns:\n" + "".join(f"    - {{{line}}}\n" for line in lines)
    parsed = parse(read(text, "profiles.yaml", problems), OWN)
    assert not problems.found, problems.found
    return parsed["strict"]


def cards(count: int, member: str = "", sample: str = "****…1111") -> DataSeen:
    return DataSeen("payment-card", count, sample, member)


CARD = "pattern: payment-card, alert-threshold: 2, block-threshold: 5"
type Case = tuple[tuple[str, ...], tuple[DataSeen, ...], DataJudgement | None]
JUDGED: dict[str, Case] = {
    "under both": ((CARD,), (cards(1),), None),
    "reaches the first": (
        (CARD,),
        (cards(2),),
        DataJudgement(DataAction.ALERT, "payment-card", 2, ("****…1111",), 2),
    ),
    "one short of the second": (
        (CARD,),
        (cards(4),),
        DataJudgement(DataAction.ALERT, "payment-card", 4, ("****…1111",), 4),
    ),
    "reaches the second": (
        (CARD,),
        (cards(5),),
        DataJudgement(DataAction.BLOCK, "payment-card", 5, ("****…1111",), 5),
    ),
    "a weight counts each match as often": (
        ("pattern: payment-card, weight: 3, block-threshold: 6",),
        (cards(2),),
        DataJudgement(DataAction.BLOCK, "payment-card", 6, ("****…1111",), 2),
    ),
    "the pattern's own weight": (
        ("pattern: project, block-threshold: 4",),
        (DataSeen("project", 2, "****…123"),),
        DataJudgement(DataAction.BLOCK, "project", 4, ("****…123",), 2),
    ),
    "a profile's weight goes before it": (
        ("pattern: project, weight: 1, block-threshold: 4",),
        (DataSeen("project", 2),),
        None,
    ),
    "no alert": (("pattern: payment-card, block-threshold: 2",), (cards(1),), None),
    "no block": (
        ("pattern: payment-card, alert-threshold: 1, block-threshold: 0",),
        (cards(9_999),),
        DataJudgement(DataAction.ALERT, "payment-card", 9_999, ("****…1111",), 9_999),
    ),
    "members together": (
        (CARD,),
        (cards(3, "a.txt"), cards(2, "b.txt", "****…2222")),
        DataJudgement(DataAction.BLOCK, "payment-card", 5, ("****…1111", "****…2222"), 5),
    ),
    "a part that shows in the whole counts once": (
        (CARD,),
        (cards(3), cards(3, "a.txt")),
        DataJudgement(DataAction.ALERT, "payment-card", 3, ("****…1111",), 3),
    ),
    "block goes before the alert of an earlier line": (
        (CARD, "pattern: iban, block-threshold: 1"),
        (cards(2), DataSeen("iban", 1)),
        DataJudgement(DataAction.BLOCK, "iban", 1, (), 1),
    ),
    "the first line of two": (
        (CARD, "pattern: iban, alert-threshold: 1"),
        (DataSeen("iban", 9), cards(2)),
        DataJudgement(DataAction.ALERT, "payment-card", 2, ("****…1111",), 2),
    ),
    "a pattern that is not asked for": ((CARD,), (DataSeen("iban", 99),), None),
    "nothing seen": ((CARD,), (), None),
}


@pytest.mark.parametrize(("lines", "seen", "expected"), JUDGED.values(), ids=JUDGED)
def test_judge(
    lines: tuple[str, ...], seen: tuple[DataSeen, ...], expected: DataJudgement | None
) -> None:
    assert profile(*lines).judge(seen) == expected


def test_no_more_than_five_samples() -> None:
    seen = [cards(1, f"{number}.txt", f"****…{number}") for number in range(9)]
    judged = profile(CARD).judge(seen)
    assert judged
    assert judged.samples == tuple(f"****…{number}" for number in range(5))


def test_the_default_profile_is_there_and_allows() -> None:
    assert parse(None, {})["default"].judge([cards(10_000)]) is None


def test_compiled_is_what_the_profiles_ask_for() -> None:
    assert not compiled(parse(None, OWN).values(), OWN)
    patterns = compiled([profile(CARD), profile("pattern: project, block-threshold: 1")], OWN)
    body = b"4111 1111 1111 1111, PRJ-123456, DE89 3704 0044 0532 0130 00"
    seen = {each.pattern for each in patterns.see(Member("", body))}
    assert seen == {"payment-card", "project"}


WRONG = {
    "an unknown pattern": (
        "pattern: payment-cart, block-threshold: 1",
        r'3:17: .*no data pattern payment-cart .*"payment-card"',
    ),
    "a pattern like no other": ("pattern: xyz, block-threshold: 1", r"objects.yaml"),
    "no pattern": ("block-threshold: 1", r"pattern is missing"),
    "no threshold": ("pattern: iban", r"no threshold: the pattern does nothing"),
    "a weight of nothing": ("pattern: iban, weight: 0, block-threshold: 1", r"weight must be 1 to"),
    "a threshold that is no number": ("pattern: iban, block-threshold: ten", r"whole number"),
    "an unknown key": ("pattern: iban, block: 1, block-threshold: 1", r"unknown key block "),
}


@pytest.mark.parametrize(("line", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(line: str, message: str) -> None:
    problems = Problems()
    text = f"strict:\n  patterns:\n    - {{{line}}}"
    parse(read(text, "profiles.yaml", problems), OWN)
    assert len(problems.errors) == 1, problems.errors
    shown = str(problems.errors[0])
    assert 'data-filtering profile "strict"' in shown
    assert re.search(message, shown), shown


def test_a_pattern_stands_once() -> None:
    problems = Problems()
    text = (
        "a: {patterns: [{pattern: iban, block-threshold: 1}, {pattern: iban, block-threshold: 2}]}"
    )
    parse(read(text, "profiles.yaml", problems), {})
    assert "iban stands twice" in str(problems.errors[0])


def own(text: str) -> tuple[dict[str, Definition], Problems]:
    problems = Problems()
    return parse_patterns(read(text, "objects.yaml", problems)), problems


def test_own_patterns() -> None:
    found, problems = own("project: {regex: 'PRJ-[0-9]{6}', weight: 2}\nplain: {regex: secret}")
    assert not problems.found
    assert found == {**OWN, "plain": Definition("plain", "secret", 1)}
    assert parse_patterns(None) == {}


WRONG_PATTERNS = {
    "a group that looks ahead": ("a: {regex: '(?=x)y'}", r"1:12: .*can't be used: .*\(\?="),
    "a bracket that stays open": ("a: {regex: 'x[0-9'}", r"can't be used: missing \]"),
    "one that matches nothing": ("a: {regex: 'x*'}", r"matches where there is nothing"),
    "one that matches between": (r"a: {regex: '\b'}", r"matches where there is nothing"),
    "too large": ("a: {regex: '(abc[x-z]{500}){4}'}", r"too large|can't be used"),
    "too long": (f"a: {{regex: '{'x' * 1001}'}}", r"longer than 1000"),
    "no regex": ("a: {weight: 1}", r"regex is missing"),
    "an empty regex": ("a: {regex: ''}", r"matches where there is nothing"),
    "a weight that is too large": ("a: {regex: x, weight: 256}", r"weight must be 1 to 255"),
    "an unknown key": ("a: {regexp: x, regex: x}", r'unknown key regexp .*"regex"'),
    "a predefined name": ("iban: {regex: x}", r"1:1: .*iban is predefined"),
}


@pytest.mark.parametrize(("text", "message"), WRONG_PATTERNS.values(), ids=WRONG_PATTERNS)
def test_patterns_that_are_wrong_are_refused(text: str, message: str) -> None:
    _, problems = own(text)
    assert len(problems.errors) == 1, problems.errors
    assert re.search(message, str(problems.errors[0])), problems.errors


def test_a_pattern_with_a_wrong_regex_can_still_be_named() -> None:
    found, problems = own("a: {regex: '(?=x)'}")
    text = "strict: {patterns: [{pattern: a, block-threshold: 1}]}"
    profiles = parse(read(text, "profiles.yaml", problems), found)
    assert len(problems.errors) == 1
    assert not compiled(profiles.values(), found)
