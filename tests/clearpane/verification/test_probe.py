"""Handshakes over loopback: whatever a server does ends as a value, and nothing is said to it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

import pytest

from clearpane.certificates.pem import to_pem
from clearpane.verification.handshake import Handshake, TrustStore
from clearpane.verification.probe import Probed, probe, resolve
from clearpane.verification.protocol import ProtocolSettings
from e2e.harness import origins, pki
from e2e.harness.listener import Listener
from e2e.harness.origins import misbehaving

HERE = ("127.0.0.1",)


@pytest.fixture(scope="module")
def root() -> pki.Pair:
    return pki.authority("Root")


@pytest.fixture(scope="module")
def handshake(root: pki.Pair) -> Handshake:
    return Handshake(TrustStore(to_pem(root.der).encode()))


@pytest.fixture(scope="module")
def leaf(root: pki.Pair) -> pki.Pair:
    return pki.leaf(root, "www.test")


async def look(
    handshake: Handshake, port: int, at: tuple[str, ...] = HERE, timeout: float = 5
) -> Probed:
    terms = ProtocolSettings().terms()
    return await probe(handshake, at, port, "www.test", terms, timeout=timeout)


def speaking(context: ssl.SSLContext, heard: list[bytes]) -> Listener:
    """A TLS server that keeps what it is told after the handshake."""

    def act(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, True) as session:
            heard.append(session.recv(100))

    return misbehaving(act)


async def test_a_server_is_seen_and_told_nothing(handshake: Handshake, leaf: pki.Pair) -> None:
    heard: list[bytes] = []
    with speaking(origins.context(leaf), heard) as server:
        found = await look(handshake, server.port)

    assert found.connection
    assert found.connection.get_alpn_proto_negotiated() == b"http/1.1"
    assert handshake.verdict(found.connection, "www.test", pki.NOW).reasons == ()
    assert (found.peer, found.failure, found.error, found.asked) == ("127.0.0.1", "", "", False)
    assert heard == [b""]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_wants_a_certificate_has_shown_its_own(
    handshake: Handshake, leaf: pki.Pair, version: ssl.TLSVersion
) -> None:
    context = origins.context(leaf, versions=(version, version))
    context.verify_mode = ssl.CERT_REQUIRED
    with speaking(context, []) as server:
        found = await look(handshake, server.port)

    assert found.asked
    assert found.connection
    assert handshake.verdict(found.connection, "www.test", pki.NOW).certificate


@pytest.mark.parametrize(
    ("act", "failure", "error"),
    [
        (origins.answer(b"HTTP/1.1 400 Bad\r\n\r\n"), "not-tls", "what it answers is not TLS"),
        (origins.answer(b"\x15\x03\x03\0\2\2\x28"), "unsupported-cipher", "handshake failure"),
        (origins.answer(b"\x15\x03\x03\0\2\2\x46"), "unsupported-version", "protocol version"),
        (origins.close_after_hello, "server-unreachable", "closed the connection"),
        (origins.hang, "handshake-timeout", "no whole handshake within 0.3 s"),
        (origins.greet_then(b"220 mail\r\n"), "not-tls", "what it answers is not TLS"),
    ],
)
async def test_a_server_that_fails_ends_as_a_reason(
    handshake: Handshake, act: Callable[[socket.socket], None], failure: str, error: str
) -> None:
    with misbehaving(act) as server:
        async with asyncio.timeout(4):
            found = await look(handshake, server.port, timeout=0.3)

    assert (found.connection, found.failure) == (None, failure)
    assert error in found.error


async def test_a_server_that_never_stops_is_left(handshake: Handshake) -> None:
    def flood(connection: socket.socket) -> None:
        record = b"\x16\x03\x03\x40\0" + b"\x02\0\x3f\xfc" + bytes(0x3FFC)
        while True:
            connection.sendall(record)

    with misbehaving(flood) as server:
        found = await look(handshake, server.port)

    assert found.failure


async def test_the_next_address_is_tried(handshake: Handshake, leaf: pki.Pair) -> None:
    with speaking(origins.context(leaf), []) as server:
        found = await look(handshake, server.port, ("::1", "127.0.0.1"))

    assert (found.peer, found.failure) == ("127.0.0.1", "")


@pytest.mark.parametrize(
    ("at", "error"), [(HERE, "refused"), (("::1", "127.0.0.1"), "refused"), ((), "no way")]
)
async def test_nobody_there(handshake: Handshake, at: tuple[str, ...], error: str) -> None:
    with misbehaving(origins.hang) as gone:
        port = gone.port

    found = await look(handshake, port, at)

    assert (found.connection, found.peer, found.failure) == (None, "", "server-unreachable")
    assert error in found.error


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("192.0.2.1", ("192.0.2.1",)),
        ("::1", ("::1",)),
        ("nobody.invalid", ()),
        ("a" * 70 + ".test", ()),
    ],
)
async def test_a_host_has_addresses(host: str, addresses: tuple[str, ...]) -> None:
    assert await resolve(host, 443) == addresses
