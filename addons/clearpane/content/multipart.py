"""Takes messages of several parts apart: forms, byte ranges, and mail with its attachments.

Each part is handed out as its reader would store it, without the transfer encoding.
"""

import binascii
import io
import re
import string
from collections.abc import Iterable, Iterator

from clearpane.content import headers
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.headers import Fields
from clearpane.content.limits import Budget
from clearpane.content.member import Member, Part, find, inside, occurrences

MOST_BOUNDARIES = 4
DEEPEST = 4  # multipart in multipart; mail programs make three
CHUNK = 1 << 18  # decoded at a time, since decoding lets no other thread run

_FIRST_LINE = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r?\n")
_MAIL_FIELD = re.compile(
    rb"^(?:mime-version|content-type|content-transfer-encoding|received|message-id):",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(rb"[!-9;-~]{1,76}:")
_BASE64 = string.ascii_letters + string.digits + "+/="
_NO_BASE64 = bytes(set(range(256)) - set(_BASE64.encode()))
_LINES = _BASE64.encode() + b" \t\r\n"


type Span = tuple[int, int]


def is_multipart(content_type: str) -> bool:
    return content_type.strip().lower().startswith("multipart/")


def is_message(content_type: str) -> bool:
    """message/rfc822 and its like: header fields, and a body."""
    return content_type.strip().lower().startswith("message/")


def is_mail(data: bytes) -> bool:
    """It begins with header fields, and one of them is mail's own."""
    head = _mail(data[:16_384])
    return bool(_FIELD.match(head) and _MAIL_FIELD.search(headers.split(head)[0]))


def mail(data: bytes, budget: Budget) -> Iterator[Part]:
    """The parts of a mail, or its body if it has but one. Raises ExhaustedError."""
    data = _mail(data)
    yield from _entity(data, (0, len(data)), budget, 0)


def parts(data: bytes, content_type: str, budget: Budget, level: int = 0) -> Iterator[Part]:
    """The parts of a body whose Content-Type is multipart/*. Raises ExhaustedError."""
    if level > DEEPEST:
        detail = f"multipart nested deeper than {DEEPEST} levels"
        yield Unscanned(Unread.LIMIT, detail=detail)
        return
    found = False
    for boundary in _boundaries(data, content_type):
        found = found or find(data, b"--" + boundary) >= 0
        for span in _spans(data, boundary, budget):
            yield from _entity(data, span, budget, level + 1)
        if "byteranges" in content_type.lower():
            yield _joined(data, _spans(data, boundary, budget), budget)
    if not found and data:
        yield Unscanned(Unread.MALFORMED, detail="a multipart body without parts")


def _entity(data: bytes, span: Span, budget: Budget, level: int) -> Iterator[Part]:
    """One part: its header fields, and what its body says."""
    block, body = headers.split(data, *span)
    if len(block) > headers.LARGEST:
        detail = f"header fields of more than {headers.LARGEST // 1024} KiB"
        yield Unscanned(Unread.LIMIT, detail=detail)
        return
    budget.spend(len(body))
    fields = headers.fields(block)
    name = headers.file_name(fields)
    kind = "; ".join(fields.get("content-type", []))
    if is_multipart(kind):
        for part in parts(body, kind, budget, level):
            yield inside(name, part)
        return
    for reading in _readings(body, fields):
        yield Member(name, reading)
        if is_message(kind) and level < DEEPEST and not is_mail(reading):
            # Its type alone says that it is a mail: whoever takes it apart by its bytes won't.
            start = len(reading) - len(reading.lstrip(b"\r\n"))
            for part in _entity(reading, (start, len(reading)), budget, level + 1):
                yield inside(name, part)


def _readings(body: bytes, fields: Fields) -> Iterator[bytes]:
    """The body without its transfer encoding; as it is where that is none, unknown, or a lie."""
    said = " ".join(fields.get("content-transfer-encoding", [])).lower()
    if "base64" in said:
        yield _base64(body)
    if "quoted-printable" in said:
        yield _quoted_printable(body)
    others = said.replace("base64", "").replace("quoted-printable", "").strip()
    if others or not said or ("base64" in said and body[:CHUNK].translate(None, _LINES)):
        yield body


def _joined(data: bytes, spans: Iterable[Span], budget: Budget) -> Member:
    """Ranges put together again, since a virus may be cut to pieces that are harmless each."""
    ranges = []
    for span in spans:
        block, body = headers.split(data, *span)
        values = headers.fields(block).get("content-range", [""])
        first = re.search(r"\d{1,18}", values[0])
        ranges.append((int(first[0]) if first else 0, body))
    whole = b"".join(body for _, body in sorted(ranges, key=lambda one: one[0]))
    budget.spend(len(whole))
    return Member("", whole)


def _boundaries(data: bytes, content_type: str) -> list[bytes]:
    """Those that the type names, and the one that the body begins with."""
    parameters = headers.parameters(content_type)
    named = [text for key, text in parameters if key == "boundary"]
    # RFC 2231 section 3: a value may be cut into boundary*0, boundary*1, ...
    pieces = [(key, text) for key, text in parameters if re.fullmatch(r"boundary\*\d{1,2}", key)]
    named.append("".join(text for _, text in sorted(pieces, key=lambda one: int(one[0][9:]))))
    found = [name.encode("utf-8", errors="replace") for name in named if name]
    if first := _FIRST_LINE.match(data[:512]):
        found.append(first[1])
    return list(dict.fromkeys(found))[:MOST_BOUNDARIES]


def _spans(data: bytes, boundary: bytes, budget: Budget) -> Iterator[Span]:
    """Between the delimiter lines; an end that is missing is the end of the data."""
    mark, start = b"--" + boundary, -1
    for at in occurrences(data, mark):
        budget.count()
        line = data[at + len(mark) : at + len(mark) + 80]
        tail = line.partition(b"\n")[0].strip()
        if (at and data[at - 1 : at] != b"\n") or tail not in (b"", b"--"):
            continue
        if start >= 0:
            yield start, max(start, _before_newline(data, at))
        end_of_line = data.find(b"\n", at + len(mark), at + len(mark) + 80)
        start = end_of_line + 1 if end_of_line >= 0 else at + len(mark) + len(line)
    if 0 <= start < len(data):
        yield start, len(data)


def _before_newline(data: bytes, at: int) -> int:
    """The line break in front of a delimiter belongs to the delimiter."""
    at -= 1
    return at - 1 if data[at - 1 : at] == b"\r" else at


def _mail(data: bytes) -> bytes:
    """Without blank lines and a mailbox's `From ` line in front."""
    data = data.lstrip(b"\r\n")
    return data.partition(b"\n")[2] if data.startswith(b"From ") else data


def _base64(body: bytes) -> bytes:
    """As mail programs decode it: other characters are skipped, padding ends nothing."""
    out, waiting = io.BytesIO(), b""
    for start in range(0, len(body), CHUNK):
        waiting += body[start : start + CHUNK].translate(None, _NO_BASE64)
        *runs, waiting = waiting.split(b"=")
        for run in runs:
            out.write(_quads(run))
        whole = len(waiting) // 4 * 4
        out.write(_quads(waiting[:whole]))
        waiting = waiting[whole:]
    out.write(_quads(waiting))
    return out.getvalue()


def _quads(run: bytes) -> bytes:
    """Padding that is missing is put there; a character too many is left out."""
    spare = len(run) % 4
    return binascii.a2b_base64(run[:-1] if spare == 1 else run + b"=" * (-spare % 4))


def _quoted_printable(body: bytes) -> bytes:
    out, start = io.BytesIO(), 0
    while start < len(body):
        end = body.rfind(b"\n", start, start + CHUNK) + 1 or start + CHUNK
        out.write(binascii.a2b_qp(body[start:end]))
        start = end
    return out.getvalue()
