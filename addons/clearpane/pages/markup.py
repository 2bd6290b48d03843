"""What a page's HTML holds: whether it is well-formed, what it loads, what will not run.

A page brings all it needs with it: it is shown in place of a site that was just blocked, so
whatever it loaded would be asked of that site or tell another one.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

# Elements without content, and the drawings that are written as if they were.
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
    | {"track", "wbr", "circle", "ellipse", "g", "line", "path", "polygon", "polyline", "rect"}
)
_NEVER_CLOSED = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
    | {"track", "wbr"}
)
# HTML Living Standard, 13.1.2.4 "Optional tags": these end by themselves.
_OPTIONAL = frozenset(
    {"html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th"}
    | {"thead", "tbody", "tfoot", "colgroup", "caption", "rt", "rp"}
)
# The same section: a paragraph ends where one of these begins.
_BLOCK = frozenset(
    {"address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"hgroup", "hr", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "table", "ul"}
)
_LOADING = frozenset({"src", "srcset", "data", "poster", "background", "action", "formaction"})
_STYLE_REFERENCE = re.compile(r"""url\(\s*+["']?+(?!data:|#)|@import""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in one place; line and column count from 1."""

    line: int
    column: int
    message: str
    cure: str


class Markup(HTMLParser):
    """One reading of one page: `faults` break it or betray its reader, `doubts` do not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[Finding] = []
        self.doubts: list[Finding] = []
        self._open: list[tuple[str, int, int]] = []
        self._seen: set[str] = set()
        self._language = False

    def read(self, text: str) -> None:
        self.feed(text)
        self.close()
        self._left(self._open)
        if "title" not in self._seen:
            self.doubts.append(Finding(1, 1, "the page has no <title>", "give it one"))
        if not self._language:
            cure = 'write <html lang="en">, so that it is read out as what it is'
            self.doubts.append(Finding(1, 1, "the page does not name its language", cure))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen.add(tag)
        self._language |= tag == "html" and any(key == "lang" and value for key, value in attrs)
        if tag in _BLOCK and self._open and self._open[-1][0] == "p":
            self._open.pop()
        if tag not in _NEVER_CLOSED:
            self._open.append((tag, *self._here()))
        if tag == "script" or any(key.startswith("on") for key, _ in attrs):
            self._doubt(f"<{tag}> holds a script", "scripts do not run on a page")
        for key, value in attrs:
            if key == "style":
                self._check_style(value or "")
            elif _loads(tag, key) and not (value or "").strip().lower().startswith(("data:", "#")):
                self._refer(f"{key}={(value or '').strip()}")

    def handle_endtag(self, tag: str) -> None:
        if tag in _NEVER_CLOSED:
            return
        depth = next((n for n, each in enumerate(reversed(self._open)) if each[0] == tag), None)
        if depth is None:
            self._fault(f"</{tag}> closes nothing", "remove it, or open it before")
            return
        at = len(self._open) - depth - 1
        self._left(self._open[at + 1 :])
        del self._open[at:]

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "style":
            self._check_style(data)

    def _left(self, elements: list[tuple[str, int, int]]) -> None:
        """What is still open where its parent, or the page, ends."""
        for tag, line, column in elements:
            if tag not in _OPTIONAL:
                cure = f"write </{tag}> where it ends"
                self.faults.append(Finding(line, column, f"<{tag}> is not closed", cure))

    def _check_style(self, text: str) -> None:
        if match := _STYLE_REFERENCE.search(text):
            self._refer(text[match.start() : match.start() + 60].split("\n")[0])

    def _refer(self, what: str) -> None:
        cure = "put pictures and styles into the page (data: or <style>)"
        if what.startswith(("action=", "formaction=")):
            cure = "put <pan_form/> where a page asks something; no other form is sent"
        self._fault(f"external reference {what[:80]}", cure)

    def _fault(self, message: str, cure: str) -> None:
        self.faults.append(Finding(*self._here(), message, cure))

    def _doubt(self, message: str, cure: str) -> None:
        self.doubts.append(Finding(*self._here(), message, cure))

    def _here(self) -> tuple[int, int]:
        line, offset = self.getpos()
        return line, offset + 1


def _loads(tag: str, key: str) -> bool:
    """Whether a browser fetches what this attribute names without being asked to."""
    return key in _LOADING or (key in ("href", "xlink:href") and tag not in ("a", "area"))
