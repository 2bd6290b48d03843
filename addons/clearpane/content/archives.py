"""Everything that is in a body, however deep: each member that an engine has to look at.

What a body is shows in its bytes alone. Nothing is left out in silence: what can't be opened comes
out as `Unscanned` beside the members that can.
"""

from collections.abc import Callable, Iterator
from functools import partial

from clearpane.content import multipart, packages, series, tars, zips
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import LOCAL
from clearpane.content.limits import Budget, ExhaustedError
from clearpane.content.member import Member, Part, find, inside
from clearpane.content.series import Format

# Archives that have no reader here, by their bytes at a given place.
UNOPENED = (
    ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("rar", 0, b"Rar!\x1a\x07"),
    ("cab", 0, b"MSCF\0\0\0\0"),
    ("lzip", 0, b"LZIP\x01"),
    ("lz4", 0, b"\x04\x22\x4d\x18"),
    ("wim", 0, b"MSWIM\0\0\0"),
    ("xar", 0, b"xar!\0"),
    ("old cpio", 0, b"070707"),
    ("lha", 2, b"-lh"),
    ("ace", 7, b"**ACE**"),
    ("iso", 0x8001, b"CD001"),
)
INNER_SUFFIX = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tzst": ".tar"}
OUTER_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".lzma")

type Reader = Callable[[bytes, str, Budget], Iterator[Part]]


def walk(body: bytes, name: str, content_type: str, budget: Budget) -> Iterator[Part]:
    """The body itself, then what is in it, depth first.

    `name` is the body's file name; it only serves to name what has no name of its own.
    """
    yield Member("", body)
    try:
        with budget.holding(len(body)):
            if multipart.is_multipart(content_type):
                for part in multipart.parts(body, content_type, budget):
                    yield from _with_inside(part, part, 0, budget)
            yield from _below(Member("", body), name, 0, budget)
    except ExhaustedError as exhausted:
        yield Unscanned(Unread.LIMIT, detail=str(exhausted))


def is_container(body: bytes, content_type: str = "") -> bool:
    """Whether there may be anything to take apart."""
    return multipart.is_multipart(content_type) or bool(_readers(body))


def _below(outer: Member, name: str, depth: int, budget: Budget) -> Iterator[Part]:
    """What is in a member; `name` is the last part of its path."""
    for reader in _readers(outer.body):
        found = reader(outer.body, name, budget)
        if depth < budget.limits.depth:
            for part in found:
                yield from _with_inside(inside(outer.name, part), part, depth + 1, budget)
        elif next(found, None):
            detail = f"archives nested deeper than {depth} levels"
            yield Unscanned(Unread.LIMIT, outer.name, detail)
            return


def _with_inside(named: Part, part: Part, depth: int, budget: Budget) -> Iterator[Part]:
    yield named
    if isinstance(named, Member) and isinstance(part, Member):
        with budget.holding(len(named.body)):
            yield from _below(named, part.name, depth, budget)


def _readers(data: bytes) -> list[Reader]:
    """Whoever can open it; a file can be two things at once, and a zip begins where it likes."""
    readers: list[Reader] = [
        partial(_streams, form)
        for form in (Format.GZIP, Format.BZIP2, Format.XZ, Format.ZSTD, Format.LZMA)
        if series.begins(form, data) is not None
    ]
    known = (
        (tars.is_tar(data), tars.members),
        (data.startswith(packages.AR), packages.ar),
        (data.startswith(packages.CPIO), packages.cpio),
        (data.startswith(packages.RPM), packages.rpm),
        (multipart.is_mail(data), multipart.mail),
        (find(data, LOCAL) >= 0, zips.members),
    )
    readers += [partial(_nameless, members) for recognised, members in known if recognised]
    for word, place, mark in UNOPENED:
        if data.startswith(mark, place):
            readers.append(partial(_unopened, word))
    return readers


def _nameless(
    members: Callable[[bytes, Budget], Iterator[Part]], data: bytes, _: str, budget: Budget
) -> Iterator[Part]:
    return members(data, budget)


def _unopened(word: str, data: bytes, name: str, budget: Budget) -> Iterator[Part]:
    yield Unscanned(Unread.MALFORMED, detail=f"no reader for {word} archives")


def _streams(form: Format, data: bytes, name: str, budget: Budget) -> Iterator[Part]:
    """What a compressed file holds, as each kind of reader sees it, and what is behind it."""
    found = series.read(form, data, budget)
    if form is Format.LZMA and found.fault and not found.whole:
        return  # it has no mark, and this was not one
    stored = series.gzip_name(data) if form is Format.GZIP else ""
    for view in found.views:
        yield Member(stored or _stem(name), view)
    if found.fault:
        yield found.fault
    if found.rest:
        yield Member("", found.rest)


def _stem(name: str) -> str:
    """`a.tar.gz` holds `a.tar`."""
    stem, dot, last = name.rpartition(".")
    suffix = (dot + last).lower()
    if suffix in OUTER_SUFFIXES:
        return stem
    return stem + INNER_SUFFIX[suffix] if suffix in INNER_SUFFIX else ""
