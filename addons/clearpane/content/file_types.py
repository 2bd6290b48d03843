"""What a file really is, by its bytes.

A name decides nothing but which language a text is a script in; a program stays one under any name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clearpane.content import magic, ole_kinds, rar_kinds, scripts, tars, zip_kinds
from clearpane.content.detection import FileSeen
from clearpane.content.kinds import FAMILIES, OPAQUE, PAGE_PARTS, FileType
from clearpane.content.member import Member, find

__all__ = ["FAMILIES", "OPAQUE", "PAGE_PARTS", "FileInspector", "FileType", "kind_of"]

# ISO 32000-1, annex H: readers find the mark within the first 1,024 bytes.
_PDF, _PDF_HEAD = re.compile(rb"%PDF-\d\.\d"), 1024
_PDF_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_DISK_END = b"koly\0\0\0\4"  # a .dmg is known by its last 512 bytes


def kind_of(body: bytes, name: str = "") -> FileType | None:
    """The type of a file, given from its start; None for a page, plain text, and the unknown.

    `name` counts for scripts alone. What stands at a file's end (the directory of a zip archive
    and so on) is used where it is there.
    """
    if body.startswith(zip_kinds.MARKS):
        return zip_kinds.kind(body)
    if body.startswith(ole_kinds.MARK):
        return ole_kinds.kind(body)
    if body.startswith((rar_kinds.OLD, rar_kinds.NEW)):
        return rar_kinds.kind(body)
    if found := magic.announced(body):
        return found
    if _PDF.search(body, 0, _PDF_HEAD + 8) and find(body, b" obj") >= 0:
        return _pdf(body)
    if tars.is_tar(body):
        return FileType.TAR
    if body.startswith(_DISK_END, len(body) - 512):
        return FileType.DMG
    return scripts.language(body, name) if scripts.is_text(body) else None


def _pdf(body: bytes) -> FileType:
    at = find(body, b"/Encrypt")
    while at >= 0:
        if _PDF_ENCRYPTED.match(body, at):
            return FileType.ENCRYPTED_PDF
        at = find(body, b"/Encrypt", at + 1)
    return FileType.PDF


@dataclass(frozen=True, slots=True)
class FileInspector:
    """Says of each member what it is; `name` is the file name of the body itself."""

    name: str = ""

    def see(self, member: Member) -> Iterator[FileSeen]:
        """The type of a member, and `zip` too for what only ends as an archive does."""
        kind = kind_of(member.body, member.name or self.name)
        if kind:
            yield FileSeen(kind, member.name)
        if not member.body.startswith(zip_kinds.MARKS) and zip_kinds.is_behind(member.body):
            yield FileSeen(zip_kinds.kind(member.body), member.name)
