"""Streams of OLE2 files (doc, xls, ppt, msg, msi; [MS-CFB]), and the files packed into them.

olefile reads the structure; what it could be made to do without end is refused before, by the
sizes in the header. Names are only text.
"""

import io
import struct
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import olefile

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import Member, Part, cut

MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What olefile raises at files that are damaged; it checks less than it indexes.
FAULTS = (
    OSError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)
ENCRYPTED = frozenset(("EncryptedPackage", "EncryptedSummary"))
MOST_ENTRIES = 20_000  # of a directory; each costs a kilobyte while the file is read
MOST_STEPS = 4_000_000  # names compared, since a name is looked for in all of its storage
MSI_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
ATTACHMENT, ATTACHED_AS = "__substg1.0_37010102", "__substg1.0_3707001F"

type Path = list[str]


class _TooManyError(Exception):
    """The directory has more entries than are read."""


class _File(olefile.OleFileIO):  # type: ignore[misc]
    """A directory's entries are counted as they are made; nothing else in olefile bounds them."""

    entries = 0

    def _load_direntry(self, sid: int) -> object:
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise _TooManyError
        return super()._load_direntry(sid)


def is_ole(data: bytes) -> bool:
    return data.startswith(MARK)


def members(data: bytes, budget: Budget) -> Iterator[Part]:
    """Each stream, and each file that a stream wraps. Raises ExhaustedError."""
    if not _is_sound(data):
        yield Unscanned(Unread.MALFORMED, detail="an OLE file's header does not fit its size")
        return
    try:
        file = _File(io.BytesIO(data))
        paths = file.listdir()
    except _TooManyError:
        detail = f"an OLE file lists more than {MOST_ENTRIES} entries"
        yield Unscanned(Unread.LIMIT, detail=detail)
        return
    except FAULTS:
        yield Unscanned(Unread.MALFORMED, detail="an OLE file can't be read")
        return
    with file:
        lowered = sorted([part.lower() for part in path] for path in paths)
        if any(one == other for one, other in pairwise(lowered)):
            # One of the two would be opened twice and the other one never.
            yield Unscanned(Unread.MALFORMED, detail="two streams of an OLE file have one name")
        siblings = Counter(tuple(path[:-1]) for path in paths)
        if sum(count * count for count in siblings.values()) > MOST_STEPS:
            yield Unscanned(Unread.LIMIT, detail="an OLE file lists very many streams")
            return
        for path in paths:
            budget.count()
            yield from _stream(file, path, budget)


def _stream(file: "olefile.OleFileIO", path: Path, budget: Budget) -> Iterator[Part]:
    name = "/".join(_readable(part) for part in path)
    try:
        body = file.openstream(path).read()
    except FAULTS:
        yield Unscanned(Unread.MALFORMED, name, "a stream of an OLE file can't be read")
        return
    budget.spend(len(body))
    if len(body) > budget.limits.member:
        yield Unscanned(Unread.LIMIT, name, "a stream of an OLE file is larger than is allowed")
        return
    if path[-1] == ATTACHMENT:
        name = _attached_as(file, path) or name
    yield Member(name, body)
    if path[-1] in ENCRYPTED or _is_encrypted(path[-1], body):
        yield Unscanned(Unread.ENCRYPTED, name, "an Office document is encrypted")
    if path[-1].lower() == "\x01ole10native":
        yield from packaged(body, budget)


def packaged(native: bytes, budget: Budget) -> Iterator[Member]:
    """The file in an OLE package ([MS-OLEDS] 2.3.6; the packager's own fields are undocumented).

    Where they don't fit, everything behind the size is handed out.
    """
    budget.spend(len(native))
    label = native.find(b"\0", 6)
    path = native.find(b"\0", label + 1)
    temporary = path + 5  # behind four bytes of flags
    size_at = temporary + 4 + int.from_bytes(native[temporary : temporary + 4], "little")
    size = int.from_bytes(native[size_at : size_at + 4], "little")
    if 6 <= label < path < size_at and 0 < size <= len(native) - size_at - 4:
        name = native[6:label][:1024].decode("utf-8", errors="replace")
        yield Member(
            name.replace("\\", "/").rpartition("/")[2], cut(native, size_at + 4, size_at + 4 + size)
        )
    else:
        yield Member("", cut(native, 4, len(native)))


def _is_sound(data: bytes) -> bool:
    """The table of sectors fits the file: twice as large as needed at most, as for writers' slack.

    Without this a table that names one sector over and over takes memory without end.
    """
    if len(data) < 512:
        return False
    shift = int.from_bytes(data[30:32], "little")
    if shift not in (9, 12):
        return False
    sectors = len(data) >> shift
    needed = sectors // (1 << shift - 2) + 1
    table, minis = (int.from_bytes(data[at : at + 4], "little") for at in (44, 64))
    return table <= max(2 * needed, 109) and minis <= sectors + 1


def _is_encrypted(name: str, body: bytes) -> bool:
    """Word's flag ([MS-DOC] 2.5.2, fEncrypted), Excel's FilePass record ([MS-XLS] 2.4.117)."""
    if name == "WordDocument":
        return len(body) > 11 and bool(body[11] & 1)
    if name in ("Workbook", "Book"):
        at = 0
        for _ in range(8):  # it is among the first ones
            kind, size = int.from_bytes(body[at : at + 2], "little"), body[at + 2 : at + 4]
            if kind == 0x2F:
                return True
            at += 4 + int.from_bytes(size, "little")
    return False


def _attached_as(file: "olefile.OleFileIO", path: Path) -> str:
    """An attachment's long file name ([MS-OXPROPS] PidTagAttachLongFilename); empty: none."""
    try:
        raw = file.openstream([*path[:-1], ATTACHED_AS]).read(1024)
    except FAULTS:
        return ""
    return str(raw.decode("utf-16-le", errors="replace")).replace("\\", "/").rpartition("/")[2]


def _readable(name: str) -> str:
    """Without control characters; of an MSI, two letters are packed into one character."""
    out = ""
    for letter in name:
        code = ord(letter)
        if 0x3800 <= code < 0x4800:
            code -= 0x3800
            out += MSI_LETTERS[code & 63] + MSI_LETTERS[code >> 6]
        elif 0x4800 <= code < 0x4840:
            out += MSI_LETTERS[code - 0x4800]
        elif code == 0x4840:
            out += "!"
        else:
            out += letter if letter.isprintable() and not 0xD800 <= code < 0xE000 else ""
    return out
