"""Templates: tokens are filled in once and escaped; faults are found when they are loaded."""

import pytest

from clearpane.errors import Problems
from clearpane.pages.forms import ROOM
from clearpane.pages.template import SIZE_LIMIT, TOKENS, check, render


def page(body: str) -> str:
    return f'<!DOCTYPE html>\n<html lang="en"><title>t</title>\n<body>{body}</body></html>'


def found(text: str, name: str = "virus-block-page") -> Problems:
    problems = Problems()
    check(text, name, problems, f"rules/pages/{name}.html")
    return problems


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("<user/>", b"al&amp;ice", id="a token"),
        pytest.param("<user />", b"al&amp;ice", id="a token with a blank"),
        pytest.param('<p title="<fname/>">', b'<p title="&quot;&gt;&lt;user/&gt;">', id="escaped"),
        pytest.param("<issuer/>|<pan_form/>", b"|", id="a token without a value is empty"),
        pytest.param("<cookie/>|<badcert/>|<rule/>", b"||", id="so are the rest"),
        pytest.param("<br/><hr/><foo/>", b"<br/><hr/><foo/>", id="what is no token stays"),
        pytest.param("{user} %s \\1", b"{user} %s \\1", id="nothing else is special"),
        pytest.param("é…", "é…".encode(), id="UTF-8"),
    ],
)
def test_render(template: str, expected: bytes) -> None:
    assert render(template, {"user": "al&ice", "fname": '"><user/>'}) == expected


def test_render_survives_a_lone_surrogate() -> None:
    assert render("<user/>", {"user": "a\ud800"}) == b"a?"


def test_a_form_is_markup_and_is_not_read_again() -> None:
    assert render("[<pan_form/>]", {"user": "a"}, "<form><user/></form>") == (
        b"[<form><user/></form>]"
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<p><user/> <fname/></p><br/><hr/>", id="tokens and void elements"),
        pytest.param('<a href="https://help.example/">help</a>', id="a link that one may follow"),
        pytest.param('<img alt="" src="data:image/png;base64,AAAA">', id="a picture in the page"),
        pytest.param("<style>p { background: url(data:image/png;base64,AA) }</style>", id="style"),
        pytest.param('<svg><use href="#a"></use><path d="M0 0"/></svg>', id="a drawing"),
        pytest.param("url(x) @import", id="words in the text"),
    ],
)
def test_good_pages(body: str) -> None:
    assert found(page(body)).found == []


@pytest.mark.parametrize(
    ("body", "message", "cure"),
    [
        pytest.param("<usr/>", "unknown token <usr/>", "did you mean <user/>?", id="a slip"),
        pytest.param("<User/>", "unknown token <User/>", "did you mean <user/>?", id="a capital"),
        pytest.param("<zzz/>", "unknown token <zzz/>", "virus-block-page has", id="a wild one"),
        pytest.param('<img src="https://a.example/x.png">', "src=https://a.example", "put", id="a"),
        pytest.param('<img src="//a.example/x.png">', "src=//a.example", "put", id="no scheme"),
        pytest.param('<img src="/logo.png">', "src=/logo.png", "put", id="the blocked site's own"),
        pytest.param('<img srcset="a.png 2x">', "srcset=a.png", "put", id="a set"),
        pytest.param('<link rel="stylesheet" href="a.css">', "href=a.css", "put", id="a sheet"),
        pytest.param('<form action="https://a.example/"></form>', "action=", "put", id="a form"),
        pytest.param('<iframe src="x"></iframe>', "src=x", "put", id="a frame"),
        pytest.param("<style>@import 'a.css'</style>", "@import", "put", id="an import"),
        pytest.param("<style>p{background:url( 'x.png')}</style>", "url(", "put", id="in a style"),
        pytest.param('<p style="background:url(//x/y)">', "url(//x", "put", id="in an attribute"),
    ],
)
def test_errors(body: str, message: str, cure: str) -> None:
    problems = found(page(body))
    assert len(problems.errors) == 1 and not problems.warnings
    error = problems.errors[0]
    assert message in error.message and cure in error.cure
    assert error.place.startswith("rules/pages/virus-block-page.html:3:")


@pytest.mark.parametrize(
    ("body", "column"),
    [
        pytest.param("<p><usr/></p>", 10, id="a token"),
        pytest.param("<user/><img src=x>", 14, id="behind a token"),
        pytest.param("<user/><usr/>", 14, id="a token behind a token"),
        pytest.param("<p><b><user/></p>", 10, id="not closed"),
    ],
)
def test_an_error_has_its_column(body: str, column: int) -> None:
    [error] = found(page(body)).errors
    assert error.place == f"rules/pages/virus-block-page.html:3:{column}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("<certname/>", "<certname/> is empty", id="a token of another page"),
        pytest.param("<pan_form/>", "<pan_form/> is empty", id="a form that this page lacks"),
        pytest.param("<script>1</script>", "<script> holds a script", id="a script"),
        pytest.param('<p onclick="x()">', "<p> holds a script", id="a handler"),
    ],
)
def test_warnings(body: str, message: str) -> None:
    problems = found(page(body))
    assert not problems.errors
    assert [message in warning.message for warning in problems.warnings] == [True]


def test_size_counts_in_bytes_and_the_limit_is_allowed() -> None:
    filler = SIZE_LIMIT - len(page("").encode())
    assert found(page("a" * filler)).found == []
    problems = found(page("a" * (filler - 1) + "é"))
    assert "18,000 bytes" in problems.errors[0].message


def test_a_page_that_is_too_large_is_not_read_further() -> None:
    [error] = found("<zzz/><b>" * 100_000).errors
    assert "900,000 bytes" in error.message


def test_a_page_without_a_doctype_is_an_error() -> None:
    assert "<!DOCTYPE html>" in found("<p><user/></p>").errors[0].message


def test_an_unknown_page_is_an_error() -> None:
    error = found(page(""), "opt-out").errors[0]
    assert "no page opt-out" in error.message and "ssl-optout-text" in error.cure
    assert found(page(""), "url-blok-page").errors[0].cure == "did you mean url-block-page?"


def test_everything_wrong_is_reported_at_once() -> None:
    assert len(found("<usr/><zzz/><img src=x><div>").errors) == 5


@pytest.mark.parametrize("name", [name for name in TOKENS if "pan_form" in TOKENS[name]])
def test_a_page_that_asks_needs_its_form_and_room_for_it(name: str) -> None:
    assert [error.message[:23] for error in found(page(""), name).errors] == [
        "there is no <pan_form/>"
    ]
    filler = SIZE_LIMIT - ROOM - len(page("<pan_form/>").encode())
    assert found(page("<pan_form/>" + "a" * filler), name).found == []
    [error] = found(page("<pan_form/>" + "a" * (filler + 1)), name).errors
    assert "its form needs up to" in error.message


def test_the_firewalls_cookie_is_known_where_it_has_one() -> None:
    assert found(page("<cookie/><pan_form/>"), "file-block-continue-page").found == []
