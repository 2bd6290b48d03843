"""A packet capture that explains itself: pcapng, with a comment on the file and on its packet.

Blocks and options are those of the IETF's draft-ietf-opsawg-pcapng: section header, one interface,
enhanced packets; numbers are little-endian, everything padded to four bytes.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from clearpane.records.exchange import Exchange
from clearpane.records.segments import LINKTYPE_RAW, SNAPLEN, packets

COMMENT_LIMIT = 0xFFFF  # an option's length has 16 bits

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_END_OF_OPTIONS, _COMMENT, _APPLICATION = 0, 1, 4
_UNKNOWN_LENGTH = 0xFFFF_FFFF_FFFF_FFFF
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CUT = "… (cut)"


def build(*exchanges: Exchange, comment: str = "") -> bytes:
    """The whole file."""
    return b"".join(pieces(*exchanges, comment=comment))


def pieces(*exchanges: Exchange, comment: str = "") -> Iterator[bytes]:
    """The file, piece by piece.

    The comment, cut at 65,535 bytes, stands on the section and on the first packet with content
    of the last exchange.
    """
    said = _comment(comment)
    application = _option(_APPLICATION, b"clearpane")
    section = struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
    yield _block(_SECTION, section, said + application)
    yield _block(_INTERFACE, struct.pack("<HHI", LINKTYPE_RAW, 0, SNAPLEN))
    for packet in packets(exchanges):
        ticks, length = (packet.at - _EPOCH) // _MICROSECOND, len(packet.data)
        head = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFF_FFFF, length, length)
        yield _block(_PACKET, head + _padded(packet.data), said if packet.marked else b"")


def _block(kind: int, body: bytes, options: bytes = b"") -> bytes:
    if options:
        options += _option(_END_OF_OPTIONS, b"")
    length = len(body) + len(options) + 12
    return struct.pack("<II", kind, length) + body + options + struct.pack("<I", length)


def _comment(text: str) -> bytes:
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > COMMENT_LIMIT:
        mark = _CUT.encode()
        # A character that the cut went through is left out.
        whole = data[: COMMENT_LIMIT - len(mark)].decode("utf-8", "ignore")
        data = whole.encode() + mark
    return _option(_COMMENT, data) if data else b""


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
