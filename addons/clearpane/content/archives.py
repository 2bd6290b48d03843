"""Everything that is in a body, however deep: each member that an engine has to look at.

What a body is shows in its bytes alone. Nothing is left out in silence: what can't be opened comes
out as `Unscanned` beside the members that can.
"""

from collections.abc import Iterator

from clearpane.content import multipart, packages, series, tars, zips
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import LOCAL
from clearpane.content.limits import Budget, ExhaustedError
from clearpane.content.member import Member, Part, find, inside
from clearpane.content.series import Format

COMPRESSED = (Format.GZIP, Format.BZIP2, Format.XZ, Format.ZSTD, Format.LZMA)

# Archives that have no reader here, by the bytes at a given place.
UNOPENED = (
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"MSCF\0\0\0\0", "cab"),
    (0, b"LZIP\x01", "lzip"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"MSWIM\0\0\0", "wim"),
    (0, b"xar!\0", "xar"),
    (0, b"070707", "old cpio"),
    (2, b"-lh", "lha"),
    (7, b"**ACE**", "ace"),
    (0x8001, b"CD001", "iso"),
)
SUFFIXES = {"tgz": ".tar", "tbz2": ".tar", "txz": ".tar", "tzst": ".tar"}


def walk(body: bytes, name: str, content_type: str, budget: Budget) -> Iterator[Part]:
    """The body itself, then what is in it, depth first.

    `name` is the body's file name; it only serves to name what has none of its own.
    """
    yield Member("", body)
    try:
        with budget.holding(len(body)):
            if multipart.is_multipart(content_type):
                for part in multipart.parts(body, content_type, budget):
                    yield part
                    if isinstance(part, Member):
                        yield from _below(part, part.name, 0, budget)
            yield from _below(Member("", body), name, 0, budget)
    except ExhaustedError as exhausted:
        yield Unscanned(Unread.LIMIT, detail=str(exhausted))


def is_container(body: bytes, content_type: str = "") -> bool:
    """Whether there is anything to take apart."""
    return multipart.is_multipart(content_type) or bool(_kinds(body))


def _below(outer: Member, name: str, depth: int, budget: Budget) -> Iterator[Part]:
    for kind in _kinds(outer.body):
        if depth == budget.limits.depth:
            detail = f"archives nested deeper than {depth} levels"
            yield Unscanned(Unread.LIMIT, outer.name, detail)
            return
        for part in _open(kind, outer.body, name, budget):
            named = inside(outer.name, part)
            yield named
            if isinstance(named, Member):
                with budget.holding(len(named.body)):
                    yield from _below(named, part_name(part), depth + 1, budget)


def _kinds(data: bytes) -> list[str | Format]:
    """What the data is; a file can be two things at once, and a zip begins where it likes."""
    kinds: list[str | Format] = []
    kinds += [form for form in COMPRESSED if series.begins(form, data) is not None]
    if tars.is_tar(data):
        kinds.append("tar")
    ...
    return kinds
