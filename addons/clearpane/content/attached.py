"""Files inside of text and mail that no MIME header announces: uuencode, yEnc, and Outlook's TNEF.

Each is found by its own mark, wherever it stands, and read leniently, line by line.
"""

import binascii
import io
import re
from collections.abc import Iterator

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import WINDOW, Member, Part, cut, matches

TNEF = b"\x78\x9f\x3e\x22"
LONGEST = 1024  # bytes of a first line

# Each begins with the end of the line before, since bytes are searched for fastest.
_UU = re.compile(rb"\nbegin(-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_YENC_LINE = re.compile(rb"\n=ybegin ([^\r\n]{1,900})\r?\n")
_UU_END = re.compile(rb"^(?:end|====)[ \t]*\r?$", re.MULTILINE)
_YENC_NAME = re.compile(rb" name=([^\r\n]{1,255})")
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_YENC = bytes((value - 42) & 0xFF for value in range(256))
_TITLE, _DATA, _RENDERED = 0x0001_8010, 0x0006_800F, 0x0006_9002  # [MS-OXTNEF] 2.1.3.3


def has_text(data: bytes) -> bool:
    """Whether there is anything for `texts`."""
    return any(next(_lines(pattern, data), None) for pattern in (_UU, _YENC_LINE))


def texts(data: bytes, budget: Budget) -> Iterator[Part]:
    """Files in uuencode and in yEnc. Raises ExhaustedError."""
    for pattern, decode in ((_UU, _uuencoded), (_YENC_LINE, _yenc)):
        begin = None
        for following in _lines(pattern, data):
            budget.count()
            if begin:
                yield decode(begin, following.start(), budget)
            begin = following
        if begin:
            yield decode(begin, len(data), budget)


def tnef(data: bytes, budget: Budget) -> Iterator[Part]:
    """The attachments of a winmail.dat ([MS-OXTNEF] 2.1). Raises ExhaustedError."""
    at, name = 6, ""
    while at < len(data):
        budget.count()
        attribute = int.from_bytes(data[at + 1 : at + 5], "little")
        size, start = int.from_bytes(data[at + 5 : at + 9], "little"), at + 9
        if data[at] not in (1, 2) or start + size > len(data):
            yield Unscanned(Unread.MALFORMED, name, "a TNEF attribute can't be read")
            size = len(data) - start
        body = cut(data, start, start + size)
        budget.spend(len(body))
        if attribute == _RENDERED:  # the next attachment begins
            name = ""
        elif attribute == _TITLE:
            name = _text(body.partition(b"\0")[0])
        elif body and (attribute == _DATA or start + size == len(data)):
            yield Member(name, body)
        at = start + size + 2


def _lines(pattern: re.Pattern[bytes], data: bytes) -> Iterator[re.Match[bytes]]:
    """The first lines of files, one at the very start as well."""
    if first := pattern.match(b"\n" + data[:LONGEST]):
        # Seen again in all of the data, so that what is behind the line can be found there.
        whole = re.compile(pattern.pattern.removeprefix(b"\\n"))
        yield whole.match(data) or first
    yield from matches(pattern, data, LONGEST)


def _uuencoded(begin: re.Match[bytes], stop: int, budget: Budget) -> Member:
    """One file, up to its last line or to the next file."""
    end = _UU_END.search(begin.string, begin.end(), stop)
    text = cut(begin.string, begin.end(), end.start() if end else stop)
    budget.spend(len(text))
    return Member(_text(begin[2]), _base64(text) if begin[1] else _uu(text))


def _uu(text: bytes) -> bytes:
    """Without the lines that are none, and with what senders put behind a line cut off."""
    out = bytearray()
    for line in text.splitlines():
        length = (line[0] - 32 & 63) if line else 0
        wanted = 1 + (length * 4 + 2) // 3
        try:
            out += binascii.a2b_uu(line[:wanted])
        except binascii.Error:
            continue
    return bytes(out)


def _base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        return b""


def _yenc(begin: re.Match[bytes], stop: int, budget: Budget) -> Member:
    """One part of a file, up to its =yend or to the next part."""
    data, start = begin.string, begin.end()
    if data.startswith(b"=ypart ", start):
        start = data.find(b"\n", start, start + LONGEST) + 1 or start
    end = data.find(b"\n=yend", start - 1, stop)
    text = cut(data, start, end if end >= 0 else max(start, stop))
    budget.spend(len(text))
    text = text.replace(b"\r", b"").replace(b"\n", b"")
    named = _YENC_NAME.search(b" " + begin[1])
    return Member(_text(named[1]) if named else "", _unescaped(text).translate(_YENC))


def _unescaped(text: bytes) -> bytes:
    """In steps that end behind an escape, since a list of all of them takes much memory."""
    out, at = io.BytesIO(), 0
    while at < len(text):
        end = at + WINDOW
        piece = text[at:end]
        if len(piece) - len(piece.rstrip(b"=")) & 1:
            end += 1
        out.write(_YENC_ESCAPE.sub(lambda one: bytes(((one[1][0] - 64) & 0xFF,)), text[at:end]))
        at = end
    return out.getvalue()


def _text(raw: bytes) -> str:
    name = raw.strip().decode("utf-8", errors="replace")
    return name.replace("\\", "/").rpartition("/")[2]
