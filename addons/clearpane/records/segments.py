"""Exchanges as the TCP session that would have carried them in clear: IP packets with their times.

Handshake, segments, acknowledgements and the end, all checksums right, so that tshark and other
tools follow the stream. What was not kept is a jump of the sequence number, as if those segments
had not been captured.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from clearpane.hello import Address
from clearpane.records.exchange import Exchange, Gap

LINKTYPE_RAW = 101  # IP packets without a link layer, of either version
SNAPLEN = 262_144

_TCP = 6
_HOP_LIMIT = 64
_WINDOW = 0xFFFF
# Without window scaling 64 KiB may be under way: 32 segments of 1,460 bytes stay below.
_SEGMENTS_PER_ACK = 32
# An Ethernet frame holds 1,500 bytes, less the IP header and TCP's 20.
_MSS_V4, _MSS_V6 = 1_460, 1_440
# RFC 9293 section 3.4: from half the number space on, a jump would look like one backwards.
_FURTHEST = 2**30

_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Packet:
    """An IP packet; `marked` is the one that a comment on the capture belongs to."""

    at: datetime
    data: bytes
    marked: bool = False


def packets(exchanges: Sequence[Exchange]) -> Iterator[Packet]:
    """All packets; exchanges between the same two ends share one session.

    Marked is the first packet with content of the last exchange. One without a response ends
    after the request.
    """
    talks: dict[tuple[str, int, str, int], tuple[_End, _End]] = {}
    clock = _Clock()
    for number, exchange in enumerate(exchanges, 1):
        clock.reach(exchange.at)
        key = (exchange.client, exchange.client_port, exchange.server, exchange.server_port)
        if key not in talks:
            talks[key] = _ends(exchange)
            yield from map(clock.stamp, _greet(*talks[key]))
        mark = number == len(exchanges)
        for data in _exchange(exchange, *talks[key]):
            yield clock.stamp(data, mark)
            mark = False
    for client, server in talks.values():
        yield from map(clock.stamp, _part(client, server))


class _Clock:
    """Packets are a microsecond apart, and never before the one that went before."""

    def __init__(self) -> None:
        self._next: datetime | None = None

    def reach(self, at: datetime) -> None:
        self._next = max(at, self._next) if self._next else at

    def stamp(self, data: bytes, marked: bool = False) -> Packet:
        assert self._next
        at = self._next
        self._next = at + _TICK
        return Packet(at, data, marked)


def _greet(client: "_End", server: "_End") -> Iterator[bytes]:
    yield client.send(server, _SYN)
    yield server.send(client, _SYN | _ACK)
    yield client.send(server, _ACK)


def _exchange(exchange: Exchange, client: "_End", server: "_End") -> Iterator[bytes]:
    yield from _say(client, server, exchange.request, exchange.request_gap)
    yield from _say(server, client, exchange.response, exchange.response_gap)


def _part(client: "_End", server: "_End") -> Iterator[bytes]:
    yield server.send(client, _FIN | _ACK)
    yield client.send(server, _FIN | _ACK)
    yield server.send(client, _ACK)


def _say(speaker: "_End", listener: "_End", data: bytes, gap: Gap) -> Iterator[bytes]:
    view = memoryview(data)
    yield from _segments(speaker, listener, view[: gap.at])
    speaker.skip(gap.length)
    yield from _segments(speaker, listener, view[gap.at :])


def _segments(speaker: "_End", listener: "_End", view: memoryview) -> Iterator[bytes]:
    """The data in segments, acknowledged often enough to fit the window, and at its end."""
    step = speaker.mss
    for number, start in enumerate(range(0, len(view), step), 1):
        last = start + step >= len(view)
        yield speaker.send(listener, _ACK | (_PSH if last else 0), view[start : start + step])
        if last or number % _SEGMENTS_PER_ACK == 0:
            yield listener.send(speaker, _ACK)


@dataclass(slots=True)
class _End:
    """One end of the connection; `next` is the next sequence number it sends."""

    address: bytes
    port: int
    next: int

    @property
    def mss(self) -> int:
        return _MSS_V4 if len(self.address) == 4 else _MSS_V6

    def skip(self, length: int) -> None:
        """Sequence numbers of what is not shown."""
        self.next = (self.next + min(length, _FURTHEST)) & 0xFFFF_FFFF

    def send(self, peer: "_End", flags: int, data: bytes | memoryview = b"") -> bytes:
        """One IP packet; what the peer has sent so far is acknowledged."""
        options = struct.pack("!BBH", 2, 4, self.mss) if flags & _SYN else b""
        segment = struct.pack(
            "!HHIIBBHHH",
            self.port,
            peer.port,
            self.next,
            peer.next if flags & _ACK else 0,
            (20 + len(options)) << 2,
            flags,
            _WINDOW,
            0,
            0,
        )
        segment += options + bytes(data)
        self.next = (self.next + len(data) + bool(flags & (_SYN | _FIN))) & 0xFFFF_FFFF
        pseudo = self.address + peer.address + struct.pack("!II", len(segment), _TCP)
        checksum = struct.pack("!H", _checksum(pseudo + segment))
        return self._ip(peer, segment[:16] + checksum + segment[18:])

    def _ip(self, peer: "_End", segment: bytes) -> bytes:
        if len(self.address) == 16:
            head = struct.pack("!IHBB", 6 << 28, len(segment), _TCP, _HOP_LIMIT)
            return head + self.address + peer.address + segment
        head = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(segment), 0, 0x4000, _HOP_LIMIT, _TCP)
        addresses = self.address + peer.address
        checksum = struct.pack("!H", _checksum(head + addresses))
        return head + checksum + addresses + segment


def _ends(exchange: Exchange) -> tuple[_End, _End]:
    """Client and server; where one has IPv6, the other's IPv4 address is mapped (RFC 4291)."""
    addresses = [_address(exchange.client), _address(exchange.server)]
    known = [address for address in addresses if address]
    wide = any(address.version == 6 for address in known)
    client, server = (_packed(address, wide) for address in addresses)
    return _End(client, exchange.client_port, 1_000), _End(server, exchange.server_port, 2_000)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _packed(address: Address | None, wide: bool) -> bytes:
    if address is None:
        return bytes(16 if wide else 4)
    if wide and address.version == 4:
        return IPv6Address(f"::ffff:{address}").packed
    return address.packed


def _checksum(data: bytes) -> int:
    """RFC 1071: adding 16-bit words with end-around carry is arithmetic modulo 65,535."""
    return 0xFFFF - int.from_bytes(data + b"\0" * (len(data) % 2)) % 0xFFFF
