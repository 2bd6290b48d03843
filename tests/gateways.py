"""A gateway without sockets: its addons in a real master, and connections moved byte by byte.

`Gateway` holds the policy of a site; `Wire` is one client connection whose layers are driven as
mitmproxy's own connection handler drives them; `Origin` and `TlsOrigin` answer for servers.
"""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509
from h2 import events as h2_events
from h2.config import H2Configuration
from h2.connection import H2Connection
from mitmproxy import connection, http, options
from mitmproxy.master import Master
from mitmproxy.proxy import commands, events, layer, mode_specs, server_hooks
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import modes
from mitmproxy.proxy.server import ConnectionHandler, ConnectionIO
from mitmproxy.tools.dump import DumpMaster
from mitmproxy.utils import asyncio_utils
from OpenSSL import SSL

from chains import NOW, Party
from clearpane.antivirus.pool import Pool
from clearpane.antivirus.scanner import Scanner
from clearpane.content.data_patterns import PREDEFINED, DataPatterns
from clearpane.content.inspection import Inspection
from clearpane.gateway.access import Access
from clearpane.gateway.answers import Asking
from clearpane.gateway.bodies import Bodies
from clearpane.gateway.connections import Connections
from clearpane.gateway.core import Core
from clearpane.gateway.decide import Decide
from clearpane.gateway.force import Force, put_in_force
from clearpane.gateway.http import Http
from clearpane.gateway.live import Live
from clearpane.gateway.mails import Mails
from clearpane.gateway.outcomes import Outcomes
from clearpane.gateway.reporter import Reporter
from clearpane.gateway.streams import Streams
from clearpane.gateway.tls import Tls
from sites import Site

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD" + b"-ANTIVIRUS-TEST-FILE!$H+H*"
CLIENT, SERVER = ("127.0.0.1", 50_000), ("198.51.100.7", 443)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"

type Answer = Callable[[bytes], bytes]


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Returns as soon as the condition holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def ok(body: bytes) -> bytes:
    return OK % (len(body), body)


