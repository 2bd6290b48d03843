"""Bodies that are passed on while they are inspected: nothing waits that need not, nothing infected
is ever complete, and memory stays small.

Origins and clients say themselves when they go on; no time is measured.
"""

import gzip
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from e2e.harness import bodies, clients, large
from e2e.harness.clamav import Clamd
from e2e.harness.h2_streams import Streams
from e2e.harness.large import MIB
from e2e.harness.messages import Answer, Request
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway, environment
from e2e.harness.site import Record, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.websockets import Client, Server
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
HELD_BACK = 1 << 16  # bytes that wait for the verdict on the whole
EICAR_THREAT = "Eicar Test File(100000)"
SIZE = 60 * MIB
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1, mtime=0),
    "br": lambda body: bytes(brotli.compress(body, quality=1)),
    "zstd": bodies.CODINGS["zstd"][1],
}


class World:
    def __init__(self, zoo: Zoo, folder: Path, settings: dict[str, Any] | None = None) -> None:
        self.site = Site(folder, settings=settings, roots=[zoo.root])
        self.gateway = Gateway(self.site)
        self.tls = Origin(zoo.leaf(HOST))

    def fetch(self, path: str, *words: str | Path, protocol: str = "--http1.1") -> clients.Reply:
        return clients.curl(
            self.gateway,
            f"https://{HOST}{path}",
            *words,
            to=self.tls.port,
            protocol=protocol,
            seconds=60,
        )

    def serve(self, path: str, answer: Callable[[Request], Answer]) -> None:
        self.tls.contents.routes[path] = answer

    def tunnel(self, alpn: str = "http/1.1") -> Tunnel:
        tunnel = Tunnel(self.gateway, self.tls.port)
        tunnel.start_tls(HOST, alpn=(alpn,))
        return tunnel

    def record(self, port: int) -> Record:
        """The one threat record of a session that is over."""
        traffic = self.site.record("traffic", sport=port)
        record = self.site.record("threat", sport=port)
        assert record["threatid"] == EICAR_THREAT, record
        assert traffic["session_end_reason"] == "threat"
        return record


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    made = World(zoo, folder / "embedded")
    with made.tls, made.gateway:
        yield made


# What is clean does not wait


class Paced:
    """A body whose second megabyte is sent only when the test says so."""

    def __init__(self, body: bytes) -> None:
        self.body, self.go, self.went = body, threading.Event(), False

    def pieces(self) -> Iterator[bytes]:
        yield self.body[:MIB]
        self.went = self.go.wait(20)
        for at in range(MIB, len(self.body), MIB):
            yield self.body[at : at + MIB]

    def raw(self, fields: str) -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode()
        yield from self.pieces()


@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
def test_the_first_byte_arrives_before_the_second_megabyte_is_sent(
    world: World, framing: str
) -> None:
    paced = Paced(large.clean(20 * MIB))
    answer = {
        "length": Answer(raw=paced.raw(f"Content-Length: {len(paced.body)}\r\n")),
        "close": Answer(raw=paced.raw("Connection: close\r\n")),
        "chunks": Answer(body=paced.pieces()),
    }[framing]
    world.serve(f"/paced/{framing}", lambda _: answer)
    with world.tunnel() as tunnel:
        request = f"GET /paced/{framing} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        tunnel.say(request.encode())
        seen = b""
        while paced.body[:100] not in seen:
            piece = tunnel.hear()
            assert piece, seen[:1000]
            seen += piece
        assert not paced.went
        paced.go.set()
        seen += tunnel.hear_all()
    if framing != "chunks":
        assert seen.partition(b"\r\n\r\n")[2] == paced.body
    else:
        assert len(seen) > len(paced.body) and seen.endswith(b"0\r\n\r\n")


def test_so_it_does_over_http2(world: World) -> None:
    paced = Paced(large.clean(20 * MIB))
    world.serve("/paced/h2", lambda _: Answer(body=paced.pieces()))
    with world.tunnel("h2") as tunnel:
        streams = Streams(tunnel, HOST)
        exchange = streams.ask("/paced/h2")
        streams.until(lambda: len(exchange.body) > 0)
        assert not paced.went
        paced.go.set()
        streams.until(lambda: exchange.over)
    assert exchange.complete and exchange.body == paced.body


