"""Members of the plain containers that software comes in: ar (.deb), cpio, and rpm's payload.

They do not compress by themselves; what they hold is handed out for other readers to open.
"""

from collections.abc import Iterator

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import Member, Part, cut

AR, CPIO, RPM = b"!<arch>\n", (b"070701", b"070702"), b"\xed\xab\xee\xdb"
RPM_HEADER = b"\x8e\xad\xe8\x01"


def ar(data: bytes, budget: Budget) -> Iterator[Part]:
    """Raises ExhaustedError."""
    at = len(AR)
    while at < len(data):
        header = data[at : at + 60]
        size = header[48:58].strip()
        if header[58:] != b"`\n" or not size.isdigit():
            yield Unscanned(Unread.MALFORMED, detail="an ar member's header can't be read")
            return
        start = at + 60
        name = header[:16].rstrip(b" /").decode("utf-8", errors="replace")
        yield _member(data, start, int(size), name, budget)
        at = start + int(size) + int(size) % 2


def cpio(data: bytes, budget: Budget) -> Iterator[Part]:
    """Raises ExhaustedError."""
    at = 0
    while at < len(data):
        header = data[at : at + 110]
        try:
            size, named = int(header[54:62], 16), int(header[94:102], 16)
        except ValueError:
            header = b""
        if not header.startswith(CPIO):
            yield Unscanned(Unread.MALFORMED, detail="a cpio member's header can't be read")
            return
        start = -(-(at + 110 + named) // 4) * 4
        name = data[at + 110 : at + 110 + named][:1024].rstrip(b"\0")
        if name == b"TRAILER!!!":
            if rest := data[start:].strip(b"\0"):
                yield Member("", rest)
            return
        yield _member(data, start, size, name.decode("utf-8", errors="replace"), budget)
        at = -(-(start + size) // 4) * 4


def rpm(data: bytes, budget: Budget) -> Iterator[Part]:
    """The payload behind the lead, the signature and the header. Raises ExhaustedError."""
    at = 96
    for _ in range(2):
        at = -(-at // 8) * 8
        if not data.startswith(RPM_HEADER, at):
            yield Unscanned(Unread.MALFORMED, detail="an rpm header can't be read")
            return
        entries = int.from_bytes(data[at + 8 : at + 12])
        at += 16 + 16 * entries + int.from_bytes(data[at + 12 : at + 16])
    yield _member(data, at, len(data), "payload", budget)


def _member(data: bytes, start: int, size: int, name: str, budget: Budget) -> Member:
    budget.count()
    body = cut(data, start, start + size)
    budget.spend(len(body))
    return Member(name, body)
