"""The test virus in its four files, down and up, over HTTP, HTTPS and HTTP/2: never delivered.

`embedded` is the engine here; test_clamav.py has the other one.
"""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from e2e.harness import bodies, clients
from e2e.harness.messages import PAGE, Answer
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import Record, Site
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
WAYS = ["http", "https", "h2"]
DECRYPTED, CAPTURED = 0x01000000, 0x80000000


@dataclass
class World:
    gateway: Gateway
    plain: Origin
    tls: Origin

    @property
    def site(self) -> Site:
        return self.gateway.site

    def origin(self, way: str) -> Origin:
        return self.plain if way == "http" else self.tls

    def fetch(self, way: str, path: str, *arguments: str | Path) -> clients.Reply:
        if way == "http":
            url = f"http://127.0.0.1:{self.plain.port}{path}"
            return clients.curl(self.gateway, url, *arguments)
        protocol = "--http2" if way == "h2" else "--http1.1"
        url = f"https://{HOST}{path}"
        return clients.curl(self.gateway, url, *arguments, to=self.tls.port, protocol=protocol)


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    site = Site(folder / "blocks", roots=[zoo.root])
    with Origin() as plain, Origin(zoo.leaf(HOST)) as tls, Gateway(site) as gateway:
        yield World(gateway, plain, tls)


def assert_blocked(reply: clients.Reply, virus: bytes = bodies.EICAR) -> None:
    """A page with 403, and nothing of the virus."""
    assert (reply.error, reply.status) == (0, 403), reply
    assert virus not in reply.body
    assert b"<html" in reply.body.lower()
    assert len(reply.body) < 17_999


def assert_detected(
    site: Site, reply: clients.Reply, way: str, port: int, misc: str, direction: str
) -> Record:
    """The one threat record of a session, with the fields of the firewall's."""
    record = site.record("threat", sport=reply.port)
    wanted: dict[str, Any] = {
        "type": "THREAT",
        "subtype": "virus",
        "threatid": "Eicar Test File(100000)",
        "severity": "medium",
        "direction": direction,
        "app": "web-browsing",
        "decrypted": way != "http",
        "dport": port,
        "src": "127.0.0.1",
    }
    assert record | wanted == record
    assert record["misc"].rpartition("/")[2].partition("?")[0] == misc
    flags = int(record["flags"], 16)
    assert bool(flags & DECRYPTED) == (way != "http")
    assert flags & CAPTURED
    assert record["action"] and record["sessionid"]
    assert record.get("host", "").partition(":")[0] in (HOST, "127.0.0.1", "")
    if way != "http":
        assert record["sni"] == HOST
    traffic = site.record("traffic", sport=reply.port)
    assert traffic["session_end_reason"] == "threat"
    assert traffic["sessionid"] == record["sessionid"]
    return record


# Down


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", bodies.EICAR_FILES)
def test_a_download_is_blocked(world: World, way: str, name: str) -> None:
    reply = world.fetch(way, f"/files/{name}")
    assert_blocked(reply, bodies.EICAR_FILES[name])
    assert_detected(world.site, reply, way, world.origin(way).port, name, "server-to-client")


@pytest.mark.parametrize("way", ["http", "h2"])
@pytest.mark.parametrize("coding", bodies.CODINGS)
def test_no_content_coding_hides_it(world: World, way: str, coding: str) -> None:
    reply = world.fetch(way, f"/files/eicar.com?coding={coding}")
    packed = bodies.CODINGS[coding][1](bodies.EICAR)
    assert_blocked(reply, packed)
    record = world.site.record("threat", sport=reply.port)
    assert record["subtype"] == "virus"
    if coding != "gzip-unknown":
        assert record["threatid"] == "Eicar Test File(100000)"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [1, 20])
def test_no_chunking_hides_it(world: World, way: str, size: int) -> None:
    reply = world.fetch(way, f"/files/eicar.com?chunked={size}&coding=gzip")
    assert_blocked(reply)
    port = world.origin(way).port
    assert_detected(world.site, reply, way, port, "eicar.com", "server-to-client")


@pytest.mark.parametrize(
    "options", ["type=image/png", "status=302", "status=404", "type=text/html"], ids=str
)
def test_neither_type_nor_status_matters(world: World, options: str) -> None:
    assert_blocked(world.fetch("https", f"/files/eicar.com?{options}"))


def test_a_member_of_an_archive_is_named(world: World) -> None:
    reply = world.fetch("https", "/files/eicarcom2.zip")
    record = world.site.record("threat", sport=reply.port)
    assert "eicar.com" in record["member"]


