"""What an outsider wrote, made harmless for HTML.

Whatever a server, a certificate or a client chose stands on a page as text: never as markup, never
as a character that is invisible or turns the line around.
"""

import re
from html import escape

VALUE_LIMIT = 256

# What a reader can't see or what changes how the rest is read: C0, DEL and C1, soft hyphen, Arabic
# letter mark, zero-width and bidirectional marks, line and paragraph separators, embeddings,
# overrides and isolates, byte order mark, annotation marks, lone surrogates, tags.
UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSEEN = re.compile(f"[{UNSEEN}]")


def visible(text: str, limit: int = VALUE_LIMIT) -> str:
    """The text on one line, at most `limit` characters, with U+FFFD for what can't be seen."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _UNSEEN.sub("\ufffd", text)


def html(text: str) -> str:
    """The text for HTML, between tags or between the quotes of an attribute."""
    return escape(text, quote=True)
