"""Compressed streams in a row, as a file or a content coding may hold them, and what lies behind.

A format is recognised by its first bytes, never by a name. Readers disagree on whether a second
stream counts, so that what the first one holds by itself is kept apart from the whole.
"""

import struct
from dataclasses import dataclass
from enum import Enum

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import cut
from clearpane.content.streams import End, Kind, Stream, unpack

MOST_SKIPPED = 100  # empty frames in a row; tools write one or two


class Format(Enum):
    """What a stream is wrapped in: the way to compress, and the bytes behind each stream."""

    GZIP = (Kind.DEFLATE, 8)
    ZLIB = (Kind.ZLIB, 0)
    DEFLATE = (Kind.DEFLATE, 0)
    BZIP2 = (Kind.BZIP2, 0)
    XZ = (Kind.XZ, 0)
    LZMA = (Kind.LZMA, 0)
    ZSTD = (Kind.ZSTD, 0)
    BROTLI = (Kind.BROTLI, 0)

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Series:
    """`whole` is all streams together, `first` the first one, `rest` what is behind the last.

    `found` is false where not even one stream begins; `fault` says what could not be read.
    """

    found: bool
    whole: bytes = b""
    first: bytes = b""
    rest: bytes = b""
    fault: Unscanned | None = None

    @property
    def views(self) -> tuple[bytes, ...]:
        """What different readers see, without the rest."""
        return (self.whole,) if self.first is self.whole else (self.whole, self.first)


def begins(form: Format, data: bytes, at: int = 0) -> int | None:
    """Where the compressed bytes begin if a stream of this format begins at `at`."""
    magic = data[at : at + 10]
    match form:
        case Format.GZIP:
            return _behind_gzip_header(data, at)
        case Format.BZIP2:
            known = magic[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
            return at if magic[:3] == b"BZh" and magic[3:4] in b"123456789" and known else None
        case Format.XZ:
            return at if magic.startswith(b"\xfd7zXZ\0") else None
        case Format.ZSTD:
            at = _behind_skippable(data, at)
            frame = data.startswith(b"\x28\xb5\x2f\xfd", at) or _is_skippable(data, at)
            return at if frame else None
        case Format.LZMA:
            return at if at == 0 and _is_lzma_alone(data) else None
        case Format.ZLIB:
            valid = len(magic) > 1 and magic[0] & 15 == 8 and (magic[0] << 8 | magic[1]) % 31 == 0
            return at if at == 0 and valid else None
        case Format.DEFLATE | Format.BROTLI:  # these have no mark of their own
            return at if at == 0 and data else None


def read(form: Format, data: bytes, budget: Budget) -> Series:
    """All streams from the start of the data; raises ExhaustedError."""
    outputs: list[bytes] = []
    kind, trailer = form.value
    at, size, fault = 0, 0, None
    allowance = budget.allowance(len(data))
    while at < len(data) and not fault:
        start = begins(form, data, at)
        if start is None:
            break
        budget.count()
        stream = unpack(kind, data, start, allowance - size)
        budget.spend(allowance - size if stream.end is End.LIMIT else stream.cost)
        outputs.append(stream.output)
        size += len(stream.output)
        fault = _fault(form, stream)
        at = start + stream.used + trailer if stream.end is End.DONE else len(data)
    if not outputs:
        return Series(False)
    whole = outputs[0] if len(outputs) == 1 else b"".join(outputs)
    return Series(True, whole, outputs[0], cut(data, at, len(data)).lstrip(b"\0"), fault)


def gzip_name(data: bytes) -> str:
    """The file name in the header of a gzip stream, without folders."""
    if len(data) < 10 or not data[3] & 8:
        return ""
    start = 10
    if data[3] & 4:
        start += 2 + int.from_bytes(data[10:12], "little")
    name = data[start : start + 1024].partition(b"\0")[0]
    return name.decode("latin-1").replace("\\", "/").rpartition("/")[2]


def _fault(form: Format, stream: Stream) -> Unscanned | None:
    """A stream that the input's end cut off was read whole; one that can't be read on was not."""
    if stream.end is End.LIMIT:
        detail = f"{form.word} data unpacks to more than is allowed"
        return Unscanned(Unread.LIMIT, detail=detail)
    if stream.end is End.BROKEN or (stream.end is End.CUT and not stream.output):
        return Unscanned(Unread.MALFORMED, detail=f"{form.word} data can't be unpacked")
    return None


def _behind_gzip_header(data: bytes, at: int) -> int | None:
    """RFC 1952 section 2.3."""
    if data[at : at + 3] != b"\x1f\x8b\x08" or len(data) < at + 10 or data[at + 3] & 0xE0:
        return None
    flags, start = data[at + 3], at + 10
    if flags & 4:
        start += 2 + int.from_bytes(data[start : start + 2], "little")
    for flag in (8, 16):  # name and comment end with NUL
        if flags & flag:
            end = data.find(b"\0", start, start + 64 * 1024)
            start = end + 1 if end >= 0 else len(data)
    return min(start + (2 if flags & 2 else 0), len(data))


def _behind_skippable(data: bytes, at: int) -> int:
    """RFC 8878 section 3.1.2: frames that hold no content; of very many the rest stays."""
    for _ in range(MOST_SKIPPED):
        if not _is_skippable(data, at):
            break
        at = min(at + 8 + int.from_bytes(data[at + 4 : at + 8], "little"), len(data))
    return at


def _is_skippable(data: bytes, at: int) -> bool:
    return data[at + 1 : at + 4] == b"\x2a\x4d\x18" and data[at] >> 4 == 5


def _is_lzma_alone(data: bytes) -> bool:
    """The format has no mark: what the usual tools write is recognised, as `file` does it."""
    if len(data) < 14 or data[0] != 0x5D:
        return False
    dictionary, size = struct.unpack_from("<IQ", data, 1)
    plausible = size == 0xFFFF_FFFF_FFFF_FFFF or size < 1 << 38
    high = 1 << max(dictionary.bit_length() - 1, 0)
    return plausible and dictionary >= 1 << 12 and dictionary in (high, high | high >> 1)
