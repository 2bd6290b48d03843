"""Files that are attached to RTF documents and to OneNote sections, without an archive around them.

Both are found by their own marks and not by the document's structure, which readers mend.
"""

import io
import re
from collections.abc import Iterator
from itertools import pairwise

from clearpane.content import ole
from clearpane.content.limits import Budget
from clearpane.content.member import WINDOW, Member, Part, cut, inside, matches, occurrences

RTF = b"{\\rt"  # readers don't ask for the whole of {\rtf1
# [MS-ONESTORE] 2.3.1 and 2.6.13: the file's own mark, and the one in front of each stored file.
ONENOTE = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
STORED = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
LONGEST_WORD = 48  # bytes of a control word with its number
STORED_HEADER = 36  # the mark, the size in eight bytes, and twelve that are not used

_OBJECT = re.compile(rb"\\obj(?:data|update)\b")
_CONTROL = re.compile(rb"\\[A-Za-z]{1,32}-?\d{0,10} ?|\\'[0-9A-Fa-f]{2}|\\[^A-Za-z]")
_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))


def is_rtf(data: bytes) -> bool:
    return data[:64].lstrip().startswith(RTF)


def rtf(data: bytes, budget: Budget) -> Iterator[Part]:
    """The objects in the document, and the file in each package. Raises ExhaustedError."""
    starts = [match.end() for match in matches(_OBJECT, data, 16)]
    for start, after in pairwise([*starts, len(data)]):
        budget.count()
        text = cut(data, start, after).partition(b"}")[0]
        budget.spend(len(text))
        digits = _digits(text)
        body = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
        yield Member("object", body)
        yield from _native(body, budget)


def _digits(text: bytes) -> bytes:
    """Without control words; in steps that end in front of one, since each takes memory."""
    out, at = io.BytesIO(), 0
    while at < len(text):
        end = at + WINDOW
        word = text.rfind(b"\\", max(at + 1, end - LONGEST_WORD), end)
        end = word if word >= 0 else end
        out.write(_CONTROL.sub(b"", text[at:end]).translate(None, _NOT_HEX))
        at = end
    return out.getvalue()


def _native(body: bytes, budget: Budget) -> Iterator[Part]:
    """The data of an embedded object ([MS-OLEDS] 2.2.5): three names, a size, and what it is."""
    at = 8
    for _ in range(3):
        at += 4 + int.from_bytes(body[at : at + 4], "little")
    native = cut(body, at + 4, len(body)) if at + 4 < len(body) else b""
    budget.spend(len(native))
    if native:
        yield Member("object", native)
        # A package inside has no size of its own in front, as it has in a stream of an OLE file.
        for part in ole.packaged(body[at : at + 4] + native, budget):
            yield inside("object", part)


def onenote(data: bytes, budget: Budget) -> Iterator[Part]:
    """The files in a section. Raises ExhaustedError."""
    for at in occurrences(data, STORED):
        budget.count()
        size = int.from_bytes(data[at + 16 : at + 24], "little")
        body = cut(data, at + STORED_HEADER, min(at + STORED_HEADER + size, len(data)))
        budget.spend(len(body))
        yield Member("file", body)
