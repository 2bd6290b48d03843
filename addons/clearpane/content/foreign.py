"""Members of the archives that libarchive reads: 7z, rar, cab, iso, xar, lha, old cpio, lz4, lzip.

Everything stays in memory, names are only text, links are not followed. libarchive is C that
strangers feed: call `members` in a process that may die. Where the system has no libarchive,
each such archive is unscanned, and nothing fails at import.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clearpane.content import marks
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import Member, Part, cut
from clearpane.content.streams import HEAD

BLOCK = 1 << 16  # read at a time
EOF, FATAL = 1, -30  # libarchive's ARCHIVE_EOF and ARCHIVE_FATAL (no more operations)
MISSING = "libarchive is not installed"

# word -> (libarchive's format, its filter): only what is named here is ever enabled. Other filters
# of libarchive start programs, and its mtree format reads files.
FORMATS = {
    "7z": ("7zip", "none"),
    "rar": ("rar", "none"),
    "rar5": ("rar5", "none"),
    "cab": ("cab", "none"),
    "iso": ("iso9660", "none"),
    "xar": ("xar", "none"),
    "lha": ("lha", "none"),
    "old cpio": ("cpio", "none"),
    "lz4": ("raw", "lz4"),
    "lzip": ("raw", "lzip"),
    "compress": ("raw", "compress"),
}


def members(data: bytes, budget: Budget) -> Iterator[Part]:
    """What is in all archives of the body. Raises ExhaustedError."""
    for word, at in marks.find(data):
        body = cut(data, at, len(data)) if at else data
        yield from _archive(word, body, budget)


def _archive(word: str, data: bytes, budget: Budget) -> Iterator[Part]:
    claims = marks.claims(word, data)
    if claims.encrypted:
        yield Unscanned(Unread.ENCRYPTED, detail=f"a {word} archive is encrypted")
    if claims.volume:
        yield Unscanned(Unread.MALFORMED, detail=f"one of several volumes of a {word} archive")
    options = [b""]
    if word == "iso" and claims.two_trees:
        # Windows reads one tree of names, others the other one; they may list different files.
        options = [b"!rockridge", b"!joliet"]
    for option in options:
        yield from _read(word, option, data, budget)


def _read(word: str, option: bytes, data: bytes, budget: Budget) -> Iterator[Part]:
    library = _library()
    if library is None:
        yield Unscanned(Unread.MALFORMED, detail=f"no reader for {word} archives: {MISSING}")
        return
    form, packing = FORMATS[word]
    try:
        with library.read.new_archive_read(form, packing) as pointer:
            if option:
                kinds = [library.ffi.c_archive_p, library.ffi.c_char_p]
                library.ffi.ffi("read_set_options", kinds, library.ffi.c_int)(pointer, option)
            library.ffi.read_open_memory(pointer, data, len(data))
            yield from _Archive(library, pointer, word, len(data), budget).members()
    except (library.ArchiveError, ValueError) as fault:
        yield _fault(word, "", fault)


def _library() -> Any:
    """The package, with all of it that is used here; None where it can't be loaded."""
    try:
        import libarchive
    except (ImportError, OSError, TypeError, AttributeError):
        return None
    libarchive.ffi.logger.disabled = True  # it would write what strangers say into the log
    return libarchive


@dataclass(frozen=True, slots=True)
class _Archive:
    """An archive that libarchive has opened at `pointer`; `size` is that of the packed bytes."""

    library: Any
    pointer: Any
    word: str
    size: int
    budget: Budget

    def members(self) -> Iterator[Part]:
        """One entry after the other; behind a fault that is not fatal, the next one."""
        fatal, number = False, 0
        while not fatal:
            self.budget.count()
            entry, name = self.library.ArchiveEntry(self.pointer), ""
            try:
                if self.library.ffi.read_next_header2(self.pointer, entry._entry_p) == EOF:
                    break
                name = self._name(entry)
                yield from self._entry(entry, name)
            except self.library.ArchiveError as fault:
                yield _fault(self.word, name, fault)
                fatal = fault.retcode in (None, FATAL)
            except _TooLargeError:
                detail = f"a member of a {self.word} archive unpacks to more than is allowed"
                yield Unscanned(Unread.LIMIT, name, detail)
                return  # going on could mean to unpack the rest of it, where members are one stream
            number += 1
        if not number:
            yield Unscanned(
                Unread.MALFORMED, detail=f"nothing in a {self.word} archive can be read"
            )

    def _name(self, entry: Any) -> str:
        if FORMATS[self.word][0] == "raw":
            return ""
        try:
            name = entry.pathname or ""
        except ValueError:  # characters that are none
            return ""
        text = name.decode("utf-8", errors="replace") if isinstance(name, bytes) else name
        return str(text[:1024].encode("utf-8", errors="replace").decode())

    def _entry(self, entry: Any, name: str) -> Iterator[Part]:
        """What could be read of a member, also where it ends in a fault or is too large."""
        ffi = self.library.ffi
        encrypted = ffi.ffi("entry_is_encrypted", [ffi.c_archive_entry_p], ffi.c_int)
        if encrypted(entry._entry_p) > 0:
            yield Unscanned(
                Unread.ENCRYPTED, name, f"a member of a {self.word} archive is encrypted"
            )
            return
        out, allowance = io.BytesIO(), self.budget.allowance(self.size)
        fault: Exception | None = None
        try:
            for block in entry.get_blocks(block_size=BLOCK):
                self.budget.spend(len(block))
                out.write(block)
                if out.tell() > allowance:
                    raise _TooLargeError
        except (self.library.ArchiveError, _TooLargeError) as raised:
            fault = raised
        body = out.getvalue()
        if body:
            yield Member(name, body[:HEAD] if isinstance(fault, _TooLargeError) else body)
        if fault:
            raise fault


class _TooLargeError(Exception):
    """A member goes on beyond its allowance."""


def _fault(word: str, name: str, fault: Exception) -> Unscanned:
    said = str(getattr(fault, "msg", None) or "it is damaged")
    if "crypt" in said.lower():
        return Unscanned(Unread.ENCRYPTED, name, f"a {word} archive is encrypted")
    said = re.sub(r"[^ -~]", "?", said)[:100]
    return Unscanned(Unread.MALFORMED, name, f"a {word} archive can't be read: {said}")
