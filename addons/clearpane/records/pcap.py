"""A packet capture in the classic form: raw IP packets, one after the other, and nothing else."""

import struct
from collections.abc import Iterator

from clearpane.records.exchange import Exchange
from clearpane.records.segments import LINKTYPE_RAW, SNAPLEN, packets

_MAGIC = 0xA1B2C3D4


def build(*exchanges: Exchange) -> bytes:
    """The whole file."""
    return b"".join(pieces(*exchanges))


def pieces(*exchanges: Exchange) -> Iterator[bytes]:
    """The file, piece by piece, so that a large one is never held twice."""
    yield struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, SNAPLEN, LINKTYPE_RAW)
    for packet in packets(exchanges):
        second, length = int(packet.at.timestamp()), len(packet.data)
        yield struct.pack("<IIII", second, packet.at.microsecond, length, length) + packet.data
