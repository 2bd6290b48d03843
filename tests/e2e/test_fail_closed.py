"""Whatever breaks in the gateway, nothing uninspected passes."""

import contextlib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, large, mailboxes, speaking
from e2e.harness.large import MIB
from e2e.harness.mailboxes import DEEDS, Mailbox
from e2e.harness.messages import PAGE, Answer, Request
from e2e.harness.origins import Origin, close_after_hello, misbehaving
from e2e.harness.process import STOCK, Gateway
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.websockets import Client, Server
from e2e.harness.zoo import Zoo

HOST, BANK = "files.zoo.test", "bank.zoo.test"
SABOTAGE = Path(__file__).parent / "harness" / "sabotage.py"

# Hooks that decide, and the ways on which each is asked.
HTTP, TLS = ["http", "https", "h2"], ["https", "h2"]
HOOKS = {
    "client_connected": HTTP,
    "server_connect": HTTP,
    "server_connected": HTTP,
    "http_connect": TLS,
    "next_layer": HTTP,
    "tls_start_server": TLS,
    "tls_established_server": TLS,
    "tls_start_client": TLS,
    "tls_established_client": TLS,
    "requestheaders": HTTP,
    "request": HTTP,
    "responseheaders": HTTP,
    "response": HTTP,
}
OTHERS = {
    "tls_failed_server",
    "clearpane_body",
    "websocket_message",
    "clearpane_chunk",
    "tcp_start",  # decides nothing, it labels
}  # the others are below


class World:
    """A gateway whose hooks raise when they are named in `trigger`."""

    def __init__(self, zoo: Zoo, folder: Path) -> None:
        self.trigger = folder / "trigger"
        self.trigger.write_text("", encoding="ascii")
        self.plain, self.tls = Origin(), Origin(zoo.leaf(HOST, BANK))
        self.site = Site(
            folder / "sabotaged",
            decryption=[LEAVE, DECRYPT],
            categories={"private": [BANK]},
            roots=[zoo.root],
        )
        script, where = ("-s", str(SABOTAGE)), {"SABOTAGE": str(self.trigger)}
        self.gateway = Gateway(self.site, STOCK, *script, environment=where)

    def fetch(self, way: str, path: str, *arguments: str | Path) -> clients.Reply:
        if way == "http":
            url = f"http://127.0.0.1:{self.plain.port}{path}"
            return clients.curl(self.gateway, url, *arguments, seconds=5)
        protocol = "--http2" if way == "h2" else "--http1.1"
        url = f"https://{HOST}{path}"
        return clients.curl(
            self.gateway, url, "-k", *arguments, to=self.tls.port, protocol=protocol, seconds=5
        )

    def spoil(self, hook: str) -> None:
        self.trigger.write_text(hook, encoding="ascii")


@pytest.fixture(scope="module")
def sabotaged(zoo: Zoo, folder: Path) -> Iterator[World]:
    made = World(zoo, folder)
    with made.plain, made.tls, made.gateway:
        yield made


@pytest.fixture
def world(sabotaged: World) -> Iterator[World]:
    yield sabotaged
    sabotaged.spoil("")


def test_all_guarded_hooks_are_tried_out_here(world: World) -> None:
    path = world.trigger.with_suffix(".hooks")
    found = until(lambda: path.read_text("ascii") if path.exists() else "", "the hooks' names")
    assert set(found.split()) == HOOKS.keys() | OTHERS


@pytest.mark.parametrize(
    ("hook", "way"), [(hook, way) for hook, ways in HOOKS.items() for way in ways]
)
def test_a_hook_that_raises_lets_nothing_through(
    world: World, hook: str, way: str, tmp_path: Path
) -> None:
    assert world.fetch(way, "/page?before").status == 200
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    lines = len(world.gateway.lines)
    world.spoil(hook)

    page = world.fetch(way, "/page")
    down = world.fetch(way, "/files/eicar.com")
    up = world.fetch(way, f"/up/{hook}/{way}", "-T", tmp_path / "eicar.com")

    assert (page.body != PAGE and page.error) or page.status >= 400, page
    assert bodies.EICAR not in down.body
    assert up.error or up.status >= 400, up
    world.gateway.said(f"{hook}.*sabotage|sabotage.*{hook}", after=lines)
    for origin in (world.plain, world.tls):
        received = [each.body for each in origin.contents.asked(f"/up/{hook}/{way}")]
        assert bodies.EICAR not in received or hook.startswith("response"), "the upload arrived"
    world.spoil("")
    assert world.fetch(way, "/page?after").status == 200, "it does not recover"


