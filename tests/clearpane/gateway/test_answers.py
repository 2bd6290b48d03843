"""What users answer to pages: an answer counts only from whom it was asked, there and then."""

import re
from datetime import timedelta
from urllib.parse import quote_plus

import pytest
from mitmproxy.test import tflow, tutils

from chains import Party, Spec, issue
from clearpane.gateway.answers import Asking
from clearpane.pages.answers import ANSWER_PATH, BODY_LIMIT
from clearpane.pages.forms import Kind
from clearpane.pages.tokens import Claim
from clearpane.pages.tokens import issue as issue_token
from clearpane.sessions.consent import Consent
from gateways import Gateway, Origin, TlsClient, TlsOrigin, Wire, ok, request

WEB = ("198.51.100.7", 80)
HOST, USER = "games.test", "127.0.0.1"


def token(gateway: Gateway, kind: Kind = Kind.URL_CONTINUE, **changes: str) -> str:
    given = {"user": USER, "host": HOST, "url": f"http://{HOST}/play", "key": "games", **changes}
    return issue_token(gateway.core.secret, Claim(kind, **given), gateway.core.now())


def answer(fields: str, *headers: str, method: str = "POST", path: str = ANSWER_PATH) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(fields)}"]
    return "\r\n".join([*lines, *headers, "", fields]).encode()


async def send(gateway: Gateway, data: bytes) -> tuple[bytes, Wire]:
    wire = await Wire(gateway, lambda: Origin(lambda _: ok(b"hello")), address=WEB).start()
    return await wire.ask(data), wire


def granted(gateway: Gateway, kind: Kind = Kind.URL_CONTINUE) -> bool:
    return gateway.core.consents.granted(USER, kind, "games", gateway.core.now())


def token_in(page: bytes) -> str:
    found = re.search(rb'name="token" value="([^"]+)"', page)
    assert found
    return found[1].decode()


