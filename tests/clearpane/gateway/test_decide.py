"""Which layer follows a client's first bytes, and what the session says then."""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mitmproxy import exceptions
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import HttpLayer, ServerTLSLayer

from chains import Party, Spec, issue
from clearpane.gateway.decide import MAX_HELLO, MAX_SEGMENTS, Decide, _maybe_tls, _speaks_http
from clearpane.gateway.layers import ClientTLS, Closed, PassThrough, ServerFirst, Watched
from clearpane.rulebase.decision import Action
from clearpane.sessions.newcomers import Newcomers
from damage import damaged
from gateways import SERVER, Gateway, Origin, TlsClient, TlsOrigin, Wire, request, until

ALL = "rules: [{name: all, action: decrypt}]"
NONE = "rules: []"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", False, id="nothing yet"),
        pytest.param(b"\x16", True, id="a handshake's first byte"),
        pytest.param(b"\x16\x03", True, id="two bytes of a record"),
        pytest.param(b"\x16\x03\x00", True, id="SSL 3"),
        pytest.param(b"\x16\x03\x01\x02\x00", True, id="what clients send"),
        pytest.param(b"\x16\x03\x04", True, id="the highest version that a record may say"),
        pytest.param(b"\x16\x03\x05", False, id="a version that there is not"),
        pytest.param(b"\x16\x02\x00", False, id="another major version"),
        pytest.param(b"\x17\x03\x03", False, id="application data"),
        pytest.param(b"GET / HTTP/1.1", False, id="HTTP"),
        pytest.param(b"\x80\x2e\x01\x03\x01", False, id="a hello of SSL 2"),
    ],
)
def test_maybe_tls(data: bytes, expected: bool) -> None:
    assert _maybe_tls(data) is expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n", True, id="a request line"),
        pytest.param(b"get / HTTP/1.1\r\n", True, id="a method in lower case"),
        pytest.param(b"PRI * HTTP/2.0\r\n", True, id="the preface of HTTP/2"),
        pytest.param(b"VERSION-CONTROL /a HTTP/1.1\r\n", True, id="a method with a hyphen"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9 x\r\n", False, id="SSH"),
        pytest.param(b"GET\n/ HTTP/1.1", False, id="no blank in the first line"),
        pytest.param(b"\0\0\0\x10", False, id="binary"),
        pytest.param(b"a1 LOGIN x\r\n", False, id="IMAP"),
    ],
)
def test_speaks_http(data: bytes, expected: bool) -> None:
    assert _speaks_http(data) is expected


def asked(
    gateway: Gateway,
    said: bytes = b"",
    *,
    greeting: bytes = b"",
    mode: str = "transparent@8080",
    address: tuple[str, int] | None = SERVER,
    known: bool = True,
    protocol: str = "tcp",
) -> layer.NextLayer:
    """mitmproxy's question after these bytes of the client and of the server."""
    client = gateway.client(mode)
    client.transport_protocol = protocol  # type: ignore[assignment]
    if known:
        gateway.open(client)
    context = Context(client, gateway.master.options)
    context.server.address = context.server.peername = address
    question = layer.NextLayer(context)
    question.events = [events.Start()]
    for side, data in ((context.server, greeting), (client, said)):
        if data:
            question.events.append(events.DataReceived(side, data))
    return question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param({"said": b"GET / HTTP/1.1\r\n"}, HttpLayer, id="HTTP is inspected"),
        pytest.param({"said": b"\0\x01"}, Watched, id="what is unknown is named as it goes"),
        pytest.param({"said": b"SSH-2.0-x y\r\n"}, Watched, id="and so is SSH"),
        pytest.param({"greeting": b"220 hi\r\n"}, ServerFirst, id="the server speaks first"),
        pytest.param({"said": b"\x16\x03\x01\0\0"}, Closed, id="an empty record is no hello"),
        pytest.param({"said": b"GET / HTTP", "known": False}, Closed, id="an unknown client"),
        pytest.param({"said": b"q", "protocol": "udp"}, Closed, id="QUIC is closed"),
        pytest.param(
            {"protocol": "udp", "address": ("198.51.100.7", 53)}, type(None), id="DNS is stock's"
        ),
        pytest.param(
            {"protocol": "udp", "mode": "dns@53", "address": None}, type(None), id="DNS by its mode"
        ),
        pytest.param(
            {"protocol": "udp", "address": None}, Closed, id="a datagram to nobody is closed"
        ),
        pytest.param(
            {"said": b"CONNECT a:443 HTTP/1.1\r\n", "address": None},
            type(None),
            id="who asks a proxy is stock's",
        ),
        pytest.param(
            {"said": b"GET / HTTP/1.1\r\n", "mode": "reverse:https://a.test@8080"},
            type(None),
            id="stock knows whether a reverse target wants TLS",
        ),
    ],
)
async def test_which_layer(gateway: Gateway, question: dict, expected: type) -> None:  # type: ignore[type-arg]
    next_layer = asked(gateway, **question)
    await gateway.decide.next_layer(next_layer)
    assert type(next_layer.layer) is expected