CHUNKS = b"44\r\n" + bodies.EICAR + b"\r\n0\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
# kind -> (the server's answer, the status that the client sees: mitmproxy refuses some by itself)
FRAMES = {
    "until the connection ends": (b"HTTP/1.0 200 OK\r\n\r\n" + bodies.EICAR, 403),
    "gzip cut short": (
        OK + b"Content-Encoding: gzip\r\n\r\n" + bodies.CODINGS["gzip"][1](bodies.EICAR)[:-12],
        403,
    ),
    "longer than it says": (OK + b"Content-Length: 100\r\n\r\n" + bodies.EICAR, 502),
    "length and chunks": (
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"\r\n",
        502,
    ),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"X-Sum: 1\r\n\r\n", 403),
    "a length in the trailers": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"Content-Length: 5\r\n\r\n",
        403,
    ),
    "chunked twice": (
        OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + CHUNKS + b"\r\n",
        502,
    ),
    "chunked, chunked": (
        OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS + b"\r\n",
        502,
    ),
    "two lengths": (OK + b"Content-Length: 68\r\nContent-Length: 5\r\n\r\n" + bodies.EICAR, 502),
    "a name with a blank": (OK + b"X Y: 1\r\nContent-Length: 68\r\n\r\n" + bodies.EICAR, 502),
    "bytes behind a 204": (b"HTTP/1.1 204 No Content\r\n\r\n" + bodies.EICAR, 204),
}


@pytest.mark.parametrize("way", ["http", "https"])
@pytest.mark.parametrize("kind", FRAMES)
def test_no_framing_hides_it(world: World, way: str, kind: str) -> None:
    origin, (raw, status) = world.origin(way), FRAMES[kind]
    origin.contents.routes[f"/raw/{kind}"] = lambda _: Answer(raw=raw)
    reply = world.fetch(way, f"/raw/{quote(kind)}")
    assert (reply.error, reply.status) == (0, status), reply
    assert bodies.EICAR not in reply.body
    if status == 403:
        world.site.record("threat", sport=reply.port)


def test_a_clean_answer_with_trailers_arrives_without_them(world: World) -> None:
    chunks = b"5\r\nclean\r\n0\r\nX-Sum: 1\r\n\r\n"
    raw = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    world.tls.contents.routes["/trailers"] = lambda _: Answer(raw=raw)
    reply = world.fetch("https", "/trailers")
    assert (reply.error, reply.status, reply.body) == (0, 200, b"clean")
    assert_nothing_found(world.site, reply)


def test_a_plain_request_inside_a_connect_tunnel_is_inspected(world: World) -> None:
    reply = world.fetch("http", "/files/eicar.com", "--proxytunnel")
    assert_blocked(reply)
    world.site.record("threat", sport=reply.port)


# Up


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", bodies.EICAR_FILES)
def test_an_upload_is_blocked(world: World, way: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(bodies.EICAR_FILES[name])
    reply = world.fetch(way, f"/up/{name}", "-T", tmp_path / name)
    assert_blocked(reply)
    assert_detected(world.site, reply, way, world.origin(way).port, name, "client-to-server")
    assert_not_received(world.origin(way), f"/up/{name}", bodies.EICAR_FILES[name])


@pytest.mark.parametrize("way", ["http", "https"])
def test_a_chunked_upload_is_blocked(world: World, way: str, tmp_path: Path) -> None:
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    chunked = ("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue")
    reply = world.fetch(way, "/up/chunked/eicar.com", "-T", tmp_path / "eicar.com", *chunked)
    assert_blocked(reply)
    assert_not_received(world.origin(way), "/up/chunked", bodies.EICAR)


@pytest.mark.parametrize("way", WAYS)
def test_a_form_with_a_file_is_blocked(world: World, way: str, tmp_path: Path) -> None:
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    form = ("-F", "note=hello", "-F", f"file=@{tmp_path / 'eicar.com'}")
    reply = world.fetch(way, "/up/form", *form)
    assert_blocked(reply)
    port = world.origin(way).port
    record = assert_detected(world.site, reply, way, port, "form", "client-to-server")
    assert record["member"] == "eicar.com"
    assert_not_received(world.origin(way), "/up/form", bodies.EICAR)


def assert_not_received(origin: Origin, path: str, virus: bytes) -> None:
    assert not [each for each in origin.contents.asked(path) if virus in each.body]


# What is clean arrives as it was sent


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [0, 1, 1024, 20_000_000])
def test_a_clean_download_is_intact(world: World, way: str, size: int) -> None:
    reply = world.fetch(way, f"/clean/{size}?intact")
    assert (reply.status, bodies.digest(reply.body)) == (200, bodies.digest(bodies.clean(size)))
    assert_nothing_found(world.site, reply)


@pytest.mark.parametrize("way", WAYS)
def test_a_clean_upload_is_intact(world: World, way: str, tmp_path: Path) -> None:
    body = bodies.clean(20_000_000)
    (tmp_path / "clean").write_bytes(body)
    reply = world.fetch(way, "/up/clean", "-T", tmp_path / "clean")
    assert reply.body.decode() == f"{len(body)} {bodies.digest(body)}", reply
    assert_nothing_found(world.site, reply)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("coding", ["gzip", "gzip-twice", "br", "zstd", "deflate", "deflate-raw"])
