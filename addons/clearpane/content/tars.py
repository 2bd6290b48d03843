"""Members of tar archives, without the standard library's silent stop at a header that it dislikes.

A block is a header if its checksum says so, wherever it stands; where two sizes are given, both
readings are handed out. What is no header and no member's data is handed out as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import Member, Part, cut

BLOCK = 512
NAMES, RECORDS, SPARSE = b"LK", b"xgX", b"S"
ZEROS = bytes(BLOCK)


@dataclass(slots=True)
class _Next:
    """What extended headers say about the member that follows them."""

    name: str = ""
    sizes: list[int] = field(default_factory=list)
    sparse: bool = False


def is_tar(data: bytes) -> bool:
    return _is_header(data[:BLOCK])


def members(data: bytes, budget: Budget) -> Iterator[Part]:
    """What is in the archive; raises ExhaustedError."""
    at, following, stray = 0, _Next(), False
    while at < len(data):
        block = data[at : at + BLOCK]
        if not _is_header(block):
            if not stray and block.strip(b"\0"):
                stray = True
                budget.spend(len(data) - at)
                yield Member("", cut(data, at, len(data)))
            at += BLOCK
            continue
        budget.count()
        kind, size = block[156:157], _number(block[124:136])
        if size is None:
            yield Unscanned(Unread.MALFORMED, _text(block[:100]), "a tar member has no size")
        sizes = sorted({size or 0, *following.sizes})
        start = at + BLOCK
        at = start + -(-sizes[0] // BLOCK) * BLOCK
        if kind in NAMES or kind in RECORDS:
            _extend(following, kind, data[start : start + sizes[0]])
            continue
        yield from _readings(block, following, data, start, sizes, budget)
        following = _Next()


def _readings(
    block: bytes, following: _Next, data: bytes, start: int, sizes: list[int], budget: Budget
) -> Iterator[Part]:
    name = following.name or _text(block[:100])
    if following.sparse or block[156:157] == SPARSE:
        yield Unscanned(Unread.MALFORMED, name, "no reader for sparse tar members")
    for size in sizes:
        if size and start < len(data):
            body = cut(data, start, start + size)
            budget.spend(len(body))
            yield Member(name, body)


def _is_header(block: bytes) -> bool:
    if len(block) < BLOCK or block == ZEROS:
        return False
    stated = _number(block[148:156])
    if stated is None:
        return False
    field = block[148:156]
    plain = sum(block) - sum(field) + 8 * 32
    # Some old writers summed signed characters.
    return stated == plain or stated == plain - 256 * sum(byte > 127 for byte in block)


def _number(raw: bytes) -> int | None:
    """Octal digits, or a binary number as GNU tar writes large ones; None if it is neither."""
    if raw[0] == 0x80:
        return int.from_bytes(raw[1:])
    digits = raw.partition(b"\0")[0].strip()
    return int(digits, 8) if digits and not digits.strip(b"01234567") else None


def _extend(following: _Next, kind: bytes, data: bytes) -> None:
    """A long name, or records such as `19 path=docs/a.txt` (POSIX pax)."""
    if kind == b"L":
        following.name = _text(data)
    elif kind in RECORDS:
        for key, value in _records(data):
            if key == b"path":
                following.name = _text(value)
            elif key == b"size" and value.isdigit():
                following.sizes.append(int(value[:20]))
            elif key.startswith(b"GNU.sparse."):
                following.sparse = True


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        length = data[at : at + 20].partition(b" ")[0]
        if not length.isdigit() or not int(length):
            return
        record = data[at : at + int(length)].rstrip(b"\n")
        key, _, value = record[len(length) + 1 :].partition(b"=")
        yield key, value
        at += int(length)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0][:1024].decode("utf-8", errors="replace")
