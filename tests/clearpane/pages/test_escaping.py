"""What an outsider wrote is text on a page, on one line and readable."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.pages.escaping import VALUE_LIMIT, html, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("eicar.com", "eicar.com", id="a plain name stays"),
        pytest.param("résumé 公司.pdf", "résumé 公司.pdf", id="so do other scripts"),
        pytest.param("a\r\nb\0c\x7f\x85", "a��b�c��", id="controls are shown, not obeyed"),
        pytest.param("exe\u202egnp.txt", "exe�gnp.txt", id="nothing turns the line around"),
        pytest.param("\u2066a\u2069\u200f\u061c", "�a���", id="isolates and marks"),
        pytest.param("a\u2028b\u2029c", "a�b�c", id="line and paragraph separators"),
        pytest.param("\ud800x\udfff", "�x�", id="lone surrogates"),
        pytest.param("a\U000e0041", "a�", id="invisible tags"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_a_long_text_is_cut_with_a_mark() -> None:
    assert visible("a" * VALUE_LIMIT) == "a" * VALUE_LIMIT
    assert visible("a" * 9999) == "a" * (VALUE_LIMIT - 1) + "…"


def test_everything_that_html_reads_is_escaped() -> None:
    assert html("""<a b="c" d='e'>&""") == "&lt;a b=&quot;c&quot; d=&#x27;e&#x27;&gt;&amp;"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("<>&\"'/=`x"), max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    text = visible(text)
    reader = _Reader()
    reader.feed(f'<p title="{html(text)}">{html(text)}</p>')
    reader.close()
    assert reader.tags == [("p", [("title", text)])]
    assert reader.text == text
