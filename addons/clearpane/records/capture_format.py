"""The forms that a capture can have, by the endings of their files."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from clearpane.records import pcap, pcapng
from clearpane.records.exchange import Exchange


class CaptureFormat(StrEnum):
    """`pcap` is read by everything; `pcapng` carries the threat record as a comment."""

    PCAP = "pcap"
    PCAPNG = "pcapng"


def pieces(
    form: CaptureFormat, exchanges: Sequence[Exchange], comment: str = ""
) -> Iterator[bytes]:
    """The file, piece by piece; a classic pcap has no place for the comment."""
    if form is CaptureFormat.PCAPNG:
        return pcapng.pieces(*exchanges, comment=comment)
    return pcap.pieces(*exchanges)
