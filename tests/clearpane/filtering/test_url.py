import re

import pytest

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.filtering.url import UrlAction, UrlFiltering, UrlJudgement, parse

CATEGORIES = ("shopping", "games", "news", "malware")


def profile(text: str) -> UrlFiltering:
    problems = Problems()
    parsed = parse(read(f"strict:\n  {text}", "profiles.yaml", problems), CATEGORIES)
    assert not problems.found, problems.found
    return parsed["strict"]


EVERY = (
    "{allow: [news], alert: [games], continue: [shopping], override: [unknown], block: [malware]}"
)
JUDGED: dict[str, tuple[str, tuple[str, ...], UrlAction, str]] = {
    "allow": (EVERY, ("news",), UrlAction.ALLOW, "news"),
    "alert": (EVERY, ("games",), UrlAction.ALERT, "games"),
    "continue": (EVERY, ("shopping",), UrlAction.CONTINUE, "shopping"),
    "override": (EVERY, (), UrlAction.OVERRIDE, "unknown"),
    "block": (EVERY, ("malware",), UrlAction.BLOCK, "malware"),
    "block is stricter than override": (
        "{block: [games], override: [news]}",
        ("news", "games"),
        UrlAction.BLOCK,
        "games",
    ),
    "override is stricter than continue": (
        "{continue: [games], override: [news]}",
        ("games", "news"),
        UrlAction.OVERRIDE,
        "news",
    ),
    "continue is stricter than alert": (
        "{continue: [news], alert: [games]}",
        ("games", "news"),
        UrlAction.CONTINUE,
        "news",
    ),
    "alert is stricter than allow": (
        "{alert: [news], allow: [games]}",
        ("games", "news"),
        UrlAction.ALERT,
        "news",
    ),
    "what is not named is allowed": ("{block: [games]}", ("news",), UrlAction.ALLOW, "news"),
    "a site in no category is unknown": ("{alert: [unknown]}", (), UrlAction.ALERT, "unknown"),
    "unknown may go unnamed": ("{block: [games]}", (), UrlAction.ALLOW, "unknown"),
    "a listed site is not unknown": ("{block: [unknown]}", ("news",), UrlAction.ALLOW, "news"),
    "the first by name of two equals": (
        "{block: [shopping, games]}",
        ("shopping", "games"),
        UrlAction.BLOCK,
        "games",
    ),
    "a single word for a list": ("{block: games}", ("games",), UrlAction.BLOCK, "games"),
}


@pytest.mark.parametrize(("text", "categories", "action", "by"), JUDGED.values(), ids=JUDGED)
def test_judge(text: str, categories: tuple[str, ...], action: UrlAction, by: str) -> None:
    assert profile(text).judge(frozenset(categories)) == UrlJudgement(action, by)


def test_the_default_profile_is_there_and_allows() -> None:
    assert parse(None, CATEGORIES)["default"].judge(("malware",)).action is UrlAction.ALLOW
    assert list(parse(read("lax: {}", "profiles.yaml", Problems()), ())) == ["default", "lax"]


def test_the_default_profile_can_be_written() -> None:
    document = read("default: {block: [games]}", "profiles.yaml", Problems())
    assert parse(document, CATEGORIES)["default"].judge(("games",)).action is UrlAction.BLOCK


WRONG = {
    "an unknown category": ("{block: [shoping]}", r'2:12: .*no category shoping .*"shopping"'),
    "a category that is like no other": ("{block: [abcxyz]}", r"rules/categories/abcxyz\.txt"),
    "any": ("{block: [any]}", r"no category any .*unknown stands for"),
    "an unknown action": ("{blok: [games]}", r"2:4: .*unknown key blok .*block"),
    "one category under two actions": (
        "{alert: [news, games], block: [games]}",
        r"2:34: .*games stands under alert, at profiles.yaml:2:18, and under block",
    ),
    "an empty list": ("{block: []}", r"block is an empty list"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(text: str, message: str) -> None:
    problems = Problems()
    parse(read(f"strict:\n  {text}", "profiles.yaml", problems), CATEGORIES)
    assert len(problems.errors) == 1
    shown = str(problems.errors[0])
    assert 'url-filtering profile "strict"' in shown
    assert re.search(message, shown), shown


def test_under_three_actions_each_further_one_is_an_error() -> None:
    problems = Problems()
    text = "strict: {alert: [games], continue: [games], block: [games]}"
    parse(read(text, "profiles.yaml", problems), CATEGORIES)
    assert len(problems.errors) == 2
