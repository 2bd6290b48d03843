"""What is done about what profiles say: pages, records, evidence, the mark of the flow."""

import re
from pathlib import Path

import pytest

from gateways import EICAR, Gateway, Origin, Wire, ok, request

WEB = ("198.51.100.7", 80)
EXE = b"MZ" + bytes(200)
SECRET = b"it is top-secret "


def files(gateway: Gateway, *rules: str) -> None:
    listed = ", ".join(rules)
    gateway.edit(
        "profiles", "file-blocking: {}", f"file-blocking: {{default: {{rules: [{listed}]}}}}"
    )


def data(gateway: Gateway, thresholds: str) -> None:
    gateway.edit("objects", "data-patterns: {}", "data-patterns: {secret: {regex: top-secret}}")
    line = f"data-filtering: {{default: {{patterns: [{{pattern: secret, {thresholds}}}]}}}}"
    gateway.edit("profiles", "data-filtering: {}", line)


async def wire_to(gateway: Gateway, answer: bytes) -> Wire:
    return await Wire(gateway, lambda: Origin(lambda _: answer), address=WEB).start()


def token_in(page: bytes) -> bytes:
    found = re.search(rb'name="token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def answer_to(page: bytes, host: str = "www.test") -> bytes:
    body = b"token=" + token_in(page) + b"&answer=yes"
    lines = ["POST /.well-known/clearpane/answer HTTP/1.1", f"Host: {host}"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class TestFiles:
    @pytest.mark.parametrize(
        ("rule", "status", "logged", "comment"),
        [
            pytest.param("{file-type: exe, action: block}", 403, "block", "file · blocked",
                         id="block"),
            pytest.param("{file-type: exe, action: continue}", 403, "block-continue",
                         "file · blocked", id="continue"),
            pytest.param("{file-type: exe, action: alert}", 200, "alert", "file · alert",
                         id="alert"),
            pytest.param("{file-type: zip, action: block}", 200, "", "not encrypted",
                         id="another type"),
            pytest.param("{file-type: exe, action: block, direction: upload}", 200, "",
                         "not encrypted", id="another direction"),
        ],
    )  # fmt: skip
    async def test_a_download(
        self, gateway: Gateway, rule: str, status: int, logged: str, comment: str
    ) -> None:
        files(gateway, rule)
        wire = await wire_to(gateway, ok(EXE))
        heard = await wire.ask(request("/setup.exe"))
        assert heard.startswith(f"HTTP/1.1 {status} ".encode())
        assert (EXE in heard) is (status == 200)
        assert wire.flows[0].comment.startswith(comment)
        records = gateway.records("threat")
        assert [(each["subtype"], each["action"]) for each in records] == (
            [("file", logged)] if logged else []
        )
        assert wire.live.session.end_reason == ("threat" if status == 403 else "unknown")

    async def test_an_upload_is_judged_by_what_it_is_and_not_by_its_name(
        self, gateway: Gateway
    ) -> None:
        files(gateway, "{file-type: exe, action: block, direction: upload}")
        wire = await wire_to(gateway, ok(b"thanks"))
        head = f"POST /holiday.jpg HTTP/1.1\r\nHost: www.test\r\nContent-Length: {len(EXE)}"
        assert (await wire.ask(head.encode() + b"\r\n\r\n" + EXE)).startswith(b"HTTP/1.1 403 ")
        assert wire.received == b""

    async def test_who_chooses_to_go_on_gets_files_of_this_type(self, gateway: Gateway) -> None:
        files(gateway, "{file-type: exe, action: continue}", "{file-type: elf, action: continue}")
        wire = await wire_to(gateway, ok(EXE))
        page = await wire.ask(request("/setup.exe"))
        assert page.startswith(b"HTTP/1.1 403 ") and b"<form" in page
        wire = await wire_to(gateway, ok(EXE))
        onward = await wire.ask(answer_to(page))
        assert b"/setup.exe" in onward and EXE not in onward
        assert wire.received == b""
        wire = await wire_to(gateway, ok(EXE))
        assert await wire.ask(request("/setup.exe")) == ok(EXE)
        elf = await wire_to(gateway, ok(b"\x7fELF" + bytes(200)))
        assert (await elf.ask(request("/other"))).startswith(b"HTTP/1.1 403 "), "not of another"

    async def test_a_threat_goes_before_a_file(self, gateway: Gateway) -> None:
        files(gateway, "{action: block}")
        gateway.find("MARKER")
        wire = await wire_to(gateway, ok(EXE + b"MARKER"))
        page = await wire.ask(request("/setup.exe"))
        assert b"marker" in page.lower()
        assert [each["subtype"] for each in gateway.records("threat")] == ["virus", "file"]

    async def test_as_it_flows_it_is_refused_at_the_first_look(self, gateway: Gateway) -> None:
        gateway.hold("64KiB")
        files(gateway, "{file-type: exe, action: block}")
        wire = await wire_to(gateway, b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        await wire.say(request("/setup.exe"))
        assert (await wire.serve(EXE + b"x" * 100_000)).startswith(b"HTTP/1.1 403 ")


class TestData:
    async def test_a_block_is_a_page(self, gateway: Gateway) -> None:
        data(gateway, "alert-threshold: 1, block-threshold: 3")
        wire = await wire_to(gateway, ok(SECRET * 3))
        page = await wire.ask(request("/a.txt"))
        assert page.startswith(b"HTTP/1.1 403 ") and b"top-secret" not in page
        (record,) = gateway.records("threat")
        assert (record["subtype"], record["action"]) == ("data", "block")
        assert b"top-secret" not in Path("var/log/threat.jsonl").read_bytes(), "it is masked"
        assert "pcap_id" not in record

    async def test_an_alert_passes(self, gateway: Gateway) -> None:
        data(gateway, "alert-threshold: 1, block-threshold: 3")
        wire = await wire_to(gateway, ok(SECRET * 2))
        assert await wire.ask(request("/a.txt")) == ok(SECRET * 2)
        assert wire.flows[0].comment.startswith("data · alert")
        assert [each["action"] for each in gateway.records("threat")] == ["alert"]

    async def test_thresholds_are_reached_across_pieces_and_each_answer_is_said_once(
        self, gateway: Gateway
    ) -> None:
        gateway.hold("64KiB")
        data(gateway, "alert-threshold: 1, block-threshold: 3")
        blank = b" " * 100_000
        wire = await wire_to(gateway, b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        await wire.ask(request("/a.txt"))
        for _ in range(2):
            assert b"x" not in await wire.serve(SECRET + blank)
        assert wire.client not in wire.closed
        await wire.serve(SECRET + blank + blank)
        assert wire.client in wire.closed
        assert [each["action"] for each in gateway.records("threat")] == ["alert", "block"]


class TestEvidence:
    @pytest.mark.parametrize(
        ("profile", "form"),
        [
            pytest.param("packet-capture: false", "", id="none is wanted"),
            pytest.param("packet-capture: single", ".pcap", id="the exchange"),
        ],
    )
    async def test_only_where_the_virus_profile_wants_it(
        self, gateway: Gateway, profile: str, form: str
    ) -> None:
        gateway.edit("profiles", "packet-capture: true", profile)
        wire = await wire_to(gateway, ok(EICAR))
        await wire.say(request("/eicar.com"))
        gateway.records("threat")
        kept = [path.suffix for path in Path("var/pcap").glob("*.pcap*")]
        assert kept == ([form] if form else [])

    async def test_what_went_before_where_it_is_to_be_extended(self, gateway: Gateway) -> None:
        gateway.edit("profiles", "packet-capture: true", "packet-capture: extended")
        answers = [ok(EICAR), ok(b"BEFORE")]
        wire = await Wire(gateway, lambda: Origin(lambda _: answers.pop()), address=WEB).start()
        assert await wire.ask(request("/landing")) == ok(b"BEFORE")
        assert (await wire.ask(request("/eicar.com"))).startswith(b"HTTP/1.1 403 ")
        (record,) = gateway.records("threat")
        capture = Path(f"var/pcap/{record['pcap_id']}.pcap").read_bytes()
        assert b"/landing" in capture and b"BEFORE" in capture and EICAR in capture


class TestEnds:
    async def test_a_drop_has_no_page(self, gateway: Gateway) -> None:
        gateway.edit("profiles", "http: {action: reset-both}", "http: {action: drop}")
        wire = await wire_to(gateway, ok(EICAR))
        assert await wire.ask(request()) == b""
        assert wire.flows[0].error and wire.client in wire.closed
        assert wire.live.pages == {}

    async def test_a_page_says_what_could_not_be_judged(self, gateway: Gateway) -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: secret\r\nContent-Length: 3\r\n\r\nabc"
        wire = await wire_to(gateway, answer)
        page = await wire.ask(request("/a.bin"))
        assert page.startswith(b"HTTP/1.1 403 ") and b"a.bin" in page
        assert wire.flows[0].comment.startswith("unscanned · blocked")