def test_the_first_byte_of_an_upload_is_there_before_the_second_megabyte_is_sent(
    world: World,
) -> None:
    body, asked = large.clean(20 * MIB), world.tls.contents.asked
    with world.tunnel() as tunnel:
        head = f"POST /up/paced HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
        tunnel.say(f"{head}Connection: close\r\n\r\n".encode() + body[:MIB])
        until(lambda: [each for each in asked("/up/paced") if each.body], "the upload has begun")
        tunnel.say(body[MIB:])
        answer = tunnel.hear_all()
    assert answer.endswith(f"{len(body)} {bodies.digest(body)}".encode())


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
@pytest.mark.parametrize("coding", PACKERS)
def test_a_large_coded_body_keeps_its_coding(world: World, coding: str, protocol: str) -> None:
    packed = PACKERS[coding](large.clean(4 * MIB))
    headers = [("content-encoding", coding)]
    world.serve(f"/clean/{coding}", lambda _: Answer(headers=headers, body=packed))
    reply = world.fetch(f"/clean/{coding}", protocol=protocol)
    assert reply.body == packed
    assert f"content-encoding: {coding}" in reply.head.lower()


# What is infected is never complete


@pytest.mark.parametrize(
    ("kind", "protocol", "error"),
    [
        ("tar", "--http1.1", 18),  # CURLE_PARTIAL_FILE
        ("zip", "--http1.1", 18),
        ("tar.gz", "--http1.1", 18),
        ("tar", "--http2", 92),  # CURLE_HTTP2_STREAM
        ("zip", "--http2", 92),
        ("tar", "close", 56),  # CURLE_RECV_ERROR: reset
        ("tar", "chunks", 18),
    ],
)
def test_the_virus_at_the_end_of_a_large_body(
    world: World, kind: str, protocol: str, error: int
) -> None:
    body, path = large.infected(kind, SIZE), f"/{protocol.strip('-')}/last.{kind}"
    answer = Answer(body=body)
    if protocol == "close":
        answer = Answer(raw=b"HTTP/1.0 200 OK\r\n\r\n" + body)
    elif protocol == "chunks":
        answer = Answer(body=(body[at : at + MIB] for at in range(0, len(body), MIB)))
    world.serve(path, lambda _: answer)
    reply = world.fetch(path, protocol=protocol if protocol == "--http2" else "--http1.1")
    assert (reply.error, reply.status) == (error, 200), reply
    assert 0 < len(reply.body) <= len(body) - HELD_BACK
    assert body.startswith(reply.body)
    record = world.record(reply.port)
    assert record["member"].endswith("eicar.com")
    assert 0 < record["delivered"] <= len(body) - HELD_BACK
    assert len(reply.body) <= record["delivered"]