@pytest.mark.parametrize(
    "question",
    [
        pytest.param({}, id="nobody has said anything"),
        pytest.param({"said": b"GE"}, id="a request line may become of it"),
        pytest.param({"said": b"\x16"}, id="a record may become of it"),
        pytest.param({"said": b"\x16\x03\x01\x00\x40\x01"}, id="a hello may become of it"),
        pytest.param(
            {"said": b"\x16\x03", "address": None}, id="TLS to the proxy may become of it"
        ),
    ],
)
async def test_more_is_waited_for(gateway: Gateway, question: dict) -> None:  # type: ignore[type-arg]
    next_layer = asked(gateway, **question)
    with pytest.raises(exceptions.AddonHalt):
        await gateway.decide.next_layer(next_layer)
    assert next_layer.layer is None


async def test_a_layer_that_is_chosen_already_stays(gateway: Gateway) -> None:
    next_layer = asked(gateway, b"GET / HTTP/1.1\r\n")
    chosen = next_layer.layer = PassThrough(next_layer.context, shown=False)
    await gateway.decide.next_layer(next_layer)
    assert next_layer.layer is chosen


@pytest.mark.parametrize("at", [1, 2, 5, 60])
async def test_a_hello_in_two_pieces_is_decided_once(gateway: Gateway, at: int) -> None:
    gateway.apply(decryption=NONE)
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    hello = TlsClient("www.test").hello()
    await wire.say(hello[:at])
    assert wire.live.decision is None
    assert wire.live.timer
    assert wire.received == b""
    await wire.say(hello[at:])
    assert wire.live.session.reasons == ["no-rule"]
    assert wire.live.timer is None
    assert wire.received == hello
    assert gateway.core.sessions.counters["action no-decrypt"] == 1


async def test_no_decrypt_passes_untouched(gateway: Gateway) -> None:
    gateway.apply(decryption=NONE)
    wire = await Wire(gateway, lambda: Origin(lambda _: b"server hello")).start()
    hello = TlsClient("www.test").hello()
    assert await wire.ask(hello) == b"server hello"
    assert wire.received == hello
    session = wire.live.session
    assert (session.sni, session.app, session.tls) == ("www.test", "ssl", True)
    assert (session.destination, session.port) == SERVER
    assert (session.from_zone, session.to_zone) == ("trust", "untrust")


async def test_a_category_of_the_shipped_rules_is_not_decrypted(gateway: Gateway) -> None:
    gateway.site.write("categories/custom-no-decrypt.txt", "bank.test\n")
    gateway.apply()
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    await wire.say(TlsClient("www.bank.test").hello())
    assert wire.live.decision
    assert wire.live.decision.rule == "no-decrypt-private"
    assert wire.live.decision.category == "custom-no-decrypt"
    assert not wire.live.session.decrypted


async def test_decrypt_puts_both_tls_layers(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: TlsOrigin(issue(root, Spec()))).start()
    await wire.say(TlsClient("www.test").hello())
    assert wire.live.decision and wire.live.decision.action is Action.DECRYPT
    assert [type(each) for each in wire.context.layers[1:3]] == [ServerTLSLayer, ClientTLS]


def with_name(hello: bytes, name: bytes) -> bytes:
    """Another server name of the same length."""
    assert hello.count(b"www.test") == 1
    return hello.replace(b"www.test", name)


async def test_a_server_name_that_is_none_is_closed(gateway: Gateway) -> None:
    wire = await Wire(gateway).start()
    await wire.say(with_name(TlsClient("www.test").hello(), b'w"w\n.tst'))
    assert wire.client in wire.closed
    assert wire.received == b""
    assert wire.live.session.reasons == ["invalid-server-name"]
    assert wire.live.session.sni == 'w"w\n.tst'
    assert wire.live.session.blocked


