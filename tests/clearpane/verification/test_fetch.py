"""Against real servers on loopback, good ones and bad ones."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from clearpane.verification.fetch import Fetch, Fetched, is_public

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\n"
FETCH = Fetch(allow_private_addresses=True)
STRICT = Fetch(allow_private_addresses=False)


@asynccontextmanager
async def server(serve: Serve, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Its port. What it still does at the end is ended."""
    tasks = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def one() -> None:
            try:
                await serve(reader, writer)
            except ConnectionError:
                pass
            finally:
                writer.transport.abort()

        tasks.add(asyncio.ensure_future(one()))

    listening = await asyncio.start_server(accept, host, 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listening.wait_closed()


def answering(answer: bytes, asked: list[bytes] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or b"0")
            asked.append(head + await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return serve


async def get(port: int, fetch: Fetch = FETCH, *, timeout: float = 20, limit: int = 100) -> Fetched:
    return await fetch.get(f"http://127.0.0.1:{port}/a?b=c", timeout=timeout, limit=limit)


ANSWERS = {
    "with a length": (OK + b"Content-Length: 3\r\n\r\nabc", Fetched(b"abc")),
    "in chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Fetched(b"abc")),
    "up to the end, as HTTP/1.0 has it": (b"HTTP/1.0 200 OK\r\n\r\nabc", Fetched(b"abc")),
    "empty": (OK + b"Content-Length: 0\r\n\r\n", Fetched()),
    "after an interim one": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\na",
        Fetched(b"a"),
    ),
    "as large as may be": (OK + b"Content-Length: 100\r\n\r\n" + b"a" * 100, Fetched(b"a" * 100)),
    "too large, and it says so": (OK + b"Content-Length: 101\r\n\r\n" + b"a" * 101, "too-large"),
    "too large in chunks": (
        OK
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"32\r\n"
        + b"a" * 50
        + b"\r\n33\r\n"
        + b"a" * 51,
        "too-large",
    ),
    "missing": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
    "a redirect, which is not followed": (
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "status 302",
    ),
    "cut short": (OK + b"Content-Length: 9\r\n\r\nabc", "broken-answer"),
    "nothing": (b"", "broken-answer"),
    "another protocol": (b"220 mail.test ESMTP\r\n", "broken-answer"),
    "an endless header": (OK + b"A: " + b"a" * 200_000, "broken-answer"),
    "interim answers without an end": (
        b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" * 4000,
        "too-large",
    ),
    "packed, and it stays so": (
        OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
        Fetched(b"\x1f\x8b"),
    ),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
async def test_answer(answer: bytes, expected: Fetched | str) -> None:
    async with server(answering(answer)) as port:
        found = await get(port)
    assert found == (Fetched(error=expected) if isinstance(expected, str) else expected)


async def test_what_is_asked() -> None:
    asked: list[bytes] = []
    async with server(answering(OK + b"Content-Length: 0\r\n\r\n", asked)) as port:
        await get(port)
        url = f"http://localhost:{port}"
        await FETCH.post(url, b"body", "application/ocsp-request", timeout=20, limit=9)
    first, second = (each.decode().split("\r\n") for each in asked)
    assert first[0] == "GET /a?b=c HTTP/1.1"
    assert first[1:] == [f"Host: 127.0.0.1:{port}", "Connection: close", "", ""]
    assert second[0] == "POST / HTTP/1.1"
    assert "Content-Type: application/ocsp-request" in second
    assert second[-2:] == ["", "body"]


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def drip_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    await drip(writer, b"A: b\r\n")


async def drip_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 100\r\n\r\n")
    await drip(writer, b"a")


async def drip(writer: asyncio.StreamWriter, drop: bytes) -> None:
    while True:
        writer.write(drop)
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("serve", [hang, drip_header, drip_body])
async def test_a_slow_server_ends_by_the_timeout_in_all(serve: Serve) -> None:
    async with server(serve) as port:
        start = time.monotonic()
        found = await get(port, timeout=0.3)
    assert found == Fetched(error="timeout")
    assert time.monotonic() - start < 5


async def test_no_time_at_all() -> None:
    assert await FETCH.get("http://127.0.0.1:9/", timeout=0, limit=1) == Fetched(error="timeout")


async def test_nobody_listens() -> None:
    async with server(hang) as port:
        pass
    assert await get(port) == Fetched(error="unreachable")


REFUSED_URLS = {
    "https": "https://127.0.0.1/",
    "ldap": "ldap://127.0.0.1/cn=CA",
    "a file": "file:///etc/passwd",
    "no scheme": "127.0.0.1/ca.crt",
    "empty": "",
    "no host": "http:///ca.crt",
    "a user": "http://user@127.0.0.1/",
    "a user and a password": "http://user:password@127.0.0.1/",
    "a port that is none": "http://127.0.0.1:99999/",
    "a port in words": "http://127.0.0.1:http/",
    "half an address": "http://[::1/",
    "a blank in the path": "http://127.0.0.1/a b",
    "another header": "http://127.0.0.1/a\r\nX: y",
    "a host that is none": "http://127.0.0.1\\@evil.test/",
    "letters beyond ASCII": "http://127.0.0.1/\u00e4",
    "a host beyond ASCII": "http://stra\u00dfe.test/",
    "endless": "http://127.0.0.1/" + "a" * 9000,
}


@pytest.mark.parametrize("url", REFUSED_URLS.values(), ids=REFUSED_URLS)
async def test_only_plain_http(url: str) -> None:
    assert await FETCH.get(url, timeout=20, limit=1) == Fetched(error="not-http")


type LookUp = Callable[[Callable[..., list[object]]], None]


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch) -> LookUp:
    """Puts a name server's answer in the place of the system's."""
    return partial(monkeypatch.setattr, "clearpane.verification.fetch.socket.getaddrinfo")


@pytest.mark.parametrize("host", ["a..test", "a" * 70 + ".test"])
async def test_a_name_that_can_have_no_address(host: str) -> None:
    found = await STRICT.get(f"http://{host}/", timeout=20, limit=1)
    assert found == Fetched(error="unreachable")


async def test_a_name_that_has_no_address(look_up: LookUp) -> None:
    def fail(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    look_up(fail)
    found = await STRICT.get("http://www.test/", timeout=20, limit=1)
    assert found == Fetched(error="unreachable")


async def test_a_name_server_that_does_not_answer(look_up: LookUp) -> None:
    answered = threading.Event()

    def wait(*_: object, **__: object) -> list[object]:
        answered.wait(60)
        return []

    look_up(wait)
    found = await STRICT.get("http://www.test/", timeout=0.1, limit=1)
    answered.set()
    assert found == Fetched(error="timeout")


async def test_a_name_is_looked_up_once(look_up: LookUp) -> None:
    """A second answer, for the connection, could be another address than the one looked at."""
    asked = []

    def rebind(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    async with server(answering(OK + b"Content-Length: 1\r\n\r\na")) as port:
        look_up(rebind)
        assert await FETCH.get(f"http://www.test:{port}/", timeout=20, limit=1) == Fetched(b"a")
        found = await STRICT.get(f"http://www.test:{port}/", timeout=20, limit=1)
    assert found == Fetched(error="refused-address")
    assert asked == ["www.test"] * 2


LOOPBACK = ["127.0.0.1", "localhost", "LOCALHOST", "127.1", "0x7f.1", "2130706433", "0", "[::]"]


@pytest.mark.parametrize("host", [*LOOPBACK, "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"])
async def test_what_leads_to_this_machine_is_not_connected_to(host: str) -> None:
    connected = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(reader)

    async with server(note) as port:
        found = await STRICT.get(f"http://{host}:{port}/", timeout=20, limit=1)
    assert found == Fetched(error="refused-address")
    assert not connected


async def test_of_several_addresses_the_one_that_answers() -> None:
    """localhost has ::1 too on most machines; only 127.0.0.1 is listened to."""
    async with server(answering(OK + b"Content-Length: 1\r\n\r\na")) as port:
        found = await FETCH.get(f"http://localhost:{port}/", timeout=20, limit=1)
    assert found == Fetched(b"a")


PUBLIC = ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
NOT_PUBLIC = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1"),
    *("192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::101:101", "2002:7f00:1::", "2002:101:101::"),
    *("2001:0:101:101::", "2001:db8::1", "4000::1", "100::1", "::ffff:0:7f00:1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(address)
