"""Every page with every kind of value: it stays a page, its own size, and nobody else's markup."""

import json
from html.parser import HTMLParser

import pytest
from panos_response_pages.validate import audit_copy, validate

from clearpane.pages.builtin import BUILTIN
from clearpane.pages.forms import TOKEN_LIMIT
from clearpane.pages.markup import Markup
from clearpane.pages.page import Page, Pages, Reader
from clearpane.pages.samples import SAMPLES, Values
from clearpane.pages.template import SIZE_LIMIT

EACH = pytest.mark.parametrize("name", list(SAMPLES))
PAGES = Pages()
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a picture": '"><img src=x onerror=alert(1)>',
    "a handler": "' onmouseover='alert(1)",
    "the ends of the head": "</title></style><svg onload=alert(1)>",
    "tokens": "<user/><fname/><pan_form/>",
    "lines and NUL": "\r\n\r\nHTTP/1.1 200 OK\0",
    "references": "&lt;b&gt;&#60;b&#62;",
    "a comment": "<!-- --!> -->",
    "right to left": "exe\u202egnp.\u2066txt",
    "surrogates": "\ud800\udfff",
    "a long name": "<a b='c'>" * 1_200,
    "long quotes": '"' * 10_240,
    "long emoji": "\U0001f600" * 10_240,
}


def hostile(text: str) -> Values:
    token = "x" * TOKEN_LIMIT
    return Values(text, text, text, text, text, text, text, text, text, token)


def draw(name: str, values: Values | None = None, reader: Reader | None = None) -> Page:
    return SAMPLES[name](PAGES, reader or Reader("alice"), values or Values())


class _Skeleton(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.text = ""
        self.feed(page.body.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(key for key, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_page_has_a_sample() -> None:
    assert set(BUILTIN) <= set(SAMPLES)


@EACH
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_values(name: str, text: str) -> None:
    page = draw(name, hostile(text), Reader(text))
    skeleton = _Skeleton(page)
    assert skeleton.tags == _Skeleton(draw(name)).tags
    assert len(page.body) <= SIZE_LIMIT
    assert not set("\0\u202e\u2066") & set(page.body.decode())
    markup = Markup()
    markup.read(page.body.decode())
    assert [fault for fault in markup.faults if "action=" not in fault.message] == []
    assert markup.doubts == []


@EACH
@pytest.mark.parametrize("text", ["www.example.com", *HOSTILE.values()], ids=["plain", *HOSTILE])
def test_an_independent_checker_finds_nothing(name: str, text: str) -> None:
    """As shown: all tokens are filled in, so that it knows each page; only the size is the form's
    and the values' affair."""
    page = draw(name, hostile(text), Reader(text))
    size, errors, _ = validate("url-coach-text", page.body.decode())
    assert (size, errors) == (len(page.body), [])


@EACH
def test_nothing_is_claimed_that_a_page_cannot_know(name: str) -> None:
    assert audit_copy(draw(name).body.decode()) == []


@EACH
def test_a_page_names_its_user_and_its_cause(name: str) -> None:
    text = _Skeleton(draw(name)).text
    assert "alice" in text and "administrator" in text and "example.com" in text


@EACH
def test_json_clients_get_json(name: str) -> None:
    page = draw(name, reader=Reader("alice", "application/json"))
    answer = json.loads(page.body)
    assert page.content_type == "application/json" and not page.asks
    assert answer["status"] == page.status in (403, 503)
    assert answer["reason"] and answer["error"] and answer["host"] == "www.example.com"


@EACH
def test_only_a_page_that_asks_may_send_a_form(name: str) -> None:
    page = draw(name)
    policy = page.headers["Content-Security-Policy"]
    asks = b"<form" in page.body
    assert asks is page.asks
    assert policy.endswith("form-action 'self'" if asks else "form-action 'none'")
    assert page.headers["Referrer-Policy"] == ("same-origin" if asks else "no-referrer")
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in page.headers
