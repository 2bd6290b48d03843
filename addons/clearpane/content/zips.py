"""Members of zip archives, also those that their own directory hides or lies about.

Readers disagree on whom to believe, so every local header is opened wherever it stands and every
entry of the directory is followed; where sizes or methods differ, each reading is handed out.
"""

import lzma
import re
import struct
from collections.abc import Generator, Iterator, Sequence

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.directory import LOCAL, UNKNOWN, Claim, Local, entries, local
from clearpane.content.limits import Budget, ExhaustedError
from clearpane.content.member import Member, Part, cut, find
from clearpane.content.streams import DICTIONARY, End, Filters, Kind, Stream, unpack

MARK = re.compile(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x07\x08)")
STORED = 0
METHODS = {8: Kind.DEFLATE, 12: Kind.BZIP2, 14: Kind.LZMA, 93: Kind.ZSTD, 95: Kind.XZ}
DESCRIPTORS = (0, 12, 16, 20, 24)  # bytes between the data of one member and the next header
AES = 99  # the method that stands for encryption


def members(data: bytes, budget: Budget) -> Iterator[Part]:
    """What is in the archive, or the archives, in `data`; nothing if there is none.

    Raises ExhaustedError.
    """
    at = find(data, LOCAL)
    if at < 0:
        return
    listed = _listed(data, budget)
    expected = {0}
    while at >= 0:
        header = local(data, at)
        certain = at in listed or at in expected
        end = at + len(LOCAL)
        if header and (certain or header.plausible):
            end = yield from _open(data, header, listed.pop(at, []), budget)
            expected = {end + gap for gap in DESCRIPTORS}
        elif certain:
            yield Unscanned(Unread.MALFORMED, detail="a zip member's header is cut off")
        budget.count()
        at = find(data, LOCAL, max(end, at + len(LOCAL)))
    yield from _hidden(data, listed, budget)


def _listed(data: bytes, budget: Budget) -> dict[int, list[Claim]]:
    """The entries of the central directory by the offset of their local header."""
    listed: dict[int, list[Claim]] = {}
    for number, claim in enumerate(entries(data)):
        if number >= budget.limits.count:
            raise ExhaustedError(f"lists more than {budget.limits.count} members")
        listed.setdefault(claim.offset, []).append(claim)
    return listed


def _hidden(data: bytes, listed: dict[int, list[Claim]], budget: Budget) -> Iterator[Part]:
    """The members whose headers lie inside another member's data."""
    for offset, claims in listed.items():
        budget.count()
        header = local(data, offset) if offset >= 0 else None
        if header:
            yield from _open(data, header, claims, budget)
        else:
            detail = "the zip directory lists a member that is not there"
            yield Unscanned(Unread.MALFORMED, claims[0].name, detail)


def _open(
    data: bytes, header: Local, listed: Sequence[Claim], budget: Budget
) -> Generator[Part, None, int]:
    """Each reading of one member; returns where its data ends, as far as that is known."""
    claims = (header.claim, *listed)
    name, end = header.claim.name, header.start
    if any(claim.encrypted or claim.method == AES for claim in claims):
        yield Unscanned(Unread.ENCRYPTED, name, "a zip member is encrypted")
        end = _stops(data, header.start, claims, default=header.start)[0]
    for method in dict.fromkeys(c.method for c in claims if not c.encrypted):
        if method == STORED:
            end = yield from _stored(data, header, claims, budget)
        elif method in METHODS:
            stream = _unpack(METHODS[method], data, header.start, claims, budget)
            yield from _readings(name, stream, claims)
            end = header.start + (stream.used if stream.end is End.DONE else 0)
        elif method != AES:
            detail = f"no reader for zip compression method {method}"
            yield Unscanned(Unread.MALFORMED, name, detail)
            end = _stops(data, header.start, claims, default=header.start)[0]
    return end


def _stored(
    data: bytes, header: Local, claims: Sequence[Claim], budget: Budget
) -> Generator[Part, None, int]:
    """Data that ends where a header says so, or at the next header where none does."""
    stops = _stops(data, header.start, claims, default=0)
    if not stops[0]:
        near = MARK.search(data, header.start)
        stop = near.start() if near else len(data)
        stops = sorted({stop, _before_descriptor(data, header.start, stop)})
    for stop in stops:
        if stop > header.start:
            budget.spend(stop - header.start)
            yield Member(header.claim.name, cut(data, header.start, stop))
    return stops[0]


def _before_descriptor(data: bytes, start: int, stop: int) -> int:
    """Where the data ends if a descriptor without a mark stands behind it (APPNOTE 4.3.9)."""
    for form in ("<4xII", "<4xQQ"):
        end = stop - struct.calcsize(form)
        if end > start and struct.unpack_from(form, data, end) == (end - start, end - start):
            return end
    return stop


def _stops(data: bytes, start: int, claims: Sequence[Claim], default: int) -> list[int]:
    """Where the packed data ends according to the headers, nearest first."""
    sizes = {c.packed for c in claims if 0 < c.packed < UNKNOWN}
    return sorted({min(start + size, len(data)) for size in sizes}) or [default]


def _unpack(kind: Kind, data: bytes, start: int, claims: Sequence[Claim], budget: Budget) -> Stream:
    """Packed data ends by itself, whatever the headers say; lzma alone may need to be told."""
    stop = _stops(data, start, claims, default=len(data))[-1]
    allowance = budget.allowance(stop - start)
    if kind is not Kind.LZMA:
        stream = unpack(kind, data, start, allowance)
    else:
        filters = _lzma_filters(data, start)
        if not filters:
            return Stream(b"", 0, End.BROKEN)
        if filters[0]["dict_size"] > DICTIONARY:
            return Stream(b"", 0, End.LIMIT)
        stream = unpack(kind, data[start + 9 : stop], 0, allowance, filters=filters)
    budget.spend(allowance if stream.end is End.LIMIT else stream.cost)
    return stream


def _lzma_filters(data: bytes, start: int) -> Filters:
    """What stands in front of the data of method 14 (APPNOTE 5.8.8); empty where it is wrong."""
    if len(data) < start + 9:
        return ()
    length, properties, dictionary = struct.unpack_from("<HBI", data, start + 2)
    if length != 5 or properties >= 9 * 5 * 5:
        return ()
    rest, lc = divmod(properties, 9)
    pb, lp = divmod(rest, 5)
    size = max(dictionary, 4096)
    return ({"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": size},)


def _readings(name: str, stream: Stream, claims: Sequence[Claim]) -> Iterator[Part]:
    """The whole output, and what a reader sees that believes a smaller size."""
    output = stream.output
    yield Member(name, output)
    for size in sorted({c.size for c in claims if 0 < c.size < len(output)}):
        yield Member(name, output[:size])
    complete = any(0 < c.size <= len(output) for c in claims)
    if stream.end is End.LIMIT:
        yield Unscanned(Unread.LIMIT, name, "a zip member unpacks to more than is allowed")
    elif not complete and (stream.end is End.BROKEN or (stream.end is End.CUT and not output)):
        yield Unscanned(Unread.MALFORMED, name, "a zip member can't be unpacked")
