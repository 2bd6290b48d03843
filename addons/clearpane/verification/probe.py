"""A look at a server: one handshake, nothing said, and the connection is closed again.

ADAPTER: asyncio, and OpenSSL through `Handshake`. Whatever the server or the network does is a
value; a handshake that is left waiting ends with its time.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from OpenSSL import SSL

from clearpane.hello import address
from clearpane.verification.failures import reason_of
from clearpane.verification.handshake import Handshake, sent
from clearpane.verification.protocol import Terms

HTTP = (b"h2", b"http/1.1")
UNREACHABLE, LATE = "server-unreachable", "handshake-timeout"

# Three chains of the greatest length that OpenSSL takes (100 KiB), and what lies around them.
_MOST = 512 * 1024
_PIECE = 64 * 1024
_ADDRESSES = 8  # of one name; browsers try no more than a few
_PLAIN = {
    errno.ECONNREFUSED: "the connection was refused: nobody listens there",
    errno.EHOSTUNREACH: "there is no way to the host",
    errno.ENETUNREACH: "there is no way to its network",
    errno.ETIMEDOUT: "no answer",
}


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of it.

    `connection` is there as soon as a certificate of the server is, even where the handshake then
    failed; it moves nothing any more. `peer` is the address that answered. `failure` is a reason's
    name, empty where the handshake succeeded, and `error` says the same to a reader. `asked`: a
    certificate of the client was wanted.
    """

    connection: SSL.Connection | None = None
    peer: str = ""
    failure: str = ""
    error: str = ""
    asked: bool = False


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host in the order to try them; none where it has none."""
    try:
        return (str(address(host)),)
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))[:_ADDRESSES]


async def probe(
    handshake: Handshake,
    addresses: Sequence[str],
    port: int,
    name: str,
    terms: Terms,
    *,
    alpn: Sequence[bytes] = HTTP,
    staple: bool = False,
    timeout: float,
) -> Probed:
    """The handshake with the first of the addresses that answers. `name` is what it is asked for,
    `timeout` in seconds and counted once for the way there and once for the handshake."""
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await _connect(addresses, port)
    except TimeoutError:
        return Probed(failure=UNREACHABLE, error=f"no answer within {timeout:g} s")
    except OSError as refused:
        return Probed(failure=UNREACHABLE, error=_plain(refused))
    peer = str(writer.get_extra_info("peername", ("",))[0])
    connection = handshake.connection(name, alpn, terms, staple=staple)
    try:
        failure, error = await _shake(connection, reader, writer, timeout)
    finally:
        writer.transport.abort()
    asked = connection.get_app_data().asked
    return Probed(connection if sent(connection) else None, peer, failure, error, asked)


async def _connect(
    addresses: Sequence[str], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    last = OSError(errno.EHOSTUNREACH, "")
    for each in addresses:
        try:
            return await asyncio.open_connection(each, port)
        except OSError as error:
            last = error
    raise last


async def _shake(
    connection: SSL.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    timeout: float,
) -> tuple[str, str]:
    """Why it failed, as a reason's name and for a reader; both empty where it did not."""
    try:
        async with asyncio.timeout(timeout):
            await _talk(connection, reader, writer)
    except TimeoutError:
        return LATE, f"no whole handshake within {timeout:g} s"
    except SSL.Error as error:
        reason = reason_of(str(error))
        return reason, "what it answers is not TLS" if reason == "not-tls" else _words(error)
    except (OSError, EOFError) as error:
        return UNREACHABLE, str(error) or "the server closed the connection in the handshake"
    return "", ""


async def _talk(
    connection: SSL.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    received = 0
    while True:
        try:
            connection.do_handshake()
            break
        except SSL.WantReadError:
            pass
        finally:
            _flush(connection, writer)
        await writer.drain()
        piece = await reader.read(_PIECE)
        received += len(piece)
        if not piece:
            raise EOFError("the server closed the connection in the handshake")
        if received > _MOST:
            raise EOFError(f"the server sent over {_MOST} bytes for a handshake")
        connection.bio_write(piece)
    with suppress(SSL.Error):
        connection.shutdown()
    _flush(connection, writer)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _flush(connection: SSL.Connection, writer: asyncio.StreamWriter) -> None:
    with suppress(SSL.Error):  # nothing to send
        while data := connection.bio_read(_PIECE):
            writer.write(data)


def _plain(error: OSError) -> str:
    """Several addresses may have failed in different ways; the last one counts."""
    number = error.errno or 0
    return _PLAIN.get(number) or (os.strerror(number) if number else str(error))


def _words(error: SSL.Error) -> str:
    """What OpenSSL says of its last error: `tlsv1 alert protocol version`."""
    stack = error.args[0] if error.args else ()
    if isinstance(stack, list) and stack and isinstance(stack[-1], tuple):
        return str(stack[-1][-1])
    return str(error) or "the handshake failed"
