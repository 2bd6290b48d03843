"""Mails in SMTP, POP3 and IMAP, looked at as they flow."""

from pathlib import Path

import pytest

from chains import Party, Spec, issue
from gateways import EICAR, Gateway, Origin, TlsClient, TlsOrigin, Wire

HEAD = b"From: a@a.test\r\nSubject: hi\r\nContent-Type: application/octet-stream\r\n\r\n"
GREETING = b"220 mx.test ESMTP\r\n"


def mail(body: bytes) -> bytes:
    return HEAD + body + b"\r\n"


async def smtp(gateway: Gateway) -> Wire:
    """As far as the mail itself."""
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    assert await wire.serve(GREETING) == GREETING
    for said, answered in (
        (b"EHLO me\r\n", b"250 mx\r\n"),
        (b"MAIL FROM:<a@a.test>\r\n", b"250 ok\r\n"),
        (b"RCPT TO:<b@b.test>\r\n", b"250 ok\r\n"),
        (b"DATA\r\n", b"354 go on\r\n"),
    ):
        await wire.say(said)
        assert wire.received.endswith(said)
        assert await wire.serve(answered) == answered
    return wire


def blocks(gateway: Gateway, decoder: str) -> None:
    old = "    packet-capture: true"
    gateway.edit("profiles", old, f"    {decoder}: {{action: reset-both}}\n{old}")


class TestSmtp:
    async def test_a_mail_passes_as_it_is(self, gateway: Gateway) -> None:
        wire = await smtp(gateway)
        sent = mail(b"hello") + b".\r\n"
        await wire.say(sent)
        assert wire.received.endswith(b"DATA\r\n" + sent)
        assert await wire.serve(b"250 queued\r\n") == b"250 queued\r\n"
        await wire.say(b"QUIT\r\n")
        assert wire.received.endswith(b".\r\nQUIT\r\n")
        assert wire.live.session.app == "smtp"
        assert gateway.records("threat") == []

    async def test_a_threat_is_let_through_by_default_and_recorded(self, gateway: Gateway) -> None:
        wire = await smtp(gateway)
        sent = mail(EICAR) + b".\r\n"
        await wire.say(sent)
        assert wire.received.endswith(sent)
        (record,) = gateway.records("threat")
        assert (record["threatid"], record["action"]) == ("Eicar Test File(100000)", "alert")
        assert (record["app"], record["direction"]) == ("smtp", "client-to-server")
        capture = Path(f"var/pcap/{record['pcap_id']}.pcap").read_bytes()
        assert b"RCPT TO" in capture and EICAR in capture

    async def test_or_ends_the_connection_before_the_mail_is_complete(
        self, gateway: Gateway
    ) -> None:
        blocks(gateway, "smtp")
        wire = await smtp(gateway)
        await wire.say(mail(EICAR) + b".\r\n")
        assert EICAR not in wire.received and not wire.received.endswith(b".\r\n")
        assert {wire.client, wire.context.server} <= set(wire.closed)
        assert wire.live.session.end_reason == "threat"
        (record,) = gateway.records("threat")
        assert record["action"] == "reset-both"

    async def test_in_pieces_it_is_found_too(self, gateway: Gateway) -> None:
        blocks(gateway, "smtp")
        wire = await smtp(gateway)
        for piece in (HEAD[:30], HEAD[30:] + EICAR[:20], EICAR[20:], b"\r\n.", b"\r\n"):
            await wire.say(piece)
        assert b"EICAR" not in wire.received
        assert wire.client in wire.closed

    async def test_a_long_mail_flows(self, gateway: Gateway) -> None:
        wire = await smtp(gateway)
        line = b"x" * 998 + b"\r\n"
        await wire.say(HEAD + line * 200)
        assert 100_000 < wire.received.count(b"x") < 200_000
        await wire.say(line * 200 + b".\r\n")
        assert wire.received.endswith(HEAD + line * 400 + b".\r\n")
        assert gateway.core.held == 0
        assert gateway.records("threat") == []

    async def test_two_mails_in_one_connection(self, gateway: Gateway) -> None:
        wire = await smtp(gateway)
        await wire.say(mail(b"hello") + b".\r\n")
        await wire.serve(b"250 queued\r\n")
        for said in (b"MAIL FROM:<a@a.test>\r\n", b"RCPT TO:<b@b.test>\r\n", b"DATA\r\n"):
            await wire.say(said)
            await wire.serve(b"354 ok\r\n" if said == b"DATA\r\n" else b"250 ok\r\n")
        await wire.say(mail(EICAR) + b".\r\n")
        assert len(gateway.records("threat")) == 1

    async def test_what_breaks_off_is_looked_at_as_far_as_it_came(self, gateway: Gateway) -> None:
        wire = await smtp(gateway)
        await wire.say(mail(EICAR))
        await wire.leave(wire.client)
        records = gateway.records("threat")
        assert "Eicar Test File(100000)" in [record["threatid"] for record in records]


class TestPop3:
    async def test_a_mail_that_is_fetched(self, gateway: Gateway) -> None:
        blocks(gateway, "pop3")
        wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
        assert await wire.serve(b"+OK ready\r\n") == b"+OK ready\r\n"
        await wire.say(b"RETR 1\r\n")
        good = b"+OK\r\n" + mail(b"hello") + b".\r\n"
        assert await wire.serve(good) == good
        await wire.say(b"RETR 2\r\n")
        heard = await wire.serve(b"+OK\r\n" + mail(EICAR) + b".\r\n")
        assert EICAR not in heard and wire.client in wire.closed
        (record,) = gateway.records("threat")
        assert (record["app"], record["direction"]) == ("pop3", "server-to-client")


class TestImap:
    async def test_a_mail_that_is_fetched(self, gateway: Gateway) -> None:
        blocks(gateway, "imap")
        wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
        await wire.serve(b"* OK ready\r\n")
        await wire.say(b"a1 FETCH 1 BODY[]\r\n")

        def fetched(body: bytes) -> bytes:
            return b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\na1 OK\r\n" % (len(body), body)

        good = fetched(mail(b"hello"))
        assert await wire.serve(good) == good
        await wire.say(b"a2 FETCH 2 BODY[]\r\n")
        heard = await wire.serve(fetched(mail(EICAR)))
        assert EICAR not in heard and wire.client in wire.closed


@pytest.mark.parametrize("virus", ["default", "none"])
async def test_through_tls_by_the_profiles_of_the_rule(
    gateway: Gateway, root: Party, virus: str
) -> None:
    profiles = f"{{virus: {virus}, file-blocking: none, data-filtering: none}}"
    gateway.apply(security=f"rules: [{{name: a, action: allow, profiles: {profiles}}}]")
    served = issue(root, Spec())
    wire = await Wire(gateway, lambda: TlsOrigin(served, answer=lambda _: b"")).start()
    client = TlsClient("www.test", alpn="other")
    await client.shake_hands(wire)
    (origin,) = wire.origins.values()
    assert isinstance(origin, TlsOrigin)
    origin.tls.sendall(GREETING)
    await wire.serve(origin.tls.bio_read(1 << 16))
    await client.ask(wire, b"EHLO me\r\n")
    assert wire.received == b"EHLO me\r\n"
    assert wire.live.session.app == "smtp"
    reasons = [record.get("reason") for record in gateway.records("threat")]
    assert reasons == ([["unscanned-protocol"]] if virus == "none" else [])
