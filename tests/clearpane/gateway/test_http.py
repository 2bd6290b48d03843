"""HTTP exchanges through the real layers: which requests go on, and what becomes of bodies."""

import gzip

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from chains import DAY, NOW, Party, Spec, issue, san
from gateways import EICAR, Gateway, Origin, TlsClient, TlsOrigin, Wire, ok, request

WEB = ("198.51.100.7", 80)
BANK = "bank.test"


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /up/load.bin HTTP/1.1", "Host: www.test", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def says(answer: bytes) -> Origin:
    return Origin(lambda _: answer)


async def plain(gateway: Gateway, answer: bytes = ok(b"hello")) -> Wire:
    return await Wire(gateway, lambda: says(answer), address=WEB).start()


async def through_tls(
    gateway: Gateway, root: Party, answer: bytes = ok(b"hello"), spec: Spec | None = None
) -> tuple[Wire, TlsClient]:
    served = issue(root, spec or Spec())
    wire = await Wire(gateway, lambda: TlsOrigin(served, answer=lambda _: answer)).start()
    client = TlsClient("www.test", checks=spec is None)
    await client.shake_hands(wire)
    return wire, client


def action(gateway: Gateway, name: str) -> None:
    gateway.edit("profiles", "http: {action: reset-both}", f"http: {{action: {name}}}")


class TestClean:
    async def test_a_page_goes_through(self, gateway: Gateway) -> None:
        wire = await plain(gateway)
        assert await wire.ask(request("/a")) == ok(b"hello")
        assert wire.received == request("/a")
        assert wire.live.session.app == "web-browsing"
        assert (wire.live.session.host, wire.live.session.port) == ("www.test", 80)
        assert gateway.records("threat") == []

    async def test_an_upload_goes_through(self, gateway: Gateway) -> None:
        wire = await plain(gateway)
        assert await wire.ask(post(b"harmless")) == ok(b"hello")
        assert wire.received == post(b"harmless")

    async def test_nothing_stays_held(self, gateway: Gateway) -> None:
        wire = await plain(gateway, ok(b"x" * 70_000))
        await wire.say(request())
        assert gateway.core.held == 0
        assert wire.live.pages == {}

    @pytest.mark.parametrize(
        ("allowed", "expected"), [pytest.param(False, 0), pytest.param(True, 2)]
    )
    async def test_parts_are_asked_for_only_where_that_is_allowed(
        self, gateway: Gateway, allowed: bool, expected: int
    ) -> None:
        if allowed:
            action = "on-unscanned: block\n    allow-http-partial-response: true"
            gateway.edit("profiles", "on-unscanned: block", action)
        wire = await plain(gateway)
        await wire.say(request("/", "www.test", "Range: bytes=5-", 'If-Range: "x"'))
        assert wire.received.lower().count(b"range: ") == expected


class TestVirus:
    async def test_a_download_is_a_page_and_a_record(self, gateway: Gateway, root: Party) -> None:
        wire, client = await through_tls(gateway, root, ok(EICAR))
        answer = await client.ask(wire, request("/a/eicar.com", "www.test", "Accept: text/html"))
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert EICAR not in answer
        assert b"Eicar Test File(100000)" in answer
        assert wire.live.session.end_reason == "threat"
        assert wire.flows[0].marked == ":biohazard:"
        (record,) = gateway.records("threat")
        assert record["threatid"] == "Eicar Test File(100000)"
        assert record["direction"] == "server-to-client"
        assert record["misc"] == "eicar.com"
        assert record["decrypted"] is True
        assert record["action"] == "reset-both"
        assert record["flags"] == "0x81000000"
        assert len(str(record["filedigest"])) == 64

    async def test_an_upload_never_reaches_the_server(self, gateway: Gateway) -> None:
        wire = await plain(gateway)
        answer = await wire.ask(post(EICAR))
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert wire.received == b""
        (record,) = gateway.records("threat")
        assert (record["direction"], record["misc"]) == ("client-to-server", "load.bin")
        assert "decrypted" not in record or record["decrypted"] is False

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
                % (len(gzip.compress(EICAR)), gzip.compress(EICAR)),
                id="in a coding",
            ),
            pytest.param(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"22\r\n%s\r\n22\r\n%s\r\n0\r\n\r\n" % (EICAR[:34], EICAR[34:]),
                id="in two chunks",
            ),
            pytest.param(ok(gzip.compress(EICAR)), id="in a gzip file"),
            pytest.param(
                b"HTTP/1.1 404 Gone\r\nContent-Length: %d\r\n\r\n%s" % (len(EICAR), EICAR),
                id="in an error page",
            ),
        ],
    )
    async def test_however_it_comes(self, gateway: Gateway, answer: bytes) -> None:
        wire = await plain(gateway, answer)
        assert (await wire.ask(request())).startswith(b"HTTP/1.1 403 ")

    async def test_an_alert_passes_and_is_recorded(self, gateway: Gateway) -> None:
        action(gateway, "alert")
        wire = await plain(gateway, ok(EICAR))
        assert await wire.ask(request("/eicar.com")) == ok(EICAR)
        assert wire.flows[0].comment.startswith("virus · alert")
        assert wire.live.session.end_reason != "threat"
        (record,) = gateway.records("threat")
        assert record["action"] == "alert"

    @pytest.mark.parametrize("ask", [request("/eicar.com"), post(EICAR)])
    async def test_a_drop_kills_without_a_page(self, gateway: Gateway, ask: bytes) -> None:
        action(gateway, "drop")
        wire = await plain(gateway, ok(EICAR))
        assert await wire.ask(ask) == b""
        assert wire.client in wire.closed
        assert EICAR not in wire.received
        (record,) = gateway.records("threat")
        assert record["action"] == "drop"

    async def test_an_exception_lets_it_through(self, gateway: Gateway) -> None:
        gateway.edit(
            "profiles",
            "    packet-capture: true",
            "    exceptions: {100000: allow}\n    packet-capture: false",
        )
        wire = await plain(gateway, ok(EICAR))
        assert await wire.ask(request()) == ok(EICAR)

    async def test_json_for_who_asks_for_json(self, gateway: Gateway) -> None:
        wire = await plain(gateway, ok(EICAR))
        answer = await wire.ask(request("/", "www.test", "Accept: application/json"))
        assert b"content-type: application/json" in answer.lower()

    async def test_without_capture_there_is_no_file(self, gateway: Gateway) -> None:
        gateway.edit("profiles", "packet-capture: true", "packet-capture: false")
        wire = await plain(gateway, ok(EICAR))
        await wire.say(request())
        (record,) = gateway.records("threat")
        assert "pcap_id" not in record

    async def test_a_page_of_our_own_is_not_inspected(self, gateway: Gateway) -> None:
        rule = 'rule page { strings: $a = "<!DOCTYPE html>" condition: $a }'
        gateway.site.write("threats/page.yar", rule)
        gateway.apply()
        wire = await plain(gateway)
        assert b"<!DOCTYPE html>" in await wire.ask(post(EICAR))
        (record,) = gateway.records("threat")
        assert record["threatid"] == "Eicar Test File(100000)"


