"""The text in which patterns are searched: UTF-8, whatever encoding a body comes in.

How a body is encoded shows in its first bytes, and stays so for all of it.
"""

import io
import re
from enum import StrEnum
from urllib.parse import unquote_to_bytes

_HEAD = 4096
_STEP = 1 << 16  # converted at a time: every escape is an object while it lasts
_BOM_LE, _BOM_BE = b"\xff\xfe", b"\xfe\xff"
# WHATWG URL standard, section 5: names and values without blanks, which are `+` or `%20`.
_FORM = re.compile(rb"[\w.~*!'()\[\]%+-]{1,200}=[^\s=<>\"\x00-\x1f]*?[&%+]")
_ESCAPED = re.compile(rb"[%+]")
_NO_FORM = re.compile(rb"[\s<>\"\x00-\x1f]")


class Coding(StrEnum):
    """How a body is to be read."""

    PLAIN = "plain"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"
    FORM = "form"


WIDE = (Coding.UTF16_LE, Coding.UTF16_BE)


def coding(body: bytes) -> Coding:
    """How the bytes are to be read, given from their start."""
    head = body[:_HEAD]
    if head.startswith((_BOM_LE, _BOM_BE)):
        return Coding.UTF16_LE if head.startswith(_BOM_LE) else Coding.UTF16_BE
    even, odd = head[::2].count(0), head[1::2].count(0)
    # Western text has a zero in every other byte; binary data has them anywhere.
    if max(even, odd) > len(head) / 5 and min(even, odd) * 8 < max(even, odd):
        return Coding.UTF16_LE if odd > even else Coding.UTF16_BE
    if _FORM.match(head) and not _NO_FORM.search(head) and _ESCAPED.search(head):
        return Coding.FORM
    return Coding.PLAIN


def cut(body: bytes, at: int, how: Coding) -> int:
    """The last place up to `at` where the body can be cut so that both pieces read as before."""
    at = max(min(at, len(body)), 0)
    if how is Coding.FORM:
        escape = body.find(b"%", max(at - 2, 0), at)
        return escape if escape >= 0 else at
    if how in WIDE:
        at -= at % 2
        high = body[at + 1 : at + 2] if how is Coding.UTF16_LE else body[at : at + 1]
        return at - 2 if at and high and 0xDC <= high[0] < 0xE0 else at
    return at


def text(body: bytes, how: Coding) -> bytes:
    """The body, or a piece of it, in UTF-8; what can't be read is replaced."""
    if how is Coding.PLAIN:
        return body
    if how is Coding.FORM:
        return _unescaped(body)
    return body.decode(how, errors="replace").encode()


def _unescaped(body: bytes) -> bytes:
    out, at = io.BytesIO(), 0
    while at < len(body):
        end = at + _STEP if at + _STEP >= len(body) else cut(body, at + _STEP, Coding.FORM)
        out.write(unquote_to_bytes(body[at:end].replace(b"+", b" ")))
        at = end
    return out.getvalue()