def test_a_clean_coded_body_keeps_its_coding(world: World, way: str, coding: str) -> None:
    name, pack = bodies.CODINGS[coding]
    reply = world.fetch(way, f"/clean/3000?coding={coding}")
    assert f"content-encoding: {name}" in reply.head.lower()
    assert reply.body == pack(bodies.clean(3000))
    assert_nothing_found(world.site, reply)


def test_a_page_that_quotes_the_test_file_is_not_the_test_file(world: World) -> None:
    quoting = b"<p>The test file is " + bodies.EICAR + b".</p>"
    world.tls.contents.routes["/quoting"] = lambda _: Answer(body=quoting)
    assert world.fetch("https", "/quoting").body == quoting


def test_a_clean_archive_is_no_false_alarm(world: World) -> None:
    archive = bodies.zipped("a.txt", bodies.clean(9000))
    world.tls.contents.routes["/clean.zip"] = lambda _: Answer(body=archive)
    assert world.fetch("https", "/clean.zip").body == archive


def assert_nothing_found(site: Site, reply: clients.Reply) -> None:
    traffic = site.record("traffic", sport=reply.port)
    found = site.records("threat", sport=reply.port)
    assert not found, found
    assert traffic["app"] == "web-browsing"


# Answers without a body, and connections that go on


@pytest.mark.parametrize("way", WAYS)
def test_head_says_the_length_of_what_it_does_not_send(world: World, way: str) -> None:
    reply = world.fetch(way, "/files/eicar.com?head", "--head")
    assert (reply.error, reply.status) == (0, 200), reply
    assert "content-length: 68" in reply.head.lower()
    assert_nothing_found(world.site, reply)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_passes_at_once(world: World, way: str, status: int) -> None:
    reply = world.fetch(way, f"/files/eicar.com?status={status}")
    assert (reply.error, reply.status, reply.body) == (0, status, b""), reply
    assert_nothing_found(world.site, reply)


def test_clean_infected_clean_on_a_kept_connection(world: World) -> None:
    """The client opens a new connection where the page closed the old one; nothing is mixed up."""
    line = http.client.HTTPConnection("127.0.0.1", world.gateway.port, timeout=20)
    seen = []
    for path in ("/page", "/files/eicar.com", "/page"):
        line.request("GET", f"http://127.0.0.1:{world.plain.port}{path}")
        response = line.getresponse()
        seen.append((response.status, response.read()))
    line.close()
    assert [status for status, _ in seen] == [200, 403, 200]
    assert seen[0][1] == seen[2][1] == PAGE
    assert bodies.EICAR not in seen[1][1]


def test_range_is_taken_out_so_that_nothing_comes_in_harmless_pieces(world: World) -> None:
    reply = world.fetch("https", "/files/eicar.com?range", "-H", "Range: bytes=0-33")
    assert_blocked(reply)
    asked = world.tls.contents.asked("?range")
    assert asked and not any("range" in each.headers for each in asked)


def test_json_clients_get_json(world: World) -> None:
    reply = world.fetch("https", "/files/eicar.com?json", "-H", "Accept: application/json")
    assert reply.status == 403
    assert "content-type: application/json" in reply.head.lower()
    assert isinstance(json.loads(reply.body), dict)


def test_a_hostile_file_name_is_escaped_on_the_page_and_in_the_record(world: World) -> None:
    name = "<script>alert(1)</script>.com"
    world.tls.contents.files[name] = bodies.EICAR
    reply = world.fetch("https", f"/files/{quote(name, safe='')}")
    assert_blocked(reply)
    assert b"<script>alert" not in reply.body
    world.site.record("threat", sport=reply.port)


# what a server calls the file -> its name in the record
NAMES = {
    'attachment; filename="in quotes.com"': "in quotes.com",
    "attachment; filename*=UTF-8''%0d%0aX-Evil:%201.com": "X-Evil: 1.com",
    'attachment; filename="../../etc/a.com"': "a.com",
    'attachment; filename="<b>a</b>.com"': "<b>a</b>.com",
}


@pytest.mark.parametrize("field", NAMES)
def test_a_name_that_the_server_gives_stays_a_name(world: World, field: str) -> None:
    headers = [("content-disposition", field)]
    world.tls.contents.routes["/named"] = lambda _: Answer(headers=headers, body=bodies.EICAR)
    reply = world.fetch("https", "/named")
    assert_blocked(reply)
    record = world.site.record("threat", sport=reply.port)
    assert record["misc"].replace("\r", " ").splitlines()[-1].endswith(NAMES[field]), record
    assert "X-Evil" not in reply.head and b"<b>a</b>" not in reply.body
