"""A packet capture of one HTTP exchange, as the TCP session that would have carried it in clear.

Classic pcap with raw IP packets (LINKTYPE_RAW): handshake, segments, acknowledgements and the end,
all checksums right, so that tshark and other tools follow the stream and export the file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from clearpane.hello import Address
from clearpane.records.exchange import Exchange

_LINKTYPE_RAW = 101
_MAGIC = 0xA1B2C3D4
_SNAPLEN = 262_144
_TCP = 6
_HOP_LIMIT = 64
_WINDOW = 0xFFFF
# Without window scaling 64 KiB may be under way: 32 segments of 1,460 bytes stay below.
_SEGMENTS_PER_ACK = 32
# An Ethernet frame holds 1,500 bytes, less the IP header and TCP's 20.
_MSS_V4, _MSS_V6 = 1_460, 1_440

_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10
_TICK = timedelta(microseconds=1)


def build(exchange: Exchange) -> bytes:
    """The whole file. An exchange without a response ends after the request."""
    header = struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, _SNAPLEN, _LINKTYPE_RAW)
    return b"".join([header, *_records(exchange)])


def _records(exchange: Exchange) -> Iterator[bytes]:
    at = exchange.at
    for packet in _packets(exchange):
        second = int(at.timestamp())
        yield struct.pack("<IIII", second, at.microsecond, len(packet), len(packet)) + packet
        at += _TICK


def _packets(exchange: Exchange) -> Iterator[bytes]:
    client, server = _ends(exchange)
    yield client.send(server, _SYN)
    yield server.send(client, _SYN | _ACK)
    yield client.send(server, _ACK)
    yield from _say(client, server, exchange.request)
    yield from _say(server, client, exchange.response)
    yield server.send(client, _FIN | _ACK)
    yield client.send(server, _FIN | _ACK)
    yield server.send(client, _ACK)


def _say(speaker: "_End", listener: "_End", data: bytes) -> Iterator[bytes]:
    """The data in segments, acknowledged often enough to fit the window, and at its end."""
    if not data:
        return
    view = memoryview(data)
    step = speaker.mss
    for number, start in enumerate(range(0, len(data), step), 1):
        last = start + step >= len(data)
        yield speaker.send(listener, _ACK | (_PSH if last else 0), view[start : start + step])
        if last or number % _SEGMENTS_PER_ACK == 0:
            yield listener.send(speaker, _ACK)


@dataclass(slots=True)
class _End:
    """One end of the connection; `next` is the next sequence number it sends."""

    address: bytes
    port: int
    next: int
    started: bool = False

    @property
    def mss(self) -> int:
        return _MSS_V4 if len(self.address) == 4 else _MSS_V6

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
