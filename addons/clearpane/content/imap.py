"""IMAP, decrypted: mails are literals, in either direction (RFC 9051 section 4.3).

A part of a mail comes without its header fields, so that each way in which it may be encoded is
read; a mail that is fetched range by range is named, since no range shows what it is.
"""

import re
from collections.abc import Iterator

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.content.mail_protocols import MAIL, Event, MailBytes, MailReader, MailStart

MULTIPART, PART, TEXT = "multipart", "part", "text"
HEADERS = {
    MULTIPART: b"Content-Type: multipart/mixed\r\n\r\n",
    PART: b"Content-Transfer-Encoding: base64, quoted-printable, 8bit\r\n\r\n",
}

_LITERAL = re.compile(rb"~?\{(\d{1,18})\+?\}\r?\n\Z")
_SECTION = re.compile(
    rb"(BODY|BINARY|RFC822(?:\.\w+)?)(?:\[([^\]]*)\])?(<\d+>)?\s+~?\{\d+\+?\}\r?\n\Z", re.IGNORECASE
)
_SWITCH = re.compile(rb"(\S+) (STARTTLS|COMPRESS)\b", re.IGNORECASE)
_REFUSED = re.compile(rb"\S+ (?:NO|BAD)\b", re.IGNORECASE)


class Imap(MailReader):
    """Push reader of both directions."""

    def __init__(self) -> None:
        super().__init__()
        self._switch: tuple[bytes, str] | None = None

    def _line(self, direction: Direction, line: bytes) -> Iterator[Event]:
        if direction is Direction.UPLOAD and (found := _SWITCH.match(line)):
            self._switch = found[1], found[2].decode().upper()
        elif direction is Direction.DOWNLOAD:
            if self._switch and line.startswith(self._switch[0] + b" "):
                (_, word), self._switch = self._switch, None
                if line.split()[1:2] == [b"OK"]:
                    yield from self._give_up(f"{word} inside of a decrypted connection")
                    return
            if _REFUSED.match(line):
                self._sides[Direction.UPLOAD].cancel()
        literal = _LITERAL.search(line[-32:])
        if literal and int(literal[1]):
            self._sides[direction].begin(_kind(line), left=int(literal[1]))
            if (part := _SECTION.search(line)) and part[3]:
                detail = "a mail that is fetched in parts"
                yield Unscanned(Unread.PROTOCOL, detail=detail)

    def _start(self, kind: str, data: bytes) -> Iterator[Event]:
        if kind == TEXT:
            kind = MULTIPART if data.lstrip().startswith(b"--") else PART
            if kind == PART:
                detail = "a mail that is fetched without its header fields"
                yield Unscanned(Unread.PROTOCOL, detail=detail)
        yield MailStart(MAIL if kind in HEADERS else kind)
        if kind in HEADERS:
            yield MailBytes(b"", HEADERS[kind])


def _kind(line: bytes) -> str:
    """A section's name says whether header fields come first."""
    found = _SECTION.search(line)
    if not found:
        return MAIL if b"APPEND" in line.upper() else ""
    word, section = found[1].upper(), (found[2] or b"").upper()
    if word == b"BINARY":
        return ""
    if section == b"TEXT" or word == b"RFC822.TEXT":
        return TEXT
    headed = not section or section.endswith(b"MIME") or b"HEADER" in section
    return MAIL if headed else PART
