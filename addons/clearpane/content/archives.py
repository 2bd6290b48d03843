"""Everything that is in a body, however deep: each member that an engine has to look at.

What a body is shows in its bytes alone. Nothing is left out in silence: what can't be opened comes
out as `Unscanned` beside the members that can.
"""

from collections.abc import Callable, Iterator
from functools import partial

from clearpane.content import (
    attached,
    foreign,
    marks,
    multipart,
    objects,
    ole,
    packages,
    pdf,
    series,
    tars,
    zips,
)
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import LOCAL
from clearpane.content.limits import Budget, ExhaustedError
from clearpane.content.member import Member, Part, find, inside
from clearpane.content.series import Format

# Archives that have no reader here, by their bytes at a given place; a negative one counts from
# the end.
UNOPENED = (
    ("wim", 0, b"MSWIM\0\0\0"),
    ("ace", 7, b"**ACE**"),
    ("zoo", 20, b"\xdc\xa7\xc4\xfd"),
    ("lzop", 0, b"\x89LZO\0\r\n"),
    ("lrzip", 0, b"LRZI"),
    ("chm", 0, b"ITSF"),
    ("udf", 0x8001, b"BEA01"),
    ("vhd", 0, b"conectix"),
    ("vhd", -512, b"conectix"),
    ("vhdx", 0, b"vhdxfile"),
    ("dmg", -512, b"koly"),
)
# Reading them begins at their end, or goes to and fro.
WHOLE = (pdf.is_pdf, ole.is_ole, marks.find)
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
            elif multipart.is_message(content_type) and not multipart.is_mail(body):
                for part in multipart.mail(body, budget):
                    yield from _with_inside(part, part, 0, budget)
            yield from _below(Member("", body), name, 0, budget)
    except ExhaustedError as exhausted:
        yield Unscanned(Unread.LIMIT, detail=str(exhausted))


def is_container(body: bytes, content_type: str = "") -> bool:
    """Whether there may be anything to take apart."""
    typed = multipart.is_multipart(content_type) or multipart.is_message(content_type)
    return typed or bool(_readers(body))


def needs_whole(head: bytes) -> bool:
    """Whether a body that begins so (with 1 MiB of it, if it has as much) is to be read as one.

    Others can be read as they flow: zip, tar, and compressed streams; or hold nothing.
    """
    marked = any(head.startswith(mark, place) for _, place, mark in UNOPENED if place >= 0)
    return marked or any(begins(head) for begins in WHOLE)


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
        (pdf.is_pdf(data), pdf.members),
        (ole.is_ole(data), ole.members),
        (objects.is_rtf(data), objects.rtf),
        (data.startswith(objects.ONENOTE), objects.onenote),
        (data.startswith(attached.TNEF), attached.tnef),
        (attached.has_text(data), attached.texts),
        (bool(marks.find(data)), foreign.members),
    )
    if marks.is_arj(data):
        readers.append(partial(_unopened, "arj"))
    readers += [partial(_nameless, members) for recognised, members in known if recognised]
    for word, place, mark in UNOPENED:
        at = place if place >= 0 else len(data) + place
        if at >= 0 and data.startswith(mark, at):
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