@pytest.mark.parametrize("coding", PACKERS)
def test_the_virus_at_the_end_of_a_large_coded_body(world: World, coding: str) -> None:
    packed = PACKERS[coding](large.infected("tar", 4 * MIB))
    headers = [("content-encoding", coding)]
    world.serve(f"/coded/{coding}", lambda _: Answer(headers=headers, body=packed))
    reply = world.fetch(f"/coded/{coding}")
    assert reply.error == 18 and len(reply.body) < len(packed)
    world.record(reply.port)


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_large_infected_upload_gets_the_page(
    world: World, kind: str, protocol: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(large.infected(kind, 20 * MIB))
    path = f"/up{protocol}/{kind}"
    reply = world.fetch(path, "-T", tmp_path / "a", protocol=protocol)
    assert (reply.error, reply.status) == (0, 403), reply
    record = world.record(reply.port)
    assert record["direction"] == "client-to-server"
    assert 0 < record["delivered"] < 20 * MIB
    for asked in world.tls.contents.asked(path):
        assert not asked.complete and len(asked.body) < 20 * MIB
    if protocol == "--http1.1":
        assert b"<html" in reply.body.lower()


def test_other_streams_of_the_connection_go_on(world: World) -> None:
    clean, body = large.clean(8 * MIB), large.infected("tar", 4 * MIB)
    world.serve("/parallel/clean", lambda _: Answer(body=clean))
    world.serve("/parallel/bad", lambda _: Answer(body=body))
    with world.tunnel("h2") as tunnel:
        streams = Streams(tunnel, HOST)
        names = ["clean", "bad", "clean", "clean"]
        exchanges = [streams.ask(f"/parallel/{name}") for name in names]
        streams.until(lambda: all(exchange.over for exchange in exchanges))
        later = streams.ask("/page")
        streams.until(lambda: later.over)
        port = tunnel.source_port
    for name, exchange in zip(names, exchanges, strict=True):
        assert exchange.complete == (name == "clean"), (name, exchange.reset)
        assert name == "bad" or exchange.body == clean
    assert later.status == 200
    world.record(port)


def test_a_large_file_asked_for_in_pieces_comes_whole_or_not_at_all(world: World) -> None:
    body = large.infected("tar", 4 * MIB)
    world.serve("/ranged", lambda _: Answer(body=body))
    for piece in ("0-1000000", f"{len(body) - 20000}-"):
        reply = world.fetch("/ranged", "-r", piece)
        assert reply.error and len(reply.body) < len(body) - HELD_BACK
        world.record(reply.port)
    assert not any("range" in each.headers for each in world.tls.contents.asked("/ranged"))


# Streams of messages


def event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_events_pass_one_by_one_until_one_is_infected(world: World, protocol: str) -> None:
    go, first = threading.Event(), event(b"first")

    def events() -> Iterator[bytes]:
        yield first
        go.wait(20)
        yield event(bodies.EICAR)
        yield event(b"last")

    headers = [("content-type", "text/event-stream")]
    world.serve(f"/events/{protocol}", lambda _: Answer(headers=headers, body=events()))
    with world.tunnel(protocol) as tunnel:
        port = tunnel.source_port
        if protocol == "h2":
            streams = Streams(tunnel, HOST)
            exchange = streams.ask(f"/events/{protocol}")
            streams.until(lambda: first in exchange.body)
            go.set()
            streams.until(lambda: exchange.over)
            seen, ended_well = bytes(exchange.body), exchange.complete
        else:
            tunnel.say(f"GET /events/http/1.1 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            seen = b""
            while first not in seen:
                piece = tunnel.hear()
                assert piece, seen
                seen += piece
            go.set()
            seen += tunnel.hear_all()
            ended_well = seen.endswith(b"0\r\n\r\n")
    assert bodies.EICAR[:20] not in seen and b"last" not in seen and not ended_well
    world.site.record("traffic", sport=port)
    found = world.site.records("threat", sport=port)
    assert [each["threatid"] for each in found] == ["Unscanned(0)", EICAR_THREAT]
    assert (found[0]["reason"], found[0]["action"]) == (["unscanned-stream"], "alert")


def grpc(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4) + message


GRPC = [("content-type", "application/grpc"), ("te", "trailers")]
FINE = [("grpc-status", "0")]


def test_a_unary_call_passes_with_its_trailers(world: World) -> None:
    asked, said = grpc(b"hello"), grpc(b"hello to you")
    seen: list[bytes] = []

    def answer(request: Request) -> Answer:
        seen.append(bytes(request.body))
        return Answer(headers=GRPC[:1], body=iter([said]), trailers=FINE)

    world.serve("/zoo.Zoo/Hello", answer)
    with world.tunnel("h2") as tunnel:
        streams = Streams(tunnel, HOST)
        exchange = streams.ask("/zoo.Zoo/Hello", asked, headers=GRPC)
        streams.until(lambda: exchange.over)
    assert exchange.complete and exchange.body == said and seen == [asked]
    assert exchange.trailers == {"grpc-status": "0"}


def test_messages_of_a_call_pass_one_by_one_until_one_is_infected(world: World) -> None:
    go = threading.Event()

    def messages() -> Iterator[bytes]:
        yield grpc(b"first")
        go.wait(20)
        yield grpc(bodies.EICAR)
        yield grpc(b"last")

    world.serve("/zoo.Zoo/List", lambda _: Answer(headers=GRPC[:1], body=messages(), trailers=FINE))
    with world.tunnel("h2") as tunnel:
        port, streams = tunnel.source_port, Streams(tunnel, HOST)
        exchange = streams.ask("/zoo.Zoo/List", grpc(b""), headers=GRPC)
        streams.until(lambda: grpc(b"first") in exchange.body)
        go.set()
        streams.until(lambda: exchange.over)
    assert exchange.body == grpc(b"first")
    assert not exchange.complete and not exchange.trailers
    assert_recorded_among_others(world, port)


def test_an_infected_message_that_a_client_sends_ends_the_call(world: World) -> None:
    with world.tunnel("h2") as tunnel:
        port, streams = tunnel.source_port, Streams(tunnel, HOST)
        exchange = streams.ask("/zoo.Zoo/Take", grpc(bodies.EICAR), headers=GRPC)
        streams.until(lambda: exchange.over)
    assert exchange.status in (0, 403)
    assert not [e for e in world.tls.contents.asked("/zoo.Zoo/Take") if bodies.EICAR in e.body]
    assert_recorded_among_others(world, port)


def assert_recorded_among_others(world: World, port: int) -> None:
    """Beside the note that the body is a stream of messages."""
    world.site.record("traffic", sport=port)
    found = world.site.records("threat", sport=port)
    assert [each["threatid"] for each in found].count(EICAR_THREAT) == 1, found


MESSAGES = {
    "virus": bodies.EICAR,
    "clean": bodies.clean(9_000),
    "large": bodies.clean(6_000_000),
    "zip": large.infected("zip", 2_000_000),
}


@pytest.fixture(scope="module")
def sockets(zoo: Zoo) -> Iterator[Server]:
    with Server(zoo.leaf(HOST), MESSAGES) as server:
        yield server


@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("way", ["down", "up"])
def test_messages_of_a_websocket(world: World, sockets: Server, way: str, deflate: bool) -> None:
    for bad in ("virus", "zip"):
        with Tunnel(world.gateway, sockets.port) as tunnel:
            tunnel.start_tls(HOST)
            client, port = Client(tunnel, HOST, deflate=deflate), tunnel.source_port
            for name in ("clean", "large", "clean"):
                if way == "down":
                    assert client.ask(name) == MESSAGES[name]
                else:
                    assert client.give(MESSAGES[name]) == b"taken"
            assert (client.ask(bad) if way == "down" else client.give(MESSAGES[bad])) is None
        assert MESSAGES[bad] not in sockets.received
        record = world.record(port)
        towards = "client-to-server" if way == "up" else "server-to-client"
        assert (record["direction"], record["app"]) == (towards, "websocket")


# Memory


MOST = 100 << 20  # bytes above idle
PARALLEL, EACH = 20, 50 * MIB


def resident(gateway: Gateway) -> int:
    """Bytes of memory of the gateway's own process."""
    status = Path(f"/proc/{gateway.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) << 10


def begin(world: World, path: str) -> "subprocess.Popen[bytes]":
    """A download that keeps nothing; its exit status and size tell how it went."""
    return subprocess.Popen(
        [
            *("curl", "-q", "-sS", "--http1.1", "-o", "/dev/null", "-w", "%{size_download}"),
            *("-x", f"http://{world.gateway.address}", "--cacert", str(world.site.trust_file)),
            *("--connect-to", f"::127.0.0.1:{world.tls.port}", f"https://{HOST}{path}"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(world.site.folder),
    )


def test_memory_stays_small_with_many_large_transfers(world: World) -> None:
    world.serve("/many", lambda _: Answer(body=large.clean(EACH)))
    assert world.fetch("/clean/2000000").status == 200
    idle, most = resident(world.gateway), 0
    running = [begin(world, "/many") for _ in range(PARALLEL)]
    with ThreadPoolExecutor(PARALLEL) as readers:
        done = [readers.submit(one.communicate) for one in running]

        def look() -> bool:
            nonlocal most
            most = max(most, resident(world.gateway))
            return all(one.done() for one in done)

        until(look, "all have come", 100, pause=0.05)
    assert [one.result()[0] for one in done] == [str(EACH).encode()] * PARALLEL
    assert most - idle < MOST, f"{(most - idle) >> 20} MiB"


def test_memory_stays_small_while_the_scanner_stands_still(zoo: Zoo, folder: Path) -> None:
    sent = [0]

    def counted() -> Iterator[bytes]:
        body = large.clean(EACH)
        for at in range(0, len(body), 1 << 16):
            sent[0] += 1 << 16
            yield body[at : at + (1 << 16)]

    with Clamd(folder / "frozen-clamd", threads=PARALLEL + 4) as clamd:
        antivirus = {"engines": ["embedded", "clamd"], "clamd": {"socket": str(clamd.path)}}
        world = World(zoo, folder / "frozen", {"antivirus": antivirus})
        world.serve("/many", lambda _: Answer(body=counted()))
        with world.tls, world.gateway:
            assert world.fetch("/clean/2000000").status == 200
            idle, most, still, last = resident(world.gateway), 0, 0, -1
            clamd.freeze()
            running = [begin(world, "/many") for _ in range(PARALLEL)]

            def stands_still() -> bool:
                nonlocal most, still, last
                most = max(most, resident(world.gateway))
                still = still + 1 if sent[0] == last and sent[0] > PARALLEL * (1 << 16) else 0
                last = sent[0]
                return still > 40

            try:
                until(stands_still, "nobody sends any more", 60, pause=0.05)
            finally:
                for one in running:
                    one.kill()
                    one.communicate()
                clamd.thaw()
            assert sent[0] < PARALLEL * EACH
            assert most - idle < MOST, f"{(most - idle) >> 20} MiB"
            assert world.fetch("/clean/2000000").status == 200