class TestGoingOn:
    async def test_the_page_its_answer_and_the_site(self, gateway: Gateway) -> None:
        gateway.filter("continue", HOST)
        page, _ = await send(gateway, request("/play?x=1", HOST))
        sent = token_in(page)
        onward, wire = await send(gateway, answer(f"token={sent}&answer=yes"))
        assert onward.startswith(b"HTTP/1.1 200 ") and b"/play?x=1" in onward
        assert wire.received == b"", "an answer never reaches the server"
        site, _ = await send(gateway, request("/play?x=1", HOST))
        assert site == ok(b"hello")
        actions = [record["action"] for record in gateway.records("threat")]
        assert actions == ["block-continue", "continue"]

    async def test_after_a_form_he_is_led_back_to_the_page_he_sent_it_from(
        self, gateway: Gateway
    ) -> None:
        gateway.filter("continue", HOST)
        lines = [f"POST /pay HTTP/1.1\r\nHost: {HOST}", f"Referer: http://{HOST}/basket"]
        page, _ = await send(gateway, "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode())
        onward, _ = await send(gateway, answer(f"token={token_in(page)}&answer=yes"))
        assert b"/basket" in onward and b"/pay" not in onward


WRONG = [
    pytest.param("answer=yes", (), "POST", id="no token"),
    pytest.param("token={token}", (), "POST", id="no answer"),
    pytest.param("token={token}&answer=perhaps", (), "POST", id="an answer that is none"),
    pytest.param("token={token}x&answer=yes", (), "POST", id="a changed token"),
    pytest.param("token=e30.{forged}&answer=yes", (), "POST", id="a forged token"),
    pytest.param("token={token}&token={token}&answer=yes", (), "POST", id="two tokens"),
    pytest.param("token={token}&answer=no", (), "POST", id="no is no answer to this page"),
    pytest.param("token={token}&answer=yes", ("Origin: http://evil.test",), "POST",
                 id="from another site"),
    pytest.param("token={token}&answer=yes", ("Origin: null",), "POST", id="from a sandbox"),
    pytest.param("token={token}&answer=yes", (), "PUT", id="another method"),
    pytest.param("token={token}&answer=yes", (), "GET", id="a link"),
    pytest.param("", (), "POST", id="nothing"),
]  # fmt: skip


class TestWrong:
    @pytest.mark.parametrize(("fields", "headers", "method"), WRONG)
    async def test_what_does_not_count(
        self, gateway: Gateway, fields: str, headers: tuple[str, ...], method: str
    ) -> None:
        made = fields.format(token=token(gateway), forged="A" * 43)
        heard, wire = await send(gateway, answer(made, *headers, method=method))
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert not granted(gateway)
        assert wire.received == b""

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"user": "alice"}, id="of another user"),
            pytest.param({"host": "other.test", "url": "http://other.test/"}, id="for another"),
        ],
    )  # fmt: skip
    async def test_a_token_of_somebody_else(
        self, gateway: Gateway, changes: dict[str, str]
    ) -> None:
        made = token(gateway, Kind.URL_CONTINUE, **changes)
        heard, _ = await send(gateway, answer(f"token={made}&answer=yes"))
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert not granted(gateway)

    async def test_a_token_of_another_gateway(self, gateway: Gateway) -> None:
        claim = Claim(Kind.URL_CONTINUE, USER, HOST, f"http://{HOST}/", "games")
        made = issue_token(b"x" * 32, claim, gateway.core.now())
        heard, _ = await send(gateway, answer(f"token={made}&answer=yes"))
        assert heard.startswith(b"HTTP/1.1 400 ")

    async def test_a_token_that_is_too_old(self, gateway: Gateway) -> None:
        claim = Claim(Kind.URL_CONTINUE, USER, HOST, f"http://{HOST}/", "games")
        before = gateway.core.now() - timedelta(minutes=15, seconds=1)
        made = issue_token(gateway.core.secret, claim, before)
        heard, _ = await send(gateway, answer(f"token={made}&answer=yes"))
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert not granted(gateway)

    async def test_an_announced_size_that_is_too_large(self, gateway: Gateway) -> None:
        """It is read to its end and thrown away, so that the client reads the answer."""
        size = BODY_LIMIT + 1
        lines = [f"POST {ANSWER_PATH} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {size}", "", ""]
        heard, wire = await send(gateway, "\r\n".join(lines).encode() + b"x" * size)
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert gateway.core.held == 0 and wire.received == b""

    async def test_chunks_that_grow_too_large(self, gateway: Gateway) -> None:
        lines = [f"POST {ANSWER_PATH} HTTP/1.1", f"Host: {HOST}", "Transfer-Encoding: chunked"]
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        head = "\r\n".join([*lines, "", ""]).encode()
        heard, _ = await send(gateway, head + 2 * chunk + b"0\r\n\r\n")
        assert heard.startswith(b"HTTP/1.1 400 ")

    async def test_the_right_origin_counts(self, gateway: Gateway) -> None:
        made = answer(f"token={token(gateway)}&answer=yes", f"Origin: http://{HOST}")
        heard, _ = await send(gateway, made)
        assert heard.startswith(b"HTTP/1.1 200 ")
        assert granted(gateway)

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            (ANSWER_PATH, True),
            (f"{ANSWER_PATH}?x", True),
            (f"{ANSWER_PATH}/x", False),
            ("/", False),
        ],
    )
    def test_its_path(self, path: str, expected: bool) -> None:
        flow = tflow.tflow(req=tutils.treq(path=path.encode()))
        assert Asking.is_answer(flow) is expected


