"""Response pages in the firewall's own form: HTML with tokens such as `<user/>` and `<fname/>`.

`check` finds what is wrong when the file is loaded, so that `render` can't fail when it is shown.
A page brings all it needs with it: it is shown in place of a site that was just blocked, so
whatever it loaded would be asked of that site or tell another one.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from html.parser import HTMLParser

from clearpane.errors import Problems
from clearpane.pages.escaping import html

# PAN-OS 8.1.3 and later silently do not serve a larger page; here it is an error.
SIZE_LIMIT = 17_999

TOKENS = {
    "virus-block-page": ("user", "fname", "url", "category", "reason"),
    "ssl-cert-status-page": ("user", "url", "category", "certname", "issuer", "status", "reason"),
}
# The firewall leaves out a token that does not belong to the page; so do we, with a warning.
_FIREWALL = frozenset(
    {"appname", "badcert", "category", "certname", "cookie", "direction", "fname", "issuer"}
    | {"pan_form", "reason", "ssurl", "status", "url", "user"}
)
_TOKEN = re.compile(r"<([A-Za-z][A-Za-z0-9_-]*)\s*/>")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
    | {"track", "wbr", "circle", "ellipse", "g", "line", "path", "polygon", "polyline", "rect"}
)
_LOADING = frozenset({"src", "srcset", "data", "poster", "background", "action", "formaction"})
_STYLE_REFERENCE = re.compile(r"""url\(\s*["']?(?!data:|#)|@import""", re.IGNORECASE)


def render(template: str, tokens: Mapping[str, str]) -> bytes:
    """The page with its tokens filled in and escaped; a token without a value is empty."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name in tokens:
            return html(tokens[name])
        return "" if name in _FIREWALL else match[0]

    return _TOKEN.sub(fill, template).encode("utf-8", "replace")


def check(text: str, name: str, problems: Problems, place: str = "") -> None:
    """Records what is wrong with the page `name`; `place` is its file, for the messages."""
    place = place or f"{name}.html"
    if name not in TOKENS:
        problems.error(place, f"there is no page {name}", f"pages are {', '.join(TOKENS)}")
        return
    size = len(text.encode("utf-8", "replace"))
    if size > SIZE_LIMIT:
        problems.error(place, f"the page has {size:,} bytes", f"at most {SIZE_LIMIT:,} are served")
    if not re.match(r"\s*<!doctype html>", text, re.IGNORECASE):
        problems.error(place, "the page does not begin with <!DOCTYPE html>", "put it first")
    _check_tokens(text, name, problems, place)
    reader = _Reader()
    reader.feed(_TOKEN.sub("", text))
    reader.close()
    for line, message, cure in reader.faults:
        problems.error(f"{place}:{line}", message, cure)
    for line, message, cure in reader.doubts:
        problems.warning(f"{place}:{line}", message, cure)


def _check_tokens(text: str, name: str, problems: Problems, place: str) -> None:
    known = TOKENS[name]
    offered = ", ".join(f"<{token}/>" for token in known)
    for match in _TOKEN.finditer(text):
        token = match[1]
        if token in known or token.lower() in _VOID:
            continue
        at = f"{place}:{text.count(chr(10), 0, match.start()) + 1}"
        if token in _FIREWALL:
            problems.warning(at, f"<{token}/> is empty on {name}", f"it has {offered}")
            continue
        near = get_close_matches(token.lower(), known, n=1)
        cure = f"did you mean <{near[0]}/>?" if near else f"{name} has {offered}"
        problems.error(at, f"unknown token <{token}/>", cure)


class _Reader(HTMLParser):
    """Finds what would be loaded from elsewhere, and what will not run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[tuple[int, str, str]] = []
        self.doubts: list[tuple[int, str, str]] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        line = self.getpos()[0]
        if tag == "script" or any(key.startswith("on") for key, _ in attrs):
            self.doubts.append((line, f"<{tag}> holds a script", "scripts do not run on a page"))
        for key, value in attrs:
            if key == "style":
                self._check_style(value or "")
            elif _loads(tag, key) and not (value or "").strip().lower().startswith(("data:", "#")):
                self._refer(f"{key}={value or ''}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._check_style(data)

    def _check_style(self, text: str) -> None:
        if match := _STYLE_REFERENCE.search(text):
            self._refer(text[match.start() : match.start() + 60].split("\n")[0])

    def _refer(self, what: str) -> None:
        cure = "put pictures and styles into the page (data: or <style>)"
        self.faults.append((self.getpos()[0], f"external reference {what[:80]}", cure))


def _loads(tag: str, key: str) -> bool:
    """Whether a browser fetches what this attribute names without being asked to."""
    return key in _LOADING or (key in ("href", "xlink:href") and tag not in ("a", "area"))
