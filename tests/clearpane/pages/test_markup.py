"""What breaks a page or betrays its reader is found at its place."""

import pytest

from clearpane.pages.markup import Markup

HEAD = '<!DOCTYPE html>\n<html lang="en"><title>t</title>\n'


def read(body: str) -> Markup:
    markup = Markup()
    markup.read(HEAD + body)
    return markup


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<body><main><p>a<p>b</main></body></html>", id="paragraphs end themselves"),
        pytest.param("<ul><li>a<li>b</ul><table><tr><td>a</table>", id="so do items and cells"),
        pytest.param("<p>a<div>b</div>", id="a block ends a paragraph"),
        pytest.param("<br><hr><img alt=''><input>", id="empty elements"),
        pytest.param("<svg><path d='M0 0'/><g><circle r='1'></circle></g></svg>", id="a drawing"),
        pytest.param("a < b & c > d", id="text"),
        pytest.param("<style>p { background: url( data:image/png;base64,A) }</style>", id="data"),
    ],
)
def test_well_formed(body: str) -> None:
    markup = read(body)
    assert (markup.faults, markup.doubts) == ([], [])


@pytest.mark.parametrize(
    ("body", "column", "message"),
    [
        pytest.param("<p><b>x</p>", 4, "<b> is not closed", id="left open in its parent"),
        pytest.param("<p><div>", 4, "<div> is not closed", id="left open at the end"),
        pytest.param("abc</span>", 4, "</span> closes nothing", id="never opened"),
        pytest.param("<p><div>a</div></p>", 16, "</p> closes nothing", id="ended by a block"),
        pytest.param("<b><i>x</b></i>", 4, "<i> is not closed", id="crossed"),
        pytest.param("<em><img src=x></em>", 5, "external reference src=x", id="a picture"),
        pytest.param("<button formaction=//x></button>", 1, "formaction=//x", id="a button"),
    ],
)
def test_faults(body: str, column: int, message: str) -> None:
    fault = read(body).faults[0]
    assert (fault.line, fault.column) == (3, column)
    assert message in fault.message and fault.cure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('<html lang="en"><p>', "no <title>", id="no title"),
        pytest.param("<html><title>t</title>", "its language", id="no language"),
        pytest.param('<html lang=""><title>t</title>', "its language", id="an empty language"),
        pytest.param('<html lang="de"><title>t</title><script></script>', "a script", id="script"),
    ],
)
def test_doubts(text: str, message: str) -> None:
    markup = Markup()
    markup.read(text)
    assert [message in doubt.message for doubt in markup.doubts] == [True]