async def test_a_hello_without_end_is_closed(gateway: Gateway) -> None:
    wire = await Wire(gateway).start()
    record = b"\x16\x03\x01\x40\x00"
    await wire.say(record + b"\x01\xff\xff\xff" + bytes(0x4000 - 4))
    assert not wire.closed
    await wire.say((record + bytes(0x4000)) * (MAX_HELLO // 0x4000))
    assert wire.client in wire.closed
    assert wire.live.session.reasons == ["not-tls"]
    assert wire.live.timer is None


async def test_a_hello_in_endless_small_segments_ends(gateway: Gateway) -> None:
    wire = await Wire(gateway).start()
    hello = b"\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb" + bytes(MAX_SEGMENTS)
    for octet in hello:
        await wire.say(bytes((octet,)))
        if wire.live.session.reasons:
            break
    assert wire.live.session.reasons == ["not-tls"]
    assert wire.client in wire.closed


async def test_a_hello_that_does_not_come_to_an_end_in_time(gateway: Gateway) -> None:
    gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 0.1")
    wire = await Wire(gateway).start()
    await wire.say(b"\x16\x03\x01")
    await until(lambda: wire.live.session.blocked)
    assert wire.live.session.reasons == ["handshake-timeout"]
    assert wire.live.session.tls


async def test_what_the_server_says_first_reaches_the_client(gateway: Gateway) -> None:
    gateway.apply(decryption=NONE)
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    await wire.feed(events.DataReceived(wire.context.server, b"* OK ready\r\n"))
    assert wire.heard() == b"* OK ready\r\n"
    await wire.say(b"a1 LOGIN alice secret\r\n")
    assert wire.received == b"a1 LOGIN alice secret\r\n"
    assert (wire.live.session.app, wire.live.session.reasons) == ("imap", ["not-tls"])


async def test_a_hello_after_the_servers_greeting_is_decided(gateway: Gateway) -> None:
    gateway.apply(decryption=NONE)
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    await wire.feed(events.DataReceived(wire.context.server, b"220 go ahead\r\n"))
    await wire.say(TlsClient("www.test").hello())
    assert wire.live.session.reasons == ["no-rule"]
    assert wire.live.session.sni == "www.test"


@pytest.mark.parametrize("line", [b"EHLO client.test\r\n", b"USER alice\r\n", b"NICK alice\r\n"])
async def test_lines_of_protocols_in_which_the_server_greets_are_no_requests(
    gateway: Gateway, line: bytes
) -> None:
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    await wire.feed(events.DataReceived(wire.context.server, b"220 mail.test\r\n"))
    await wire.say(line)
    assert wire.received == line


async def test_http_inside_tls_is_inspected(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: TlsOrigin(issue(root, Spec()))).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    assert (await client.ask(wire, request())).endswith(b"hello")
    assert wire.live.session.app == "web-browsing"


async def test_what_no_decoder_knows_is_recorded_and_passes(gateway: Gateway, root: Party) -> None:
    def origin() -> TlsOrigin:
        return TlsOrigin(issue(root, Spec()), answer=lambda data: data[::-1], alpn=b"other")

    wire = await Wire(gateway, origin).start()
    client = TlsClient("www.test", alpn="other")
    await client.shake_hands(wire)
    assert await client.ask(wire, b"\0\x01\x02") == b"\x02\x01\0"
    assert wire.live.session.app == "unknown-tcp"
    (record,) = gateway.records("threat")
    assert (record["threatid"], record["reason"]) == ("Unscanned(0)", ["unscanned-protocol"])


@cache
def sound() -> tuple[bytes, ...]:
    """Hellos of clients; they need the files of a site."""
    kinds = (("www.test", ""), ("", ""), ("192.0.2.1", "AES128-SHA"))
    endless = b"\x16\x03\x01\x40\0\x01\xff\xff\xff" + bytes(16_380) + b"\x16\x03\x01\x40\0"
    hellos = (TlsClient(name, ciphers=ciphers).hello() for name, ciphers in kinds)
    return (*hellos, endless + bytes(16_384))


CHOSEN = (Closed, PassThrough, ServerTLSLayer, HttpLayer)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.deferred(lambda: damaged(*sound())))
async def test_whatever_a_client_says_a_layer_is_chosen_or_more_is_waited_for(
    gateway: Gateway, data: bytes
) -> None:
    """Behind the boundary that would hide what is raised; nothing that is over the limit waits."""
    gateway.core.newcomers = Newcomers()
    next_layer = asked(gateway, data)
    live = gateway.core.of(next_layer.context.client)
    assert live
    try:
        await Decide.next_layer.__wrapped__(gateway.decide, next_layer)  # type: ignore[attr-defined]
    except exceptions.AddonHalt:
        assert next_layer.layer is None and len(data) <= MAX_HELLO
    else:
        assert isinstance(next_layer.layer, CHOSEN)
        assert live.timer is None
