"""Which requests may go on: the user's consent, the security rules, the category of the URL."""

import re

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from chains import Party, Spec, issue, san
from clearpane.gateway.access import application_of
from clearpane.pages.answers import ANSWER_PATH
from clearpane.pages.forms import Kind
from gateways import EICAR, Gateway, Http2Client, Origin, TlsClient, TlsOrigin, Wire, ok, request

WEB = ("198.51.100.7", 80)
GAMES = "games.test"


async def plain(gateway: Gateway, answer: bytes = ok(b"hello")) -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: answer), address=WEB).start()


async def through_tls(
    gateway: Gateway, root: Party, name: str = "www.test"
) -> tuple[Wire, TlsClient]:
    served = issue(root, Spec(extensions=(san("www.test", GAMES),)))
    wire = await Wire(gateway, lambda: TlsOrigin(served)).start()
    client = TlsClient(name)
    await client.shake_hands(wire)
    return wire, client


def posted(host: str = "www.test", *headers: str) -> bytes:
    lines = ["POST /form HTTP/1.1", f"Host: {host}", "Content-Length: 4", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + b"a=bc"


class TestRules:
    @pytest.mark.parametrize("action", ["deny", "reset-client", "reset-server", "reset-both"])
    async def test_what_is_denied_is_a_page(self, gateway: Gateway, action: str) -> None:
        gateway.apply(security=f"rules: [{{name: none, action: {action}}}]")
        wire = await plain(gateway)
        assert (await wire.ask(request("/secret"))).startswith(b"HTTP/1.1 403 ")
        assert wire.received == b""
        gateway.core.close(wire.live)
        (record,) = gateway.records("traffic")
        assert (record["rule"], record["action"]) == ("none", action)
        assert record["session_end_reason"] == "policy-deny"

    async def test_what_is_dropped_is_told_nothing(self, gateway: Gateway) -> None:
        gateway.apply(security="rules: [{name: none, action: drop}]")
        wire = await plain(gateway)
        assert await wire.ask(request("/secret")) == b""
        assert wire.client in wire.closed and wire.received == b""

    async def test_each_request_is_asked_about(self, gateway: Gateway, root: Party) -> None:
        gateway.site.write("categories/private.txt", "www.test/private\n")
        gateway.apply(
            security="rules:\n"
            "- {name: private, category: private, action: deny}\n"
            "- {name: rest, action: allow}\n"
        )
        wire, client = await through_tls(gateway, root)
        assert (await client.ask(wire, request("/public"))).endswith(b"hello")
        assert (await client.ask(wire, request("/private/x"))).startswith(b"HTTP/1.1 403 ")
        assert b"/private" not in wire.received

    async def test_each_rule_is_counted_once_a_session(self, gateway: Gateway) -> None:
        gateway.site.write("categories/free.txt", "www.test/free\n")
        gateway.apply(
            security="rules:\n"
            "- {name: free, category: free, action: allow}\n"
            "- {name: rest, action: allow}\n"
        )
        wire = await plain(gateway)
        for path in ("/free/1", "/free/2", "/1", "/free/3", "/2"):
            await wire.ask(request(path))
        hits = gateway.core.sessions.security_hits.all()
        assert {rule: found.count for rule, found in hits.items()} == {"free": 1, "rest": 1}

    async def test_the_application_is_what_the_request_says(self, gateway: Gateway) -> None:
        gateway.apply(
            security="rules:\n"
            "- {name: names, application: dns-over-https, action: deny}\n"
            "- {name: rest, action: allow}\n"
        )
        wire = await plain(gateway)
        assert await wire.ask(request("/dns-query")) == ok(b"hello")
        asked = request("/dns-query?dns=AAAB", "www.test", "Accept: application/dns-message")
        assert (await wire.ask(asked)).startswith(b"HTTP/1.1 403 ")
        assert wire.live.session.app == "dns-over-https"

    async def test_the_profiles_are_those_of_the_rule(self, gateway: Gateway) -> None:
        gateway.site.write("categories/free.txt", "www.test/free\n")
        gateway.apply(
            security="rules:\n"
            "- {name: free, category: free, action: allow, profiles: {virus: none}}\n"
            "- {name: rest, action: allow}\n"
        )
        wire = await plain(gateway, ok(EICAR))
        assert await wire.ask(request("/free/eicar.com")) == ok(EICAR)
        assert (await wire.ask(request("/eicar.com"))).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        assert record["rule"] == "rest"

    async def test_on_http2_each_stream_is_asked_about(self, gateway: Gateway) -> None:
        gateway.site.write("categories/private.txt", "www.test/private\n")
        gateway.apply(
            security="rules:\n"
            "- {name: private, category: private, action: deny}\n"
            "- {name: rest, action: allow}\n"
        )
        wire = Wire(gateway, lambda: Origin(lambda _: ok(b"hello")), address=WEB)
        wire.client.alpn = b"h2"
        await wire.start()
        client = Http2Client()
        answers = [await client.get(wire, path) for path in ("/a", "/private/", "/b")]
        assert [each.headers[":status"] for each in answers] == ["200", "403", "200"]


@pytest.mark.parametrize(
    ("url", "headers", "application"),
    [
        pytest.param("/", {}, "web-browsing", id="a page"),
        pytest.param("/chat", {"Upgrade": "websocket"}, "websocket", id="an upgrade"),
        pytest.param("/x", {"Content-Type": "application/grpc+proto"}, "grpc", id="gRPC"),
        pytest.param("/dns-query?dns=AAAB", {}, "dns-over-https", id="a name is asked for"),
        pytest.param("/x", {"Accept": "application/dns-json"}, "dns-over-https", id="as JSON"),
    ],
)
def test_the_application_of_a_request(url: str, headers: dict[str, str], application: str) -> None:
    fields = http.Headers([(name.encode(), value.encode()) for name, value in headers.items()])
    made = http.Request.make("GET", f"https://www.test{url}", headers=fields)
    assert application_of(tflow.tflow(req=made)) == application


class TestUrls:
    @pytest.mark.parametrize(
        ("action", "status", "logged"),
        [
            pytest.param("allow", 200, "", id="allow"),
            pytest.param("alert", 200, "alert", id="alert"),
            pytest.param("continue", 403, "block-continue", id="continue"),
            pytest.param("override", 403, "block-override", id="override"),
            pytest.param("block", 403, "block-url", id="block"),
        ],
    )
    async def test_plain_text(
        self, gateway: Gateway, action: str, status: int, logged: str
    ) -> None:
        gateway.password("sesame")
        gateway.filter(action, GAMES)
        wire = await plain(gateway)
        heard = await wire.ask(request("/play?x=1", GAMES))
        assert heard.startswith(f"HTTP/1.1 {status} ".encode())
        assert (wire.received == b"") is (status == 403)
        assert (b"<form" in heard) is (action in ("continue", "override"))
        records = gateway.records("threat")
        assert [(each["subtype"], each["action"]) for each in records] == (
            [("url", logged)] if logged else []
        )
        assert all(each["category"] == "games" for each in records)
        assert wire.live.session.end_reason == ("threat" if status == 403 else "unknown")

    async def test_decrypted(self, gateway: Gateway, root: Party) -> None:
        gateway.filter("block", "www.test/play")
        wire, client = await through_tls(gateway, root)
        assert (await client.ask(wire, request("/work"))).endswith(b"hello")
        assert (await client.ask(wire, request("/play/1"))).startswith(b"HTTP/1.1 403 ")
        assert b"/play" not in wire.received

    async def test_a_host_that_only_the_request_names(self, gateway: Gateway, root: Party) -> None:
        """Domain fronting: the connection is for one host and the request for another."""
        gateway.filter("block", GAMES)
        wire, client = await through_tls(gateway, root)
        assert (await client.ask(wire, request("/", GAMES))).startswith(b"HTTP/1.1 403 ")

    async def test_a_host_that_only_the_connection_names(
        self, gateway: Gateway, root: Party
    ) -> None:
        gateway.filter("block", GAMES)
        wire, client = await through_tls(gateway, root, GAMES)
        assert (await client.ask(wire, request("/", "www.test"))).startswith(b"HTTP/1.1 403 ")

    async def test_a_site_in_no_category(self, gateway: Gateway) -> None:
        gateway.edit(
            "profiles", "url-filtering: {}", "url-filtering: {default: {block: [unknown]}}"
        )
        wire = await plain(gateway)
        assert (await wire.ask(request())).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        assert record["category"] == "unknown"

    @pytest.mark.parametrize(
        ("kind", "action", "logged"),
        [
            (Kind.URL_CONTINUE, "continue", "continue"),
            (Kind.URL_OVERRIDE, "override", "override"),
        ],
    )
    async def test_who_was_let_on(
        self, gateway: Gateway, kind: Kind, action: str, logged: str
    ) -> None:
        gateway.password("sesame")
        gateway.filter(action, GAMES)
        gateway.core.consents.grant("127.0.0.1", kind, "games", gateway.core.now())
        wire = await plain(gateway)
        assert await wire.ask(request("/", GAMES)) == ok(b"hello")
        (record,) = gateway.records("threat")
        assert record["action"] == logged

    async def test_an_upload_to_a_blocked_site_is_read_and_gets_the_page(
        self, gateway: Gateway
    ) -> None:
        gateway.filter("block", GAMES)
        wire = await plain(gateway)
        assert (await wire.ask(posted(GAMES))).startswith(b"HTTP/1.1 403 ")
        assert wire.received == b""


class TestNotDecrypted:
    """Only the host is known; a page is possible where settings.yaml says `url-proxy`."""

    async def hello(
        self, gateway: Gateway, root: Party, name: str = GAMES
    ) -> tuple[Wire, TlsClient]:
        gateway.apply(decryption="rules: [{name: pass, action: no-decrypt}]")
        served = issue(root, Spec(extensions=(san(GAMES),)))
        wire = await Wire(gateway, lambda: TlsOrigin(served)).start()
        client = TlsClient(name)
        return wire, client

    async def test_a_blocked_category_is_closed(self, gateway: Gateway, root: Party) -> None:
        gateway.filter("block", GAMES)
        wire, client = await self.hello(gateway, root)
        await wire.say(client.hello())
        assert wire.client in wire.closed and wire.received == b""
        gateway.core.close(wire.live)
        (threat,), (traffic,) = gateway.records("threat"), gateway.records("traffic")
        assert (threat["subtype"], threat["action"]) == ("url", "block-url")
        assert (threat["misc"], threat["category"]) == (GAMES, "games")
        assert "url-filtering" in str(traffic["reason"])

    @pytest.mark.parametrize("action", ["block", "continue", "override"])
    async def test_or_is_shown_a_page(self, gateway: Gateway, root: Party, action: str) -> None:
        gateway.password("sesame")
        gateway.filter(action, GAMES)
        gateway.edit("settings", "url-proxy: false", "url-proxy: true")
        wire, client = await self.hello(gateway, root)
        await client.shake_hands(wire)
        page = await client.ask(wire, request("/play", GAMES))
        assert page.startswith(b"HTTP/1.1 403 ")
        assert (b"<form" in page) is (action != "block")
        assert wire.received == b""

    async def test_an_alert_passes(self, gateway: Gateway, root: Party) -> None:
        gateway.filter("alert", GAMES)
        wire, client = await self.hello(gateway, root)
        await wire.say(client.hello())
        assert wire.client not in wire.closed and wire.origins
        (record,) = gateway.records("threat")
        assert record["action"] == "alert"

    async def test_who_goes_on_passes_undecrypted(self, gateway: Gateway, root: Party) -> None:
        gateway.filter("continue", GAMES)
        gateway.edit("settings", "url-proxy: false", "url-proxy: true")
        wire, client = await self.hello(gateway, root)
        await client.shake_hands(wire)
        page = await client.ask(wire, request("/play", GAMES))
        found = re.search(rb'name="token" value="([^"]+)"', page)
        assert found
        body = b"token=" + found[1] + b"&answer=yes"
        head = f"POST {ANSWER_PATH} HTTP/1.1\r\nHost: {GAMES}\r\nContent-Length: {len(body)}"
        wire, client = await self.hello(gateway, root)
        await client.shake_hands(wire)
        onward = await client.ask(wire, head.encode() + b"\r\n\r\n" + body)
        assert onward.startswith(b"HTTP/1.1 200 ") and wire.received == b""
        wire, client = await self.hello(gateway, root)
        await wire.say(client.hello())
        assert wire.client not in wire.closed and not wire.live.session.decrypted
        actions = [record["action"] for record in gateway.records("threat")]
        assert actions == ["block-continue", "block-continue", "continue"]

    async def test_a_security_rule_closes_it(self, gateway: Gateway, root: Party) -> None:
        gateway.apply(security="rules: [{name: none, application: ssl, action: deny}]")
        wire, client = await self.hello(gateway, root)
        await wire.say(client.hello())
        assert wire.client in wire.closed and wire.received == b""
        gateway.core.close(wire.live)
        (traffic,) = gateway.records("traffic")
        assert (traffic["rule"], traffic["reason"]) == ("none", ["rule", "security-rule"])


class TestConsent:
    @pytest.fixture
    def asks(self, gateway: Gateway) -> None:
        gateway.edit("settings", "notify-user: false", "notify-user: true")

    @pytest.mark.usefixtures("asks")
    async def test_whoever_was_not_asked_is_asked(self, gateway: Gateway, root: Party) -> None:
        wire, client = await through_tls(gateway, root)
        page = await client.ask(wire, request("/", "www.test", "Accept: text/html"))
        assert page.startswith(b"HTTP/1.1 511 ") and b"<form" in page
        assert wire.received == b""

    @pytest.mark.usefixtures("asks")
    async def test_a_form_is_not_lost_without_a_word(self, gateway: Gateway, root: Party) -> None:
        wire, client = await through_tls(gateway, root)
        page = await client.ask(wire, posted("www.test", "Accept: text/html"))
        assert page.startswith(b"HTTP/1.1 511 ") and b"again" in page
        assert wire.received == b""

    @pytest.mark.usefixtures("asks")
    async def test_json_for_a_program(self, gateway: Gateway, root: Party) -> None:
        wire, client = await through_tls(gateway, root)
        page = await client.ask(wire, request("/", "www.test", "Accept: application/json"))
        assert page.startswith(b"HTTP/1.1 403 ") and b"application/json" in page.lower()

    @pytest.mark.usefixtures("asks")
    async def test_who_agreed_is_not_asked(self, gateway: Gateway, root: Party) -> None:
        gateway.core.consents.agree("127.0.0.1", gateway.core.now())
        wire, client = await through_tls(gateway, root)
        assert (await client.ask(wire, request())).endswith(b"hello")

    @pytest.mark.usefixtures("asks")
    async def test_who_refused_gets_nothing_over_tls(self, gateway: Gateway, root: Party) -> None:
        gateway.core.consents.refuse("127.0.0.1", gateway.core.now())
        wire, client = await through_tls(gateway, root)
        page = await client.ask(wire, request())
        assert not page.startswith(b"HTTP/1.1 200 ") and b"<form" not in page
        assert wire.received == b"" and "opted-out" in wire.live.session.reasons

    @pytest.mark.usefixtures("asks")
    async def test_plain_text_is_not_asked_about(self, gateway: Gateway, root: Party) -> None:
        wire = await plain(gateway)
        assert await wire.ask(request()) == ok(b"hello")

    async def test_it_is_off_by_default(self, gateway: Gateway, root: Party) -> None:
        wire, client = await through_tls(gateway, root)
        assert (await client.ask(wire, request())).endswith(b"hello")
