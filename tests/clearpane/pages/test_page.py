"""The pages: status, form, what they name, and that nothing hostile gets through."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from clearpane.content.direction import Direction
from clearpane.pages.forms import Form, Kind
from clearpane.pages.page import OPT_OUT, URL_COACH, VIRUS, Page, Pages, Reader
from clearpane.pages.template import SIZE_LIMIT
from clearpane.pages.words import Facts

PAGES = Pages()

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


def test_the_virus_page_names_the_file_and_the_virus() -> None:
    page = PAGES.virus(
        ALICE, fname="eicar.com", host="files.example", threats=["Eicar Test File (100000)"]
    )
    assert page.status == 403
    seen = _Reader(page).text
    for word in ("virus", "eicar.com", "Eicar Test File (100000)", "files.example", "alice"):
        assert word in seen


def test_the_virus_page_says_what_could_not_be_judged() -> None:
    page = PAGES.virus(ALICE, fname="", host="files.example", reasons=["unscanned-encrypted"])
    seen = _Reader(page).text
    assert "encrypted and can't be checked for viruses" in seen and "the content" in seen
    assert "contains" not in seen


def test_the_certificate_page_names_host_and_cause() -> None:
    page = PAGES.certificate(
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
def test_hostile_text_adds_no_markup(make: object, text: str) -> None:
    assert callable(make)
    plain, hostile = _Reader(make(PAGES, text="x")), _Reader(make(PAGES, text=text))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes


@pytest.mark.parametrize("make", [virus, certificate])
@pytest.mark.parametrize("text", ['"' * 10_000, "\U0001f600" * 10_000, "&" * 300])
def test_a_page_stays_under_the_size_limit(make: object, text: str) -> None:
    assert callable(make)
    page = make(PAGES, Reader(text), text)
    assert len(page.body) <= SIZE_LIMIT


def test_so_does_one_from_a_large_template() -> None:
    pages = Pages({VIRUS: f"<!DOCTYPE html><user/><fname/><url/><reason/><!--{'x' * 15_000}-->"})
    assert len(virus(pages, Reader('"' * 300), '"' * 300).body) <= SIZE_LIMIT
    assert b"&quot;" * 96 in virus(pages, Reader("a"), '"' * 96).body, "cut no more than needed"


def test_pages_run_and_load_nothing() -> None:
    for page in (virus(PAGES), certificate(PAGES)):
        headers = page.headers
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert "script" not in _Reader(page).tags


def test_pages_are_accessible() -> None:
    for page in (virus(PAGES), certificate(PAGES)):
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
    page = certificate(PAGES, reader, SCRIPT)
    assert (page.status, page.content_type) == (503, "application/json")
    answer = json.loads(page.body)
    assert answer["reason"] == ["expired", "name-mismatch", "unknown-issuer"]
    assert (answer["host"], answer["status"]) == (SCRIPT, 503)
    assert answer["error"].startswith("The server's certificate expired on 14 March 2026.")

    answer = json.loads(PAGES.virus(reader, fname="a", host="b", threats=["Worm (1)"]).body)
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


OPT = Form("/answer", "tok.en", Kind.OPT_OUT)
SITE = {"url": "https://www.example/x", "host": "www.example"}


def test_a_url_block_names_address_category_and_rule() -> None:
    page = PAGES.url_block(ALICE, **SITE, category="gambling", rule="web")
    assert page.status == 403
    text = _Reader(page).text
    for word in ("https://www.example/x", "category gambling", "web", "alice"):
        assert word in text


def test_continue_and_override_are_the_same_page_with_another_form() -> None:
    coach = Pages({URL_COACH: "<!DOCTYPE html><reason/><pan_form/>"})
    form, override = Form("/a", "t", Kind.URL_CONTINUE), Form("/a", "t", Kind.URL_OVERRIDE)
    url, host = SITE.values()
    go = coach.url_continue(ALICE, url=url, host=host, category="games", form=form)
    ask = coach.url_override(ALICE, url=url, host=host, category="games", form=override)
    assert (go.status, ask.status) == (403, 403)
    assert b'type="password"' not in go.body and b'type="password"' in ask.body
    wrong = coach.url_override(
        ALICE, url=url, host=host, category="games", form=override, wrong=True
    )
    assert b"not right" in wrong.body and b"not right" not in ask.body


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second."), (1, "1 second."), (90, "90 seconds."), (91, "2 minutes."), (1800, "30 min")],
)
def test_a_lockout_says_how_long_and_asks_nothing(seconds: int, words: str) -> None:
    page = PAGES.url_override_locked(ALICE, **SITE, category="games", seconds=seconds)
    assert words in _Reader(page).text and "form" not in _Reader(page).tags


def test_files_are_named_with_their_true_type() -> None:
    form = Form("/answer", "t", Kind.FILE_CONTINUE)
    blocked = PAGES.file_block(ALICE, fname="a.pdf", kind="exe", **SITE)
    asked = PAGES.file_continue(ALICE, fname="", kind="exe", form=form, **SITE)
    assert "a.pdf" in _Reader(blocked).text and "of the type exe" in _Reader(blocked).text
    assert "the content" in _Reader(asked).text and asked.asks


@pytest.mark.parametrize(
    ("direction", "word"), [(Direction.UPLOAD, "upload"), (Direction.DOWNLOAD, "download")]
)
def test_the_data_page_says_which_way(direction: Direction, word: str) -> None:
    page = PAGES.data_block(
        ALICE, fname="a.csv", appname="web-browsing", direction=direction, **SITE
    )
    assert page.status == 403
    assert f"stopped this {word}." in _Reader(page).text


def test_the_application_is_named() -> None:
    page = PAGES.application_block(ALICE, appname="dns-over-https", **SITE)
    assert page.status == 403 and "application dns-over-https" in _Reader(page).text


def test_the_opt_out_page_asks_with_511_and_json_with_403() -> None:
    page = PAGES.opt_out(ALICE, **SITE, form=OPT, posted=False)
    assert page.status == 511 and page.asks and b"tok.en" in page.body
    reader = Reader("alice", "application/json")
    answer = PAGES.opt_out(reader, **SITE, form=OPT, posted=False)
    assert answer.status == 403 and json.loads(answer.body)["reason"] == ["opt-out"]


def test_after_a_post_it_says_to_send_it_again() -> None:
    posted = _Reader(PAGES.opt_out(ALICE, **SITE, form=OPT, posted=True)).text
    assert "did not reach the site" in posted and "send it again" in posted
    asked = _Reader(PAGES.opt_out(ALICE, **SITE, form=OPT, posted=False)).text
    assert "send it again" not in asked


def test_after_a_no_nothing_is_asked() -> None:
    page = PAGES.opt_out_refused(ALICE, **SITE, seconds=42)
    assert page.status == 403 and not page.asks and b"<form" not in page.body
    assert "asked again in 42 seconds" in _Reader(page).text


def test_an_own_opt_out_page_is_used_for_both() -> None:
    own = Pages({OPT_OUT: "<!DOCTYPE html>[<user/>|<url/>|<pan_form/>]"})
    assert own.opt_out_refused(ALICE, **SITE, seconds=1).body == (
        b"<!DOCTYPE html>[alice|https://www.example/x|]"
    )


def test_onward_leads_on_without_a_redirection() -> None:
    page = PAGES.onward(ALICE, url="https://www.example/?a=1&b=2")
    assert page.status == 200 and "Location" not in page.headers
    text = page.body.decode()
    assert 'content="0;url=https://www.example/?a=1&amp;b=2"' in text
    assert '<a href="https://www.example/?a=1&amp;b=2">' in text
