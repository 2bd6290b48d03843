"""Fetches intermediates, OCSP answers and CRLs by plain http. ADAPTER: sockets, asyncio, threads.

Who names the address is a stranger, so nothing of his is trusted: a name is looked up once and only
what was looked up and allowed is connected to, no redirect is followed, nothing is unpacked, and
everything ends in time. What goes wrong is a value; nothing raises.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import h11

_LONGEST_URL = 4096
_HOST = re.compile(r"[0-9A-Za-z._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_MOST_ADDRESSES = 4
_LOOKUPS_AT_ONCE = 8  # threads of our own: a slow name server must not hold up the gateway's
_PIECE = 64 * 1024
_OVERHEAD = 64 * 1024  # what headers and chunk marks may add

_UNICAST = IPv6Network("2000::/3")  # the only part that IANA has assigned to hosts
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last four octets
_6TO4 = IPv6Network("2002::/16")


@dataclass(frozen=True, slots=True)
class Fetched:
    """The body of an answer with status 200; or `error`, one of `timeout`, `refused-address`,
    `not-http`, `too-large`, `unreachable`, `broken-answer`, `status NUMBER`."""

    body: bytes = b""
    error: str = ""


class _FailedError(Exception):
    """Why nothing came; never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Place:
    host: str
    port: int
    authority: str
    target: str


class Fetch:
    """One for the whole gateway; `allow_private_addresses` is for those who run their own CA."""

    def __init__(self, allow_private_addresses: bool) -> None:
        self._allows_private = allow_private_addresses
        self._lookups = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, "fetch-lookup")

    async def get(self, url: str, *, timeout: float, limit: int) -> Fetched:
        """`timeout` is in seconds and for all of it, `limit` in octets of the body."""
        return await self._ask("GET", url, b"", [], timeout, limit)

    async def post(
        self, url: str, body: bytes, content_type: str, *, timeout: float, limit: int
    ) -> Fetched:
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        return await self._ask("POST", url, body, headers, timeout, limit)

    async def _ask(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: list[tuple[str, str]],
        timeout: float,
        limit: int,
    ) -> Fetched:
        try:
            place = _place(url)
            request = h11.Request(
                method=method,
                target=place.target,
                headers=[("Host", place.authority), ("Connection", "close"), *headers],
            )
            async with asyncio.timeout(timeout), self._connected(place) as (reader, writer):
                return Fetched(await _exchange(reader, writer, request, body, limit))
        except _FailedError as failure:
            return Fetched(error=str(failure))
        except TimeoutError:
            return Fetched(error="timeout")
        except OSError:
            return Fetched(error="unreachable")
        except h11.LocalProtocolError:
            return Fetched(error="not-http")
        except h11.RemoteProtocolError:
            return Fetched(error="broken-answer")

    @asynccontextmanager
    async def _connected(
        self, place: _Place
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await _connect(await self._addresses(place), place.port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _addresses(self, place: _Place) -> list[str]:
        """Those that may be connected to, at least one."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._lookups, _look_up, place.host, place.port)
        allowed = [each for each in found if self._allows_private or is_public(each)]
        if not allowed:
            raise _FailedError("refused-address" if found else "unreachable")
        return allowed[:_MOST_ADDRESSES]


def is_public(address: str) -> bool:
    """Whether it is a host's address in the public Internet, in whatever form it is written."""
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            found = IPv4Address(found.packed[-4:])
        elif found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found not in _UNICAST or found in _6TO4:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


def _place(url: str) -> _Place:
    """Where to connect to, and what to ask there for."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError as error:
        raise _FailedError("not-http") from error
    if not url.isascii() or len(url) > _LONGEST_URL or parts.scheme != "http":
        raise _FailedError("not-http")
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        raise _FailedError("not-http")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return _Place(host, port, parts.netloc, target)


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:  # an empty label, or one that is too long
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def _connect(
    addresses: list[str], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first that answers; each but the last has a second for it."""
    for address in addresses[:-1]:
        try:
            async with asyncio.timeout(1):
                return await asyncio.open_connection(address, port)
        except OSError:
            continue
    return await asyncio.open_connection(addresses[-1], port)


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: h11.Request,
    body: bytes,
    limit: int,
) -> bytes:
    http = h11.Connection(h11.CLIENT)
    writer.write(http.send(request) or b"")
    if body:
        writer.write(http.send(h11.Data(data=body)) or b"")
    writer.write(http.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return await _body(reader, http, limit)


async def _body(reader: asyncio.StreamReader, http: h11.Connection, limit: int) -> bytes:
    body, received = bytearray(), 0
    while not isinstance(event := http.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            piece = await reader.read(_PIECE)
            received += len(piece)
            http.receive_data(piece)
        elif isinstance(event, h11.Response) and event.status_code != 200:
            raise _FailedError(f"status {event.status_code}")
        elif isinstance(event, h11.Data):
            body += event.data
        if len(body) > limit or received > limit + _OVERHEAD:
            raise _FailedError("too-large")
    return bytes(body)