def test_a_failed_server_is_not_let_through_by_a_hook_that_raises(world: World) -> None:
    world.spoil("tls_failed_server")
    with misbehaving(close_after_hello) as server:
        seen = clients.handshake(world.gateway, HOST, server.port, trust=world.site.trust_file)
    if seen.certificates:
        assert seen.leaf.issuer == world.site.trust.leaf.subject


# Content that passes while it is inspected


def uploaded(world: World, path: str) -> list[bytes]:
    return [bytes(each.body) for at in (world.plain, world.tls) for each in at.contents.asked(path)]


@pytest.mark.parametrize("way", HTTP)
def test_a_large_body_does_not_pass_while_its_hook_raises(
    world: World, way: str, tmp_path: Path
) -> None:
    clean, infected = large.clean(2 * MIB), large.infected("tar", 2 * MIB)
    for origin in (world.plain, world.tls):
        origin.contents.routes |= {
            "/large/clean": lambda _: Answer(body=clean),
            "/large/infected": lambda _: Answer(body=infected),
        }
    (tmp_path / "infected.tar").write_bytes(infected)
    assert world.fetch(way, "/large/clean").body == clean
    lines = len(world.gateway.lines)
    world.spoil("clearpane_body")

    down = world.fetch(way, "/large/infected")
    world.gateway.said("clearpane_body.*sabotage", after=lines)
    lines = len(world.gateway.lines)
    up = world.fetch(way, f"/up/large/{way}", "-T", tmp_path / "infected.tar")
    world.gateway.said("clearpane_body.*sabotage", after=lines)

    assert down.error and not down.body, down
    assert up.error, up
    assert not any(uploaded(world, f"/up/large/{way}"))
    world.spoil("")
    assert world.fetch(way, "/large/clean").body == clean, "it does not recover"
    (tmp_path / "clean").write_bytes(clean)
    world.fetch(way, f"/up/after/{way}", "-T", tmp_path / "clean")
    assert uploaded(world, f"/up/after/{way}") == [clean]


