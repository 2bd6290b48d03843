"""The built-in pages meet what is asked of an administrator's own, and of a page for everybody."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from panos_response_pages.validate import PAGE_TOKENS, validate

from clearpane.errors import Problems
from clearpane.pages.builtin import BUILTIN, ONWARD
from clearpane.pages.template import TOKENS, check

FOLDER = Path(__file__).parents[3] / "rules" / "pages"
EACH = pytest.mark.parametrize("name", list(BUILTIN))
# The firewall has these too; the independent checker does not know them.
UNKNOWN_TO_CHECKER = {"ssl-optout-text"}


def style_of(text: str) -> str:
    return text[text.index("<style>") : text.index("</style>")]


def test_every_page_has_one() -> None:
    assert set(BUILTIN) == set(TOKENS)


def test_the_shipped_pages_are_these() -> None:
    """After a change remove them: then `clearpane pages export rules/pages` writes them again."""
    assert {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.html")} == BUILTIN


def test_all_have_the_same_style() -> None:
    assert len({style_of(text) for text in (*BUILTIN.values(), ONWARD)}) == 1


@EACH
def test_they_have_no_problem(name: str) -> None:
    problems = Problems()
    check(BUILTIN[name], name, problems)
    assert problems.found == []


@EACH
def test_they_show_every_token(name: str) -> None:
    shown = set(TOKENS[name]) - {"cookie"}
    assert {token for token in shown if f"<{token}/>" not in BUILTIN[name]} == set()


@EACH
def test_an_independent_checker_finds_nothing_but_tokens_of_ours(name: str) -> None:
    """It knows the firewall's tokens; those that we add are what it may not find."""
    as_page = "url-coach-text" if name in UNKNOWN_TO_CHECKER else name
    ours = set(TOKENS[name]) - PAGE_TOKENS[as_page]
    text = re.sub(f"<({'|'.join(ours)})/>", "", BUILTIN[name])
    size, errors, warnings = validate(as_page, text)
    assert (errors, warnings) == ([], []) and size < 10_000


@pytest.mark.parametrize("name", sorted(PAGE_TOKENS.keys() & TOKENS.keys()))
def test_every_token_of_the_firewall_is_known(name: str) -> None:
    assert set(TOKENS[name]) >= PAGE_TOKENS[name]


class _Outline(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))


@pytest.mark.parametrize("text", [*BUILTIN.values(), ONWARD], ids=[*BUILTIN, "onward"])
def test_they_are_for_everybody(text: str) -> None:
    outline = _Outline(text)
    assert outline.attributes["html"] == {"lang": "en"}
    assert (
        outline.tags.count("h1") == outline.tags.count("title") == outline.tags.count("main") == 1
    )
    assert [tag for tag in outline.tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2"]
    assert 'content="width=device-width, initial-scale=1"' in text
    assert "user-scalable" not in text and "maximum-scale" not in text
    assert outline.attributes["div"]["aria-hidden"] == "true", "the sign says nothing of its own"
    assert "script" not in outline.tags and "https:" not in text


def test_the_opt_out_page_says_what_is_done() -> None:
    assert "decrypt" in BUILTIN["ssl-optout-text"]
