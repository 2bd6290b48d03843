"""Response pages in the firewall's own form: HTML with tokens such as `<user/>` and `<fname/>`.

`check` finds what is wrong when the file is loaded, so that `render` can't fail when it is shown.
"""

import re
from collections.abc import Mapping

from clearpane.documents.nearest import listed, nearest
from clearpane.documents.place import Place
from clearpane.errors import Problems
from clearpane.pages.escaping import html
from clearpane.pages.forms import ROOM
from clearpane.pages.markup import VOID, Markup

# PAN-OS 8.1.3 and later silently do not serve a larger page; here it is an error.
SIZE_LIMIT = 17_999

FORM = "pan_form"

# The firewall's pages and tokens, and where it tells the reader too little, further ones of ours
# (`reason`, and `url` and `category` on the pages about files).
TOKENS = {
    "virus-block-page": ("user", "fname", "url", "category", "reason"),
    "ssl-cert-status-page": ("user", "url", "category", "certname", "issuer", "status", "reason"),
    "url-block-page": ("user", "url", "category", "reason", "rule"),
    "url-coach-text": ("user", "url", "category", "reason", FORM),
    "file-block-page": ("user", "fname", "url", "reason"),
    "file-block-continue-page": ("user", "fname", "url", "reason", FORM, "cookie"),
    "data-filter-block-page": ("user", "fname", "appname", "direction", "url", "reason"),
    "application-block-page": ("user", "appname", "url", "reason"),
    "ssl-optout-text": ("user", "url", "reason", FORM),
}
# The firewall leaves out a token that does not belong to the page; so do we, with a warning. Its
# `cookie` is what our signed form carries, so it is empty everywhere.
_FIREWALL = frozenset(
    {"appname", "badcert", "category", "certname", "cookie", "direction", "fname", "issuer"}
    | {FORM, "reason", "ssurl", "status", "url", "user"}
)
_TOKEN = re.compile(r"<([A-Za-z][A-Za-z0-9_-]*)\s*/>")


def render(template: str, tokens: Mapping[str, str], form: str = "") -> bytes:
    """The page with its tokens filled in and escaped; a token without a value is empty.

    `form` is markup of ours, and stands for `<pan_form/>` as it is.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == FORM:
            return form
        if name in tokens:
            return html(tokens[name])
        return "" if name in _FIREWALL or name in _OURS else match[0]

    return _TOKEN.sub(fill, template).encode("utf-8", "replace")


def check(text: str, name: str, problems: Problems, place: str = "") -> None:
    """Records what is wrong with the page `name`; `place` is its file, for the messages."""
    place = place or f"{name}.html"
    if name not in TOKENS:
        near = nearest(name, TOKENS)
        cure = f"did you mean {near}?" if near else f"pages are {listed(TOKENS, 'and')}"
        problems.error(place, f"there is no page {name}", cure)
        return
    if not _fits(text, name, problems, place):
        return
    if not re.match(r"\s*<!doctype html>", text, re.IGNORECASE):
        problems.error(place, "the page does not begin with <!DOCTYPE html>", "put it first")
    _check_tokens(text, name, problems, place)
    markup = Markup()
    markup.read(_TOKEN.sub(_blank, text))
    for fault in markup.faults:
        problems.error(Place(place, fault.line, fault.column), fault.message, fault.cure)
    for doubt in markup.doubts:
        problems.warning(Place(place, doubt.line, doubt.column), doubt.message, doubt.cure)


def _fits(text: str, name: str, problems: Problems, place: str) -> bool:
    """Whether it can be served at all; else it is not read, since that has no bounds then."""
    size = len(text.encode("utf-8", "replace"))
    if size > SIZE_LIMIT:
        problems.error(place, f"the page has {size:,} bytes", f"at most {SIZE_LIMIT:,} are served")
    elif FORM in TOKENS[name] and size + ROOM > SIZE_LIMIT:
        message = f"the page has {size:,} bytes, and its form needs up to {ROOM:,} more"
        problems.error(place, message, f"at most {SIZE_LIMIT:,} are served")
    return size <= SIZE_LIMIT


def _check_tokens(text: str, name: str, problems: Problems, place: str) -> None:
    known = TOKENS[name]
    offered = ", ".join(f"<{token}/>" for token in known)
    found = [match for match in _TOKEN.finditer(text) if match[1].lower() not in VOID]
    for match in found:
        token = match[1]
        if token in known:
            continue
        at = _place(text, match.start(), place)
        if token in _FIREWALL:
            problems.warning(at, f"<{token}/> is empty on {name}", f"it has {offered}")
            continue
        near = nearest(token, known)
        cure = f"did you mean <{near}/>?" if near else f"{name} has {offered}"
        problems.error(at, f"unknown token <{token}/>", cure)
    if FORM in known and FORM not in [match[1] for match in found]:
        message = f"there is no <{FORM}/>, so the question of the page can't be answered"
        problems.error(place, message, "put it where the buttons shall stand")


def _place(text: str, at: int, file: str) -> Place:
    line = text.count("\n", 0, at) + 1
    return Place(file, line, at - text.rfind("\n", 0, at))


def _blank(match: re.Match[str]) -> str:
    """As many blanks: what is found behind a token keeps its line and column."""
    return "" if match[1].lower() in VOID else re.sub(r"\S", " ", match[0])


_OURS = frozenset(token for tokens in TOKENS.values() for token in tokens) - _FIREWALL