class TestUnscanned:
    @pytest.mark.parametrize("policy", ["block", "alert"])
    async def test_an_upgrade(self, gateway: Gateway, policy: str) -> None:
        gateway.edit("profiles", "on-unscanned: block", f"on-unscanned: {policy}")
        switching = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\n"
        )
        wire = await plain(gateway, switching)
        upgrade = request("/", "www.test", "Upgrade: raw", "Connection: upgrade")
        answer = await wire.ask(upgrade)
        assert answer.startswith(b"HTTP/1.1 403 " if policy == "block" else b"HTTP/1.1 101 ")
        (record,) = gateway.records("threat")
        assert record["reason"] == ["unscanned-stream"]

    async def test_a_body_that_no_engine_can_read(self, gateway: Gateway) -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: secret\r\nContent-Length: 3\r\n\r\nabc"
        wire = await plain(gateway, answer)
        assert (await wire.ask(request())).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        assert record["threatid"] == "Unscanned(0)"
        assert record["severity"] == "low"


def absolute(host: str, scheme: str = "https") -> bytes:
    return request(f"{scheme}://{host}/", host)


class TestAbsoluteForm:
    """`GET https://...` to the explicit proxy: there is no ClientHello that could be passed on."""

    async def wire(self, gateway: Gateway, root: Party) -> Wire:
        served = issue(root, Spec(extensions=(san("www.test", f"www.{BANK}"),)))
        made = Wire(gateway, lambda: TlsOrigin(served), mode="regular@8080", address=None)
        return await made.start()

    async def test_decrypt_goes_on(self, gateway: Gateway, root: Party) -> None:
        wire = await self.wire(gateway, root)
        assert (await wire.ask(absolute("www.test"))).endswith(b"hello")
        assert wire.live.decision and wire.live.decision.rule == "decrypt-outbound"
        assert wire.live.session.host == "www.test"
        assert not wire.live.session.tls

    async def test_no_decrypt_cannot_be_honoured(self, gateway: Gateway, root: Party) -> None:
        gateway.site.write("categories/custom-no-decrypt.txt", f"{BANK}\n")
        gateway.apply()
        wire = await self.wire(gateway, root)
        assert (await wire.ask(absolute(f"www.{BANK}"))).startswith(b"HTTP/1.1 503 ")
        assert wire.origins == {}
        session = wire.live.session
        assert (session.blocked, session.reasons) == (True, ["rule"])
        assert session.end_reason == "policy-deny"

    async def test_a_bad_server_is_a_page(self, gateway: Gateway) -> None:
        """The client would see no warning at all."""
        bad = issue(None, Spec())
        wire = Wire(gateway, lambda: TlsOrigin(bad), mode="regular@8080", address=None)
        await wire.start()
        assert (await wire.ask(absolute("www.test"))).startswith(b"HTTP/1.1 503 ")
        assert wire.received == b""
        assert wire.live.session.reasons == ["self-signed"]

    async def test_plain_http_is_not_asked_about(self, gateway: Gateway) -> None:
        wire = await Wire(gateway, mode="regular@8080", address=None).start()
        assert (await wire.ask(absolute("www.test", "http"))).endswith(b"hello")
        assert wire.live.decision is None
        assert (wire.live.session.host, wire.live.session.port) == ("www.test", 80)

    async def test_a_connect_names_the_session(self, gateway: Gateway) -> None:
        wire = await Wire(gateway, mode="regular@8080", address=None).start()
        answer = await wire.ask(b"CONNECT www.test:8443 HTTP/1.1\r\nHost: www.test:8443\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert (wire.live.session.host, wire.live.session.port) == ("www.test", 8443)


class TestCoalesced:
    """Another host on a connection that was decided for the first (RFC 9110 section 15.5.20)."""

    @pytest.mark.parametrize(
        ("host", "status"),
        [
            pytest.param("www.test", 200, id="the same host"),
            pytest.param("www.test:443", 200, id="the same host with its port"),
            pytest.param("other.test", 200, id="a host with the same answer"),
            pytest.param(f"www.{BANK}", 421, id="a host that is not to be decrypted"),
            pytest.param(f"www.{BANK}:443", 421, id="the same with its port"),
            pytest.param(f"WWW.{BANK.upper()}:443", 421, id="the same, written otherwise"),
            pytest.param("198.51.100.7", 200, id="an address is no other name"),
        ],
    )
    async def test_the_host(self, gateway: Gateway, root: Party, host: str, status: int) -> None:
        gateway.site.write("categories/custom-no-decrypt.txt", f"{BANK}\n")
        gateway.apply()
        wire, client = await through_tls(gateway, root)
        answer = await client.ask(wire, request("/", host))
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert (wire.received == b"") is (status == 421)


class TestBlocked:
    async def test_every_request_gets_the_page(self, gateway: Gateway, root: Party) -> None:
        gateway.apply(decryption="rules: [{name: a, action: decrypt, profile: best-practice}]")
        wire, client = await through_tls(
            gateway, root, spec=Spec(start=NOW - 9 * DAY, end=NOW - DAY)
        )
        answer = await client.ask(wire, request("/secret"))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"expired" in answer
        assert wire.received == b""
        assert wire.flows[0].marked == ":no_entry:"


def whole_flow(**changes: object) -> http.HTTPFlow:
    return tflow.tflow(**{"resp": tutils.tresp(content=EICAR), **changes})  # type: ignore[arg-type]


class TestGuards:
    async def test_a_flow_that_is_over_is_left_alone(self, gateway: Gateway) -> None:
        for flow in (whole_flow(err=True), whole_flow(live=False), whole_flow()):
            before = flow.response
            gateway.http.requestheaders(flow)
            await gateway.http.request(flow)
            if flow.error or not flow.live:
                await gateway.http.response(flow)
            assert flow.response is before
        assert gateway.records("threat") == []

    async def test_a_request_of_nobody_is_killed(self, gateway: Gateway) -> None:
        flow = tflow.tflow()
        gateway.http.requestheaders(flow)
        assert flow.error and flow.error.msg == flow.error.KILLED_MESSAGE

    async def test_an_answer_for_who_has_left_is_killed(self, gateway: Gateway) -> None:
        flow = whole_flow()
        await gateway.http.response(flow)
        assert flow.error and flow.error.msg == flow.error.KILLED_MESSAGE
        assert gateway.records("threat") == []

    async def test_what_a_stream_asks_for_who_has_left(self, gateway: Gateway) -> None:
        flow = whole_flow()
        assert gateway.http.body(flow, False, 10, 0).name == "HOLD"
        assert gateway.http.refusal(flow).status_code == 503
        gateway.http.opening(flow.client_conn, flow)
        page = gateway.http.opened(flow, flow.server_conn)
        assert page and page.status_code == 503
        gateway.http.error(flow)


class TestReplay:
    """A request that a user interface sends again has no connection of a client."""

    async def replay(self, gateway: Gateway, body: bytes) -> http.HTTPFlow:
        flow = tflow.tflow(req=tutils.treq(content=body))
        flow.is_replay = "request"
        gateway.http.requestheaders(flow)
        await gateway.http.request(flow)
        return flow

    async def test_it_is_inspected_and_recorded(self, gateway: Gateway) -> None:
        flow = await self.replay(gateway, EICAR)
        assert flow.response and flow.response.status_code == 403
        await gateway.http.response(flow)
        assert gateway.core.of_flow(flow) is None
        (record,) = gateway.records("traffic")
        assert record["session_end_reason"] == "threat"

    async def test_it_ends_with_an_error(self, gateway: Gateway) -> None:
        flow = await self.replay(gateway, b"")
        assert gateway.core.of_flow(flow)
        gateway.http.error(flow)
        assert gateway.core.of_flow(flow) is None
        (record,) = gateway.records("traffic")
        assert record["session_end_reason"] == "tcp-fin"
