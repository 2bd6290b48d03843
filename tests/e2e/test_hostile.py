"""One gateway under attack: an end in time, a record, and memory within bounds."""

import contextlib
import selectors
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e2e.harness import clients, pki
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST = "www.zoo.test"
PATIENCE = 60.0  # seconds; each end is awaited, and comes after about two
MIB = 1 << 20
GROWTH = 150 * MIB

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf(HOST, "*.flood.test")) as origin:
        yield origin


@pytest.fixture(scope="module")
def huge(zoo: Zoo) -> Iterator[Origin]:
    """Its certificate is over the 100 KiB that OpenSSL reads of a chain."""
    names = [f"n{number}.huge.zoo.test" for number in range(9_999)]
    with Origin(pki.leaf(zoo.issuing, "huge.zoo.test", *names)) as origin:
        yield origin


@pytest.fixture(scope="module")
def gateway(folder: Path, zoo: Zoo, tls: Origin) -> Iterator[Gateway]:
    """Warm: what the first sessions cost is no growth. What it had at the end is looked at too."""
    site = Site(folder / "hostile", roots=[zoo.root], settings={"handshake-timeout": 2})
    with Gateway(site) as running:
        for _ in range(5):
            assert_serves(running, tls)
        before = resident(running)
        yield running
        assert_serves(running, tls)
        grown = resident(running) - before
        assert "Traceback" not in running.output, running.output
    assert grown < GROWTH, f"{grown / MIB:.0f} MiB"


def test_a_thousand_names_from_one_address(gateway: Gateway, tls: Origin) -> None:
    """A real handshake begins for each, until the leaf comes or the connection is closed."""

    def one(number: int) -> bool:
        with opened(gateway, tls.port) as asking:
            asking.sendall(hello(f"n{number}.flood.test"))
            return bool(heard(asking))

    with ThreadPoolExecutor(128) as pool:
        answered = sum(pool.map(one, range(1_000)))
    assert answered, "not one was answered"
    assert_serves(gateway, tls)


def test_half_open_handshakes(gateway: Gateway, tls: Origin) -> None:
    """The hello is sent, and nothing more. All of them end."""
    with contextlib.ExitStack() as open_:
        asking = [open_.enter_context(opened(gateway, tls.port)) for _ in range(300)]
        for each in asking:
            each.sendall(hello(HOST))
        assert_serves(gateway, tls)
        assert ended(asking) == 300


def test_slow_hellos(gateway: Gateway, tls: Origin) -> None:
    """A byte at a time, and never the last one."""
    data, before = hello(HOST)[:-1], len(gateway.site.records("traffic"))
    with contextlib.ExitStack() as open_:
        asking = [open_.enter_context(opened(gateway, tls.port)) for _ in range(200)]
        ports = {each.getsockname()[1] for each in asking}
        for byte in data:
            for each in asking:
                with contextlib.suppress(OSError):  # this one has been ended
                    each.send(bytes([byte]))
        assert_serves(gateway, tls)
        assert ended(asking) == 200
    assert reasons_of(gateway, ports, before) == {"handshake-timeout"}


def test_a_hello_of_64_kib(gateway: Gateway, tls: Origin) -> None:
    """In four records, as RFC 8446 (section 5.1) lets it; it says that it goes on after them."""
    before = len(gateway.site.records("traffic"))
    with opened(gateway, tls.port) as asking:
        port = asking.getsockname()[1]
        body = b"\x01\x01\x00\x00\x03\x03" + bytes(4 * 16_384 - 6)
        records = [body[start : start + 16_384] for start in range(0, len(body), 16_384)]
        with contextlib.suppress(OSError):  # it hangs up in the middle
            asking.sendall(b"".join(b"\x16\x03\x01\x40\x00" + record for record in records))
        assert ended([asking]) == 1
    assert reasons_of(gateway, {port}, before) == {"not-tls"}
    assert_serves(gateway, tls)


def test_a_certificate_with_ten_thousand_names(gateway: Gateway, tls: Origin, huge: Origin) -> None:
    """Several at once, while others are served."""

    def one(_: int) -> clients.Reply:
        return clients.curl(gateway, "https://huge.zoo.test/page", "-k", to=huge.port)

    with ThreadPoolExecutor(4) as pool:
        asked = pool.map(one, range(4))
        assert_serves(gateway, tls)
        replies = list(asked)
    for reply in replies:
        assert reply.status == 503, reply
        record = gateway.site.record("traffic", sport=reply.port)
        assert record["reason"] == ["chain-too-large"]


def assert_serves(gateway: Gateway, tls: Origin) -> None:
    page = clients.curl(gateway, f"https://{HOST}/page", to=tls.port, seconds=PATIENCE)
    assert (page.status, page.body) == (200, PAGE), page


def resident(gateway: Gateway) -> int:
    """Bytes of memory that the process holds."""
    text = Path(f"/proc/{gateway.process.pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


def opened(gateway: Gateway, port: int) -> socket.socket:
    """A connection through the gateway to a port of loopback."""
    made = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE)
    made.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += made.recv(1) or b"\r\n\r\n"
    return made


def hello(name: str) -> bytes:
    """The first flight of a client that asks for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


def heard(asking: socket.socket) -> bytes:
    """What comes first; nothing where the connection was ended."""
    with contextlib.suppress(ConnectionError):
        return asking.recv(65_536)
    return b""


def ended(asking: Sequence[socket.socket]) -> int:
    """How many of them the gateway has ended, awaited; what it said before is thrown away."""
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as waiting:
        for each in asking:
            waiting.register(each, selectors.EVENT_READ)
        while waiting.get_map() and time.monotonic() < deadline:
            for key, _ in waiting.select(1):
                assert isinstance(key.fileobj, socket.socket)
                if not heard(key.fileobj):
                    waiting.unregister(key.fileobj)
        return len(asking) - len(waiting.get_map())


def reasons_of(gateway: Gateway, ports: set[int], before: int) -> set[str]:
    """The reasons that the records of the sessions from these ports give, once all are there.

    The first `before` records are not looked at: the system gives ports out again.
    """

    def rows() -> list[dict[str, object]]:
        found = [row for row in gateway.site.records("traffic")[before:] if row["sport"] in ports]
        return found if len(found) >= len(ports) else []

    found = until(rows, f"records of {len(ports)} sessions", PATIENCE)
    reasons: set[str] = set()
    for row in found:
        given = row.get("reason")
        reasons |= set(given) if isinstance(given, list) else {"none"}
    return reasons
