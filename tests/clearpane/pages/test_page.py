"""The two pages: status, form, what they name, and that nothing hostile gets through."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clearpane.pages.page import CERTIFICATE, VIRUS, Page, Pages, Reader
from clearpane.pages.template import SIZE_LIMIT
from clearpane.pages.words import Facts

FOLDER = Path(__file__).parents[3] / "rules" / "pages"
SHIPPED = Pages(
    {name: (FOLDER / f"{name}.html").read_text("utf-8") for name in (VIRUS, CERTIFICATE)}
)
BOTH = pytest.mark.parametrize("pages", [Pages(), SHIPPED], ids=["built-in", "shipped"])

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><svg onload=alert(1)>",
    "<user/><fname/>",
    "\r\n\r\nHTTP/1.1 200 OK\0",
    "&lt;b&gt;",
]
ALICE = Reader("alice")


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(page.body.decode())
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [f"{tag} {key}" for key, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def certificate(pages: Pages, reader: Reader = ALICE, text: str = "x") -> Page:
    return pages.certificate(
        reader,
        host=text,
        reasons=["expired", "name-mismatch", "unknown-issuer"],
        facts=Facts(
            host=text,
            names=(text,),
            issuer=text,
            not_after=datetime(2026, 3, 14, tzinfo=UTC),
        ),
        certname=text,
        issuer=text,
        category=text,
    )


def virus(pages: Pages, reader: Reader = ALICE, text: str = "x") -> Page:
    return pages.virus(
        reader, fname=text, host=text, url=text, category=text, threats=[text], reasons=[text]
    )


@BOTH
def test_the_virus_page_names_the_file_and_the_virus(pages: Pages) -> None:
    page = pages.virus(
        ALICE, fname="eicar.com", host="files.example", threats=["Eicar Test File (100000)"]
    )
    assert page.status == 403
    seen = _Reader(page).text
    for word in ("virus", "eicar.com", "Eicar Test File (100000)", "files.example", "alice"):
        assert word in seen


@BOTH
def test_the_virus_page_says_what_could_not_be_judged(pages: Pages) -> None:
    page = pages.virus(ALICE, fname="", host="files.example", reasons=["unscanned-encrypted"])
    seen = _Reader(page).text
    assert "encrypted and can't be checked for viruses" in seen and "the content" in seen
    assert "contains" not in seen


@BOTH
def test_the_certificate_page_names_host_and_cause(pages: Pages) -> None:
    page = pages.certificate(
        ALICE,
        host="late.example",
        reasons=["expired"],
        facts=Facts(not_after=datetime(2026, 3, 14, tzinfo=UTC)),
        certname="late.example",
        issuer="CN=Some CA",
    )
    assert page.status == 503
    seen = _Reader(page).text
    for word in ("expired on 14 March 2026", "late.example", "CN=Some CA", "alice"):
        assert word in seen


@pytest.mark.parametrize("make", [virus, certificate])
@pytest.mark.parametrize("text", HOSTILE)
@BOTH
def test_hostile_text_adds_no_markup(pages: Pages, make: object, text: str) -> None:
    assert callable(make)
    plain, hostile = _Reader(make(pages, text="x")), _Reader(make(pages, text=text))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes


@pytest.mark.parametrize("make", [virus, certificate])
@pytest.mark.parametrize("text", ['"' * 10_000, "\U0001f600" * 10_000, "&" * 300])
def test_a_page_stays_under_the_size_limit(make: object, text: str) -> None:
    assert callable(make)
    page = make(SHIPPED, Reader(text), text)
    assert len(page.body) <= SIZE_LIMIT


def test_so_does_one_from_a_large_template() -> None:
    pages = Pages({VIRUS: f"<!DOCTYPE html><user/><fname/><url/><reason/><!--{'x' * 15_000}-->"})
    assert len(virus(pages, Reader('"' * 300), '"' * 300).body) <= SIZE_LIMIT
    assert b"&quot;" * 96 in virus(pages, Reader("a"), '"' * 96).body, "cut no more than needed"


@BOTH
def test_pages_run_and_load_nothing(pages: Pages) -> None:
    for page in (virus(pages), certificate(pages)):
        headers = page.headers
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert "script" not in _Reader(page).tags


@BOTH
def test_pages_are_accessible(pages: Pages) -> None:
    for page in (virus(pages), certificate(pages)):
        text = page.body.decode()
        assert '<html lang="en">' in text and "width=device-width" in text
        assert "color-scheme: light dark" in text
        assert _Reader(page).tags.count("h1") == 1 and "main" in _Reader(page).tags


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/problem+json, text/plain", True),
        ("application/json, text/plain, */*", False),
        ("application/json, text/html;q=0.1", False),
        ("application/json, application/xhtml+xml", False),
        ("text/plain", False),
        ("application/*", False),
        ("image/png, application/jsonp", False),
    ],
)
def test_json_only_where_nothing_else_would_do(accept: str, expected: bool) -> None:
    assert Reader("alice", accept).wants_json is expected


def test_json_says_the_same() -> None:
    reader = Reader("alice", "application/json")
    page = certificate(SHIPPED, reader, SCRIPT)
    assert (page.status, page.content_type) == (503, "application/json")
    answer = json.loads(page.body)
    assert answer["reason"] == ["expired", "name-mismatch", "unknown-issuer"]
    assert (answer["host"], answer["status"]) == (SCRIPT, 503)
    assert answer["error"].startswith("The server's certificate expired on 14 March 2026.")

    answer = json.loads(SHIPPED.virus(reader, fname="a", host="b", threats=["Worm (1)"]).body)
    assert answer == {
        "error": "It contains Worm (1).",
        "reason": ["virus"],
        "host": "b",
        "status": 403,
    }


def test_a_template_of_ones_own_replaces_the_built_in_one() -> None:
    pages = Pages({VIRUS: "<!DOCTYPE html><p><fname/>|<user/>|<issuer/></p>"})
    page = pages.virus(ALICE, fname="a<b", host="h", threats=["t"])
    assert page.body == b"<!DOCTYPE html><p>a&lt;b|alice|</p>"
    assert (
        b"late.example" in pages.certificate(ALICE, host="late.example", reasons=["expired"]).body
    )