@pytest.mark.parametrize(
    ("way", "framing"),
    [(way, framing) for way in ("http", "https") for framing in ("length", "chunks", "close")]
    + [("h2", "frames")],
)
def test_a_large_body_ends_where_its_hook_begins_to_raise(
    world: World, way: str, framing: str
) -> None:
    body = large.infected("tar", 4 * MIB)

    def pieces(head: str = "") -> Iterator[bytes]:
        yield head.encode() + body[: 2 * MIB]
        world.spoil("clearpane_body")
        yield body[2 * MIB :]

    def answer(_: Request) -> Answer:
        if framing in ("chunks", "frames"):
            return Answer(body=pieces())
        length = f"Content-Length: {len(body)}" if framing == "length" else "Connection: close"
        return Answer(raw=pieces(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n"))

    for origin in (world.plain, world.tls):
        origin.contents.routes["/midway"] = answer
    lines = len(world.gateway.lines)
    reply = world.fetch(way, "/midway")
    assert reply.error and len(reply.body) < len(body) and body.startswith(reply.body), reply
    world.gateway.said("clearpane_body.*sabotage", after=lines)
    world.spoil("")
    assert world.fetch(way, "/page?after").status == 200, "it does not recover"


@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_message_of_a_websocket_does_not_pass_while_its_hook_raises(
    world: World, zoo: Zoo, direction: str, deflate: bool
) -> None:
    messages = {"clean": b"clean", "virus": bodies.EICAR}

    def exchange(client: Client, name: str) -> bytes | None:
        return client.ask(name) if direction == "down" else client.give(messages[name])

    expected = b"clean" if direction == "down" else b"taken"
    with Server(zoo.leaf(HOST), messages) as server:
        with Tunnel(world.gateway, server.port) as tunnel:
            tunnel.start_tls(HOST)
            client = Client(tunnel, HOST, deflate=deflate)
            assert exchange(client, "clean") == expected
            lines = len(world.gateway.lines)
            world.spoil("websocket_message")
            assert exchange(client, "virus") is None
            world.gateway.said("websocket_message.*sabotage", after=lines)
        assert bodies.EICAR not in server.received
        world.spoil("")
        with Tunnel(world.gateway, server.port) as tunnel:
            tunnel.start_tls(HOST)
            assert exchange(Client(tunnel, HOST, deflate=deflate), "clean") == expected


def letter(attachment: bytes) -> bytes:
    message = EmailMessage()
    message.set_content("see the attachment")
    message.add_attachment(attachment, maintype="application", subtype="x-com", filename="a.com")
    return message.as_bytes().replace(b"\n", b"\r\n")


def delivered(world: World, zoo: Zoo, deed: str, mail: bytes) -> list[bytes]:
    """The mails that came whole at whoever was to get them."""
    application, act, _ = DEEDS[deed]
    box, got = Mailbox(mail), b""
    with (
        mailboxes.server(application, zoo.leaf(HOST), box) as server,
        contextlib.suppress(*speaking.GONE),
        speaking.inside(world.gateway, server.port, HOST) as (session, _),
    ):
        got = act(session, mail)
    return box.received or [got] * bool(got)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_mail_does_not_pass_while_its_hook_raises(world: World, zoo: Zoo, deed: str) -> None:
    """As shipped an infected mail is recorded and passes, so an uninspected one tells."""
    clean, infected = letter(b"clean"), letter(bodies.EICAR)
    assert delivered(world, zoo, deed, clean) == [clean]
    lines = len(world.gateway.lines)
    world.spoil("clearpane_chunk")
    assert not delivered(world, zoo, deed, infected)
    world.gateway.said("clearpane_chunk.*sabotage", after=lines)
    world.spoil("")
    assert delivered(world, zoo, deed, clean) == [clean], "it does not recover"


def test_a_mail_is_not_fetched_once_its_hook_raises(world: World, zoo: Zoo) -> None:
    box = Mailbox(letter(bodies.EICAR))
    with (
        mailboxes.server("pop3", zoo.leaf(HOST), box) as server,
        speaking.inside(world.gateway, server.port, HOST) as (session, _),
    ):
        client = speaking.PopClient(session)
        client.user("ann")
        world.spoil("clearpane_chunk")
        with pytest.raises(speaking.GONE):
            client.retr(1)
    assert b"RETR" not in box.heard


def test_a_mail_is_not_sent_once_its_hook_raises(world: World, zoo: Zoo) -> None:
    box, mail = Mailbox(), letter(bodies.EICAR)
    with (
        mailboxes.server("smtp", zoo.leaf(HOST), box) as server,
        speaking.inside(world.gateway, server.port, HOST) as (session, _),
        pytest.raises(speaking.GONE),
        speaking.SmtpClient(session) as client,
    ):
        client.ehlo()
        client.mail("ann@zoo.test")
        client.rcpt("bob@zoo.test")
        assert client.docmd("DATA")[0] == 354
        world.spoil("clearpane_chunk")
        client.send(mail + b"\r\n.\r\n")
        client.getreply()
    assert b"DATA" in box.heard and not box.received


# A full disk


def _full_disk(folder: Path, zoo: Zoo, on_log_failure: str) -> Site:
    """Each record file is one that has no room (full(4))."""
    site = Site(folder, settings={"on-log-failure": on_log_failure}, roots=[zoo.root])
    (site.state / "log").mkdir(parents=True, mode=0o700)
    for kind in ("threat", "traffic", "decryption"):
        site.log(kind).symlink_to("/dev/full")
    return site


@pytest.mark.parametrize("command", ["block", "continue"])
def test_a_full_disk(folder: Path, zoo: Zoo, command: str) -> None:
    site = _full_disk(folder / f"full-{command}", zoo, command)
    with Origin() as plain, Gateway(site) as gateway:
        url = f"http://127.0.0.1:{plain.port}/page"
        virus = f"http://127.0.0.1:{plain.port}/files/eicar.com"
        clients.curl(gateway, url)
        gateway.said("(?i)no space left|disk|could not be written|lost")
        if command == "block":
            reply = until(
                lambda: reply if (reply := clients.curl(gateway, url)).body != PAGE else None,
                "new sessions are stopped",
            )
            assert reply.error or reply.status >= 400
        else:
            assert clients.curl(gateway, url).body == PAGE
        assert bodies.EICAR not in clients.curl(gateway, virus).body
        for kind in ("threat", "traffic", "decryption"):
            site.log(kind).unlink()
        gateway.reload()
        until(lambda: clients.curl(gateway, url).body == PAGE, "sessions go on after the cure")
        until(lambda: site.records("traffic"), "records are written again")


def test_a_capture_that_cannot_be_written_stops_no_verdict(folder: Path, zoo: Zoo) -> None:
    site = Site(folder / "no-captures", roots=[zoo.root])
    with Origin() as plain, Gateway(site) as gateway:
        captures = site.state / "pcap"
        if captures.exists():
            captures.rmdir()
        captures.write_text("in the way")
        reply = clients.curl(gateway, f"http://127.0.0.1:{plain.port}/files/eicar.com")
        assert reply.status == 403
        site.record("threat", sport=reply.port)
        gateway.said("pcap")
