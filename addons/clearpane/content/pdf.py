"""Streams of a PDF (ISO 32000-1, 7.3.8), found by their keyword and not by the document's tables.

Tables, lengths and objects may lie or be missing, and readers mend them: so each `stream` keyword
counts, each end that a reader may see is read, and a stream is handed out without its filters.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from clearpane.content import pdf_filters
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import Member, Part, cut, find, matches
from clearpane.content.streams import End, Kind, unpack

NEAR = 1024  # readers look for the mark in as many bytes
HEADER = 4096  # of what stands in front of a stream, this much is read
SLOWNESS = 8  # what a filter without a decoder in C costs, compared to one with it
MOST_FILTERS = 8
MOST_NAMED = 100_000  # objects that are but a number, a name or a list
UNKNOWN = "?"  # a filter that stands in an object which can't be found

_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")
_END = b"endstream"
_ENCRYPT = re.compile(rb"/Encrypt\s{0,20}(?:\d{1,10}\s{1,20}\d{1,5}\s{1,20}R|<<)")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_COMMENT = re.compile(rb"%[^\r\n]*")
_VALUE = rb"(\[[^\]]{0,200}\]|/[^\s/<>\[\]()%]{1,40}|\d{1,10}\s{1,20}\d{1,5}\s{1,20}R)"
_FILTER = re.compile(rb"/Filter\s{0,20}" + _VALUE)
_ONE = re.compile(rb"/([^\s/<>\[\]()%]{1,40})|(\d{1,10})\s{1,20}\d{1,5}\s{1,20}R")
_NUMBER = re.compile(rb"(\d{1,10})\s{1,20}\d{1,5}\s{1,20}$")
_NAMED = re.compile(
    rb"(\d{1,10})\s{1,20}\d{1,5}\s{1,20}obj\s{0,20}(?:" + _VALUE + rb"|(\d{1,10})\s{0,20}endobj)"
)
_LENGTH = re.compile(rb"/Length\s{0,20}(\d{1,10})\b(\s{1,20}\d{1,5}\s{1,20}R)?")


def is_pdf(data: bytes) -> bool:
    return data.find(b"%PDF-", 0, NEAR + 5) >= 0


def members(data: bytes, budget: Budget) -> Iterator[Part]:
    """What its streams hold; of an encrypted document as well, as far as it is not. Raises
    ExhaustedError.
    """
    encrypted = next(matches(_ENCRYPT, data, 64), None) is not None
    if encrypted:
        yield Unscanned(Unread.ENCRYPTED, detail="a PDF document is encrypted")
    document = _Document(data, budget)
    for match in matches(_STREAM, data, 8):
        if data.endswith(b"end", 0, match.start()):
            continue
        budget.count()
        for part in document.stream(match.start(), match.end()):
            if isinstance(part, Member) or part.reason is Unread.LIMIT or not encrypted:
                yield part


@dataclass(slots=True)
class _Document:
    """`end` is the last `endstream` that was looked for; `named` is filled when it is needed."""

    data: bytes
    budget: Budget
    end: int = 0
    named: dict[bytes, bytes] | None = field(default=None)

    def stream(self, keyword: int, start: int) -> Iterator[Part]:
        """Each reading of the stream whose data begins at `start`."""
        head = self.data[max(0, keyword - HEADER) : keyword]
        head = _ESCAPE.sub(lambda code: bytes((int(code[1], 16),)), head)
        begin = head.rfind(b"obj")
        number = _NUMBER.search(head, max(0, begin - 60), max(0, begin))
        name = f"object {int(number[1])}" if number else "a stream"
        header = head[begin + 3 :] if begin >= 0 else head
        chains = self._chains(header)
        for stop in self._stops(start, header):
            self.budget.spend(stop - start)
            raw = cut(self.data, start, stop)
            if not chains or chains == [()]:
                yield Member(name, raw)
                chains = [(pdf_filters.FLATE[0],)] if raw[:1] == b"\x78" and not chains else []
            for chain in chains:
                yield from self._unfiltered(name, header, start, raw, chain)

    def _stops(self, start: int, header: bytes) -> list[int]:
        """Where it ends by the keyword, and by its length if the keyword is there as well."""
        data = self.data
        if self.end < start:
            at = find(data, _END, start)
            self.end = at if at >= 0 else len(data)
        stops = {max(start, _before_newline(data, self.end))}
        for length, reference in _LENGTH.findall(header)[:4]:
            number = self._resolve(length) if reference else length
            stop = start + int(number if number.isdigit() else 0)
            if stop <= len(data) and data[stop : stop + 12].lstrip().startswith(_END):
                stops.add(stop)
        return sorted(stops)

    def _chains(self, header: bytes) -> list[tuple[str, ...]]:
        """The filters that it names, first one first; more than one answer where it says more."""
        values = _FILTER.findall(header) + _FILTER.findall(_COMMENT.sub(b" ", header))
        chains = [tuple(self._filters(value, 0)) for value in values[:4]]
        return list(dict.fromkeys(chains))

    def _filters(self, value: bytes, depth: int) -> Iterator[str]:
        for name, reference in _ONE.findall(value)[:MOST_FILTERS]:
            if name:
                yield name.decode("latin-1")
            elif depth < 2 and (found := self._resolve(reference)):
                yield from self._filters(found, depth + 1)
            else:
                yield UNKNOWN

    def _resolve(self, number: bytes) -> bytes:
        if self.named is None:
            self.named = {}
            for found in islice(matches(_NAMED, self.data, 512), MOST_NAMED):
                self.named[found[1].lstrip(b"0")] = found[2] or found[3]
        return self.named.get(number.lstrip(b"0"), b"")

    def _unfiltered(
        self, name: str, header: bytes, start: int, raw: bytes, chain: Sequence[str]
    ) -> Iterator[Part]:
        data = raw
        for word in chain:
            if word in pdf_filters.PICTURES:
                break
            if word == UNKNOWN and raw[:1] != b"\x78":
                detail = "the filter of a PDF stream can't be found"
                yield Unscanned(Unread.MALFORMED, name, detail)
                break
            if word in pdf_filters.SIMPLE:
                data, fault = self._simple(name, word, data, header)
            elif word in (*pdf_filters.FLATE, UNKNOWN):
                # Compressed data ends by itself, and the keyword may stand in it.
                whole, at = (self.data, start) if data is raw else (data, 0)
                data, fault = self._flate(name, whole, at, header)
            else:
                detail = f"no reader for the PDF filter {word[:40]!r}"
                fault = Unscanned(Unread.MALFORMED, name, detail)
            if fault:
                yield fault
                break
        yield Member(name, data)

    def _simple(
        self, name: str, word: str, data: bytes, header: bytes
    ) -> tuple[bytes, Unscanned | None]:
        allowance = self.budget.allowance(len(data))
        self.budget.spend(min(len(data), pdf_filters.SLOW) * SLOWNESS)
        whole, given = len(data), cut(data, 0, pdf_filters.SLOW)
        if word.startswith("LZW"):
            early = 0 if re.search(rb"/EarlyChange\s+0", header) else 1
            data = pdf_filters.lzw(given, allowance, early)
        else:
            data = pdf_filters.SIMPLE[word](given, allowance)
        self.budget.spend(len(data))
        fault = None
        if len(data) > allowance or whole > pdf_filters.SLOW:
            detail = f"a PDF stream in {word} is larger than is allowed"
            fault = Unscanned(Unread.LIMIT, name, detail)
        return self._unpredicted(data, header) if word.startswith("LZW") else data, fault

    def _flate(
        self, name: str, data: bytes, start: int, header: bytes
    ) -> tuple[bytes, Unscanned | None]:
        allowance = self.budget.allowance(len(data) - start)
        stream = unpack(Kind.ZLIB, data, start, allowance)
        self.budget.spend(allowance if stream.end is End.LIMIT else stream.cost)
        fault = None
        if stream.end is End.LIMIT:
            detail = "a PDF stream unpacks to more than is allowed"
            fault = Unscanned(Unread.LIMIT, name, detail)
        elif stream.end is not End.DONE and not stream.output and self.end > start:
            fault = Unscanned(Unread.MALFORMED, name, "a PDF stream can't be unpacked")
        return self._unpredicted(stream.output, header), fault

    def _unpredicted(self, data: bytes, header: bytes) -> bytes:
        if b"/Predictor" not in header or re.search(rb"/Subtype\s*/Image\b", header):
            return data
        self.budget.spend(min(len(data), 1 << 20) * SLOWNESS)
        return pdf_filters.unpredict(data, header)


def _before_newline(data: bytes, at: int) -> int:
    """The line break in front of `endstream` belongs to it."""
    if data[at - 1 : at] == b"\n":
        at -= 1
    return at - 1 if data[at - 1 : at] == b"\r" else at
