"""Forms: one token, the answers that a kind has, fields with labels, nothing of an outsider's."""

from html.parser import HTMLParser

import pytest

from clearpane.pages.forms import ROOM, TOKEN_LIMIT, Form, Kind

EACH = pytest.mark.parametrize("kind", list(Kind))


class _Form(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@EACH
def test_it_is_posted_with_its_token(kind: Kind) -> None:
    read = _Form(Form("/answer", "tok.en", kind).html())
    [form] = read.all("form")
    assert (form["method"], form["action"]) == ("post", "/answer")
    assert {"type": "hidden", "name": "token", "value": "tok.en"} in read.all("input")


@EACH
def test_every_visible_field_has_a_label(kind: Kind) -> None:
    read = _Form(Form("/answer", "t", kind).html())
    fields = [field["id"] for field in read.all("input") if field["type"] != "hidden"]
    assert fields == [label["for"] for label in read.all("label")]
    assert bool(fields) is (kind is Kind.URL_OVERRIDE)


@EACH
def test_answers(kind: Kind) -> None:
    read = _Form(Form("/answer", "t", kind).html())
    answers = [(button["name"], button["value"]) for button in read.all("button")]
    asked = ["yes", "no"] if kind is Kind.OPT_OUT else ["yes"]
    assert answers == [("answer", word) for word in asked]


def test_the_opt_out_form_says_yes_and_no() -> None:
    text = _Form(Form("/answer", "t", Kind.OPT_OUT).html()).text
    assert "Yes" in text and "No" in text and "decrypt" in text


@EACH
def test_it_fits_into_its_room(kind: Kind) -> None:
    form = Form("/.well-known/clearpane/answer", "x" * TOKEN_LIMIT, kind)
    assert len(form.html().encode()) <= ROOM


def test_nothing_leaves_its_attribute() -> None:
    text = Form('"><script>', '"><script>', Kind.OPT_OUT).html()
    assert "<script>" not in text