class TestPassword:
    async def try_it(self, gateway: Gateway, password: str) -> bytes:
        made = token(gateway, Kind.URL_OVERRIDE)
        fields = f"token={made}&answer=yes&password={quote_plus(password)}"
        heard, wire = await send(gateway, answer(fields))
        assert wire.received == b""
        return heard

    async def test_the_right_one_opens_the_category(self, gateway: Gateway) -> None:
        gateway.password("s\u00e9same 1")
        heard = await self.try_it(gateway, "s\u00e9same 1")
        assert heard.startswith(b"HTTP/1.1 200 ") and b"/play" in heard
        assert granted(gateway, Kind.URL_OVERRIDE)
        assert not granted(gateway), "it is not what a mere button opens"

    async def test_a_wrong_one_is_asked_for_again(self, gateway: Gateway) -> None:
        gateway.password("sesame")
        heard = await self.try_it(gateway, "mellon")
        assert heard.startswith(b"HTTP/1.1 403 ") and b"<form" in heard
        assert b"mellon" not in heard
        assert not granted(gateway, Kind.URL_OVERRIDE)

    async def test_three_wrong_ones_lock_him_out(self, gateway: Gateway) -> None:
        gateway.password("sesame")
        for _ in range(3):
            heard = await self.try_it(gateway, "mellon")
        assert b"<form" not in heard
        assert b"<form" not in await self.try_it(gateway, "sesame")
        assert not granted(gateway, Kind.URL_OVERRIDE)
        gateway.filter("override", HOST)
        page, _ = await send(gateway, request("/play", HOST))
        assert page.startswith(b"HTTP/1.1 403 ") and b"<form" not in page
        assert gateway.records("threat")[-1]["action"] == "override-lockout"

    async def test_the_right_one_forgets_the_wrong_ones(self, gateway: Gateway) -> None:
        gateway.password("sesame")
        for password in ("mellon", "mellon", "sesame", "mellon", "mellon"):
            heard = await self.try_it(gateway, password)
        assert b"<form" in heard, "he may still try"

    async def test_where_there_is_none_nothing_opens(self, gateway: Gateway) -> None:
        heard = await self.try_it(gateway, "")
        assert heard.startswith(b"HTTP/1.1 403 ")
        assert not granted(gateway, Kind.URL_OVERRIDE)


class TestOptOut:
    async def through(self, gateway: Gateway, root: Party) -> tuple[Wire, TlsClient]:
        wire = await Wire(gateway, lambda: TlsOrigin(issue(root, Spec()))).start()
        client = TlsClient("www.test")
        await client.shake_hands(wire)
        return wire, client

    @pytest.fixture(autouse=True)
    def asks(self, gateway: Gateway) -> None:
        gateway.edit("settings", "notify-user: false", "notify-user: true")

    def said(self, page: bytes, choice: str) -> bytes:
        body = f"token={token_in(page)}&answer={choice}"
        return answer(body).replace(HOST.encode(), b"www.test")

    async def test_yes_is_decrypted(self, gateway: Gateway, root: Party) -> None:
        wire, client = await self.through(gateway, root)
        page = await client.ask(wire, request("/a", "www.test", "Accept: text/html"))
        wire, client = await self.through(gateway, root)
        onward = await client.ask(wire, self.said(page, "yes"))
        assert onward.startswith(b"HTTP/1.1 200 ") and b"https://www.test/a" in onward
        assert gateway.core.consents.state(USER, gateway.core.now()) is Consent.YES
        wire, client = await self.through(gateway, root)
        assert (await client.ask(wire, request("/a"))).endswith(b"hello")

    async def test_no_is_refused_for_a_minute(self, gateway: Gateway, root: Party) -> None:
        wire, client = await self.through(gateway, root)
        page = await client.ask(wire, request("/a", "www.test", "Accept: text/html"))
        wire, client = await self.through(gateway, root)
        refused = await client.ask(wire, self.said(page, "no"))
        assert not refused.startswith(b"HTTP/1.1 200 ") and b"<form" not in refused
        consents, now = gateway.core.consents, gateway.core.now()
        assert consents.state(USER, now) is Consent.NO
        assert consents.state(USER, now + timedelta(seconds=61)) is Consent.ASK
        assert "opted-out" in wire.live.session.reasons