def request(path: str = "/", host: str = "www.test", *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode()


class SiteNow(Site):
    """A site at the time of the clock, as the gateway sees it."""

    now = NOW


class Gateway:
    """A Core under the policy of a site, with the addons in the chain of a master."""

    def __init__(self, master: Master, site: Site, before: Force, executor: Executor) -> None:
        self.master, self.site, self.executor = master, site, executor
        self.said: list[str] = []
        self._pools: list[Pool] = []
        self.core = Core()
        self.core.begin(before, Reporter(Path("var"), self.said.append))
        self.asking = Asking(self.core)
        self.bodies = Bodies(self.core, Outcomes(self.core, self.asking))
        self.access = Access(self.core, self.asking)
        self.http = Http(self.core, self.access, self.asking, self.bodies)
        self.tls, self.decide = Tls(self.core), Decide(self.core)
        self.connections = Connections(self.core)
        self.streams = Streams(self.core, Mails(self.core))
        place = master.addons.chain.index(master.addons.get("scriptloader"))
        addons = (
            self.connections, self.decide, self.tls, self.http, self.bodies, self.streams
        )  # fmt: skip
        for addon in reversed(addons):
            master.addons.chain.insert(place, master.addons.register(addon))

    def apply(self, **files: str) -> Force:
        """The policy in force, after changes of files of rules/ (`decryption="..."`)."""
        for name, text in files.items():
            self.site.write(f"{name}.yaml", text)
        before = self.core.force
        policy = self.site.load(before.policy)
        self.core.force = put_in_force(policy, self.executor, before)
        if self.core.force.pool is not before.pool:
            self._pools.append(self.core.force.pool)
        return self.core.force

    def close(self) -> None:
        """Everything that was opened; who made the first policy ends that one's processes."""
        self.core.close_all()
        self.core.reporter.close()
        for pool in self._pools:
            pool.close()

    def edit(self, name: str, old: str, new: str) -> Force:
        """The policy in force, after a change of one shipped file of rules/."""
        text = (self.site.rules / f"{name}.yaml").read_text(encoding="utf-8")
        assert old in text
        return self.apply(**{name: text.replace(old, new)})

    def find(self, marker: str) -> None:
        """From now on content with these words is a threat, wherever they stand in it."""
        rule = f'rule marker {{ strings: $a = "{marker}" condition: $a }}'
        self.site.write("threats/marker.yar", rule)
        self.apply()

    def hold(self, limit: str) -> None:
        """From now on bodies beyond this size are passed on while they are inspected."""
        self.edit("settings", "hold-limit: 512KiB", f"hold-limit: {limit}")

    def filter(self, action: str, *sites: str) -> None:
        """From now on these sites are in the category `games`, which is answered like this."""
        self.site.write("categories/games.txt", "\n".join([*sites, ""]))
        line = f"url-filtering: {{default: {{{action}: [games]}}}}"
        self.edit("profiles", "url-filtering: {}", line)

    def password(self, text: str) -> None:
        """From now on this opens what is under `override`."""
        self.site.write("override.txt", f"{text}\n").chmod(0o600)
        settings = (self.site.rules / "settings.yaml").read_text(encoding="utf-8")
        self.apply(settings=f"{settings}\nurl-admin-override: {{password-file: override.txt}}\n")

    def slow_down(self) -> asyncio.Event:
        """From now on bodies that are passed on are scanned once the event is set: where data
        patterns are looked for, nothing is done at once."""
        force, go_on = self.core.force, asyncio.Event()

        async def run(work: Callable[[], Inspection]) -> Inspection:
            await go_on.wait()
            return work()

        patterns = DataPatterns([], PREDEFINED)
        scanner = Scanner(run, force.pool, force.policy.embedded, patterns=patterns)
        self.core.force = replace(force, scanner=scanner)
        return go_on

    def client(self, mode: str = "regular@8080") -> connection.Client:
        return connection.Client(
            peername=CLIENT,
            sockname=("127.0.0.1", 8080),
            proxy_mode=mode_specs.ProxyMode.parse(mode),
            state=connection.ConnectionState.OPEN,
        )

    def open(self, client: connection.Client | None = None) -> tuple[connection.Client, Live]:
        """A connection that nothing is known of yet."""
        client = client or self.client()
        return client, self.core.open(client.id, client, None)

    @asynccontextmanager
    async def listening(self, *modes: str) -> AsyncIterator[int]:
        """mitmproxy's own server on loopback; its port. Ends when all connections have."""
        self.master.options.update(mode=list(modes), listen_host="127.0.0.1")
        server = self.master.addons.get("proxyserver")
        with asyncio_utils.set_eager_task_factory():  # as `Master.run` does
            assert await server.setup_servers()
            try:
                yield server.listen_addrs()[0][1]
                await until(lambda: not server.connections)
            finally:
                await server.servers.update([])

    def records(self, kind: str) -> list[dict[str, object]]:
        """What was recorded; nothing more is written afterwards."""
        self.core.reporter.close()
        lines = Path(f"var/log/{kind}.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def new_master(own_authority: Path) -> DumpMaster:
    """Within a running loop; the folder is for mitmproxy's own authority, which nobody shows."""
    opts = options.Options(confdir=str(own_authority))
    master = DumpMaster(opts, with_termlog=False, with_dumper=False)
    master.addons.get("tlsconfig").running()
    return master


async def end_master(master: Master) -> None:
    await master.done()
    master.addons.get("errorcheck").finish()


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[int]:
    """A server on loopback that answers each piece; its port. It closes when the client does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(answer(data))
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def connected(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client on loopback."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@dataclass
class Origin:
    """A server in plain text: each piece that it is sent has an answer."""

    answer: Answer = lambda data: ok(b"hello")
    received: bytearray = field(default_factory=bytearray)

    def receive(self, data: bytes) -> bytes:
        self.received += data
        return self.answer(data)


class TlsOrigin(Origin):
    """A TLS server that sends these certificates."""

    def __init__(
        self, served: Party, *chain: Party, answer: Answer = lambda data: ok(b"hello"),
        alpn: bytes = b"http/1.1", asks: int = SSL.VERIFY_NONE, newest: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(answer)
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_verify(asks, lambda *_: True)
        context.set_max_proto_version(newest)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        context.use_certificate(x509.load_der_x509_certificate(served.der))
        context.use_privatekey(served.key)
        for party in chain:
            context.add_extra_chain_cert(x509.load_der_x509_certificate(party.der))
        context.set_alpn_select_callback(
            lambda _, offers: alpn if alpn in offers else SSL.NO_OVERLAPPING_PROTOCOLS
        )
        self.tls = SSL.Connection(context)
        self.tls.set_accept_state()

    def receive(self, data: bytes) -> bytes:
        self.tls.bio_write(data)
        try:
            if plain := self.tls.recv(1 << 16):
                self.received += plain
                self.tls.sendall(self.answer(plain))
        except SSL.Error:  # more is wanted, or an alert came
            pass
        try:
            return self.tls.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""


class TlsClient:
    """A client that trusts Forward Trust and nobody else."""

    def __init__(
        self,
        name: str,
        *,
        alpn: str = "http/1.1",
        checks: bool = True,
        ciphers: str = "",
        trusts: str = "ca/forward-trust.crt",
    ) -> None:
        context = ssl.create_default_context(cafile=trusts)
        if ciphers:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(ciphers)
        if not checks:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols([alpn])
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name or None)

    def hello(self) -> bytes:
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self._out.read()

    async def shake_hands(self, wire: "Wire") -> None:
        """Raises what the handshake raises, after the wire was told."""
        for _ in range(6):
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                await wire.say(self._out.read())
                raise
            else:
                await wire.say(self._out.read())
                return
            await wire.say(self._out.read())
            self._in.write(wire.heard())
        raise AssertionError("the handshake does not end")

    def alerts(self) -> bytes:
        """The fatal alert that a record of rubbish provokes, as it is sent."""
        self._in.write(b"\x17\x03\x03\x00\x20" + bytes(32))
        with suppress(ssl.SSLError):
            self.tls.read(1)
        return self._out.read()

    async def ask(self, wire: "Wire", data: bytes) -> bytes:
        """What is answered to these bytes."""
        self.tls.write(data)
        await wire.say(self._out.read())
        self._in.write(wire.heard())
        answer = b""
        try:
            while piece := self.tls.read(1 << 16):
                answer += piece
        except ssl.SSLError:
            pass
        return answer


@dataclass
class Http2Stream:
    """What was answered to one request."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ended: bool = False
    reset: bool = False


class Http2Client:
    """A client of HTTP/2 without TLS."""

    def __init__(self) -> None:
        self._h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._streams: dict[int, Http2Stream] = {}

    async def get(
        self, wire: "Wire", path: str, *headers: tuple[str, str], host: str = "www.test"
    ) -> Http2Stream:
        """Asks, and hears all that is said at once."""
        number = self._h2.get_next_available_stream_id()
        stream = self._streams[number] = Http2Stream()
        about = [(":method", "GET"), (":scheme", "http"), (":authority", host), (":path", path)]
        self._h2.send_headers(number, [*about, *headers], end_stream=True)
        await self.hear(wire)
        return stream

    async def hear(self, wire: "Wire") -> None:
        while data := self._h2.data_to_send():
            await wire.say(data)
            self._take(wire.heard())
        self._take(wire.heard())
        if data := self._h2.data_to_send():
            await wire.say(data)
            await self.hear(wire)

    def _take(self, data: bytes) -> None:
        for event in self._h2.receive_data(data):
            stream = self._streams.get(getattr(event, "stream_id", None) or 0)
            match event:
                case h2_events.ResponseReceived() if stream:
                    stream.headers = dict(event.headers)  # type: ignore[arg-type]
                case h2_events.DataReceived() if stream:
                    stream.body += event.data
                    self._h2.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                case h2_events.StreamEnded() if stream:
                    stream.ended = True
                case h2_events.StreamReset() if stream:
                    stream.reset = True


_TOP: dict[str, type[layer.Layer]] = {
    "regular": modes.HttpProxy,
    "transparent": modes.TransparentProxy,
    "reverse": modes.ReverseProxy,
    "socks5": modes.Socks5Proxy,
}


class _Handler(ConnectionHandler):
    """What the gateway asks to close a connection."""

    def __init__(self, context: Context, close: Callable[[connection.Connection], None]) -> None:
        super().__init__(context)
        self._close = close

    def close_connection(self, connection: connection.Connection, half_close: bool = False) -> None:
        self._close(connection)

    async def handle_hook(self, hook: commands.StartHook) -> None:
        raise AssertionError("the wire calls hooks itself")


class Wire:
    """One client connection; what its layers command is carried out in memory.

    `origin` is asked for whoever stands at a server's address; a text is why nobody can be reached.
    """

    def __init__(
        self,
        gateway: Gateway,
        origin: Callable[[], Origin | str] = Origin,
        *,
        mode: str = "transparent@8080",
        address: tuple[str, int] | None = SERVER,
        apart: bool = False,
    ) -> None:
        """`apart`: hooks that take time run beside the wire, as they do in mitmproxy; else all that
        follows from what is said has happened when `say` returns."""
        self.gateway = gateway
        self.client, self.live = gateway.open(gateway.client(mode))
        self.context = Context(self.client, gateway.master.options)
        self.context.server.address = address
        self.layer = _TOP[self.client.proxy_mode.type_name](self.context)
        self.live.handler = self._handler = _Handler(self.context, self._close)
        self.origins: dict[connection.Connection, Origin] = {}
        self.closed: list[connection.Connection] = []
        self.hooks: list[str] = []
        self.flows: list[http.HTTPFlow] = []
        self._origin = origin
        self._heard = bytearray()
        self._queue: deque[events.Event] = deque()
        self._apart = apart
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> "Wire":
        await self.feed(events.Start())
        return self

    async def say(self, data: bytes) -> None:
        """The client sends this."""
        if data:
            await self.feed(events.DataReceived(self.client, data))

    def heard(self) -> bytes:
        """What the client was sent since it was asked last."""
        data = bytes(self._heard)
        self._heard.clear()
        return data

    async def ask(self, data: bytes) -> bytes:
        await self.say(data)
        return self.heard()

    async def serve(self, data: bytes) -> bytes:
        """A server in plain text sends this; what the client hears of it."""
        await self.feed(events.DataReceived(self.context.server, data))
        return self.heard()

    @property
    def busy(self) -> bool:
        """Whether a hook is under way beside the wire."""
        return bool(self._tasks)

    async def leave(self, side: connection.Connection) -> None:
        """One side closes its connection."""
        side.state &= ~connection.ConnectionState.CAN_READ
        await self.feed(events.ConnectionClosed(side))

    async def feed(self, event: events.Event) -> None:
        self._queue.append(event)
        await self.catch_up()

    async def catch_up(self) -> None:
        """With what happened beside the layers, as a timer's end."""
        while self._queue:
            for command in self.layer.handle_event(self._queue.popleft()):
                await self._obey(command)

    @property
    def received(self) -> bytes:
        """All that servers were sent, in plain text."""
        return b"".join(bytes(origin.received) for origin in self.origins.values())

    async def _obey(self, command: commands.Command) -> None:
        match command:
            case commands.StartHook() if self._apart:
                task = asyncio.create_task(self._call_apart(command))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case commands.StartHook():
                await self._call(command)
                if command.blocking:
                    self._queue.append(events.HookCompleted(command))
            case commands.OpenConnection():
                await self._open(command)
            case commands.SendData():
                self._send(command.connection, command.data)
            case commands.CloseTcpConnection(half_close=True):
                command.connection.state &= ~connection.ConnectionState.CAN_WRITE
                self.closed.append(command.connection)
            case commands.CloseConnection():
                self._close(command.connection)

    async def _call(self, hook: commands.StartHook) -> None:
        self.hooks.append(hook.name)
        (data,) = hook.args()
        if isinstance(data, http.HTTPFlow) and data not in self.flows:
            self.flows.append(data)
        await self.gateway.master.addons.handle_lifecycle(hook)

    async def _call_apart(self, hook: commands.StartHook) -> None:
        await self._call(hook)
        if hook.blocking:
            await self.feed(events.HookCompleted(hook))

    async def _open(self, command: commands.OpenConnection) -> None:
        server = command.connection
        data = server_hooks.ServerConnectionHookData(server, self.client)
        error = self._reach(server)
        happened = (
            server_hooks.ServerConnectErrorHook if error else server_hooks.ServerConnectedHook
        )
        await self._call(happened(data))
        self._queue.append(events.OpenConnectionCompleted(command, error))

    def _reach(self, server: connection.Server) -> str | None:
        origin = self._origin()
        if isinstance(origin, str):
            server.error = origin
            return origin
        self.origins[server] = origin
        self._handler.transports[server] = ConnectionIO(reader=asyncio.StreamReader())
        server.state = connection.ConnectionState.OPEN
        assert server.address
        server.peername, server.timestamp_start = (SERVER[0], server.address[1]), 1.0
        return None

    def _send(self, side: connection.Connection, data: bytes) -> None:
        if side in self.closed or side.state is connection.ConnectionState.CLOSED:
            return
        if side is self.client:
            self._heard += data
        elif answer := self.origins[side].receive(data):
            self._queue.append(events.DataReceived(side, answer))

    def _close(self, side: connection.Connection) -> None:
        if side.state is not connection.ConnectionState.CLOSED or side not in self.closed:
            side.state = connection.ConnectionState.CLOSED
            self.closed.append(side)
            self._queue.append(events.ConnectionClosed(side))
