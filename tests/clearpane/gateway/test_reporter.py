"""Records of what happened, as they stand in the files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from clearpane.antivirus.profile import Action
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.errors import ClearpaneError
from clearpane.filtering.data import DataAction, DataJudgement
from clearpane.filtering.files import FileAction, FileJudgement
from clearpane.gateway.body import Body
from clearpane.gateway.live import Live
from clearpane.gateway.messages import message_of
from clearpane.gateway.reporter import Reporter, exchange_of
from clearpane.pipeline.message import Account, Judgement, Outcome
from clearpane.records.actions import UrlLogged
from clearpane.rulebase.decision import Action as Decided
from clearpane.rulebase.decision import Decision, Reason
from clearpane.sessions.session import Session
from gateways import EICAR, Gateway, until

VIRUS = Detection("Eicar Test File", 100000)


def live_of(gateway: Gateway) -> Live:
    _, live = gateway.open()
    live.session.host, live.session.port = "www.test", 443
    return live


def session_of(gateway: Gateway) -> Session:
    return live_of(gateway).session


@pytest.mark.parametrize(
    ("decision", "records"),
    [
        pytest.param(None, 0, id="nobody decided"),
        pytest.param(Decision(Decided.DECRYPT, Reason.NONE, rule="a"), 0, id="success, not asked"),
        pytest.param(
            Decision(Decided.DECRYPT, Reason.NONE, rule="a", log_success=True), 1, id="success"
        ),
        pytest.param(Decision(Decided.NO_DECRYPT, Reason.RULE, rule="a"), 1, id="a reason"),
        pytest.param(
            Decision(Decided.NO_DECRYPT, Reason.RULE, rule="a", log_fail=False), 0,
            id="a reason, not asked",
        ),
    ],
)  # fmt: skip
async def test_the_end_of_a_session(
    gateway: Gateway, decision: Decision | None, records: int
) -> None:
    session = session_of(gateway)
    session.tls = True
    if decision:
        session.decide(decision)
    gateway.core.reporter.ended(session, gateway.core.now())
    assert len(gateway.records("traffic")) == 1
    assert len(gateway.records("decryption")) == records


def body_of(
    live: Live, flow: http.HTTPFlow, direction: Direction = Direction.DOWNLOAD, content: bytes = b""
) -> Body:
    granted = live.granted_to(flow)
    message = message_of(flow, direction, granted.application)
    body = Body(Account(granted.profiles, message, lambda _: False), live.force.scanner)
    body.keep(content)
    return body


def virus(action: Action, found: Finding = VIRUS) -> Outcome:
    return Outcome(virus=Judgement(action, found))


def found(gateway: Gateway, live: Live, flow: http.HTTPFlow, body: Body, outcome: Outcome) -> None:
    reporter, now = gateway.core.reporter, gateway.core.now()
    reporter.found(live, flow, body, outcome, now, digest="00")


@pytest.mark.parametrize(
    ("action", "ends"), [(Action.ALERT, "unknown"), (Action.RESET_BOTH, "threat")]
)
async def test_a_threat(gateway: Gateway, action: Action, ends: str) -> None:
    live = live_of(gateway)
    request = tutils.treq(host="www.test", path=b"/eicar.com?x=1")
    request.headers["User-Agent"], request.headers["Referer"] = "curl\r\nx", "http://a.test/"
    flow = tflow.tflow(req=request, resp=tutils.tresp(content=EICAR))
    found(gateway, live, flow, body_of(live, flow, content=EICAR), virus(action))
    assert live.session.end_reason == ends
    (record,) = gateway.records("threat")
    assert record["threatid"] == "Eicar Test File(100000)"
    assert record["action"] == action
    assert record["misc"] == "eicar.com"
    assert record["user_agent"] == "curl\r\nx"
    assert record["referer"] == "http://a.test/"
    assert record["http_method"] == "GET"
    assert record["filedigest"] == "00"
    assert str(record["url"]).endswith("/eicar.com?x=1")
    assert EICAR not in Path("var/log/threat.jsonl").read_bytes(), "no body in a log"
    capture = Path(f"var/pcap/{record['pcap_id']}.pcap")
    assert EICAR in capture.read_bytes()
    assert capture.stat().st_mode & 0o777 == 0o600


async def test_a_finding_in_an_upload_has_no_response_yet(gateway: Gateway) -> None:
    live = live_of(gateway)
    flow = tflow.tflow(req=tutils.treq(content=EICAR))
    body = body_of(live, flow, Direction.UPLOAD, EICAR)
    found(gateway, live, flow, body, virus(Action.RESET_BOTH))
    (record,) = gateway.records("threat")
    assert record["direction"] == "client-to-server"
    assert EICAR in Path(f"var/pcap/{record['pcap_id']}.pcap").read_bytes()


async def test_what_was_never_seen_has_no_capture(gateway: Gateway) -> None:
    live = live_of(gateway)
    flow = tflow.tflow(resp=True)
    outcome = virus(Action.BLOCK, Unscanned(Unread.ENCRYPTED, member="a.zip"))
    found(gateway, live, flow, body_of(live, flow), outcome)
    (record,) = gateway.records("threat")
    assert (record["threatid"], record["reason"]) == ("Unscanned(0)", ["unscanned-encrypted"])
    assert (record["severity"], record["member"]) == ("low", "a.zip")
    assert "pcap_id" not in record


FILE = Outcome(file=FileJudgement(FileAction.BLOCK, "one", "exe", "a.exe"))
DATA = Outcome(data=DataJudgement(DataAction.ALERT, "secret", 6, ("to***",), 3))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(
            FILE, {"subtype": "file", "action": "block", "member": "a.exe"}, id="a file"
        ),
        pytest.param(
            Outcome(file=FileJudgement(FileAction.ALERT, "one", "exe")),
            {"subtype": "file", "action": "alert"}, id="a file that passes",
        ),
        pytest.param(
            Outcome(file=FileJudgement(FileAction.CONTINUE, "one", "exe")),
            {"subtype": "file", "action": "block-continue"}, id="a file that is asked about",
        ),
        pytest.param(DATA, {"subtype": "data", "action": "alert"}, id="data"),
    ],
)  # fmt: skip
async def test_files_and_data_have_rows_of_their_own_and_no_capture(
    gateway: Gateway, outcome: Outcome, expected: dict[str, object]
) -> None:
    live = live_of(gateway)
    flow = tflow.tflow(resp=tutils.tresp(content=b"MZ"))
    found(gateway, live, flow, body_of(live, flow, content=b"MZ"), outcome)
    (record,) = gateway.records("threat")
    assert record.items() >= expected.items()
    assert "pcap_id" not in record, "the virus profile asks for captures of its own findings"
    assert live.session.end_reason == ("threat" if outcome.blocks else "unknown")


async def test_how_much_was_delivered_is_said_of_what_was_cut_off(gateway: Gateway) -> None:
    live = live_of(gateway)
    flow = tflow.tflow(resp=True)
    for streams, action in ((True, Action.ALERT), (False, Action.BLOCK), (True, Action.BLOCK)):
        body = body_of(live, flow, content=b"x" * 100)
        body.streams, body.delivered = streams, 70
        found(gateway, live, flow, body, virus(action))
    told = [record.get("delivered") for record in gateway.records("threat")]
    assert told == [None, None, 70]


async def test_of_a_long_body_a_capture_shows_the_beginning_and_the_last_piece(
    gateway: Gateway,
) -> None:
    live = live_of(gateway)
    flow = tflow.tflow(resp=tutils.tresp(content=b""))
    body = body_of(live, flow, content=b"BEGIN" + bytes(65_531))
    for piece in (b"middle" * 50_000, b"THE LAST"):
        body.keep(piece)
    body.streams = True
    shown = exchange_of(live.session, flow, body, gateway.core.now())
    assert b"BEGIN" in shown.response and shown.response.endswith(b"THE LAST")
    assert b"middle" not in shown.response
    assert shown.missing == 300_000 - 8 + 8
    found(gateway, live, flow, body, virus(Action.BLOCK))
    (record,) = gateway.records("threat")
    assert b"THE LAST" in Path(f"var/pcap/{record['pcap_id']}.pcap").read_bytes()


@pytest.mark.parametrize("extended", [True, False])
async def test_what_went_before_stands_in_an_extended_capture(
    gateway: Gateway, extended: bool
) -> None:
    if extended:
        gateway.edit("profiles", "packet-capture: true", "packet-capture: extended")
    live = live_of(gateway)
    harmless = tflow.tflow(resp=tutils.tresp(content=b"BEFORE"))
    gateway.core.reporter.over(live, harmless, gateway.core.now())
    flow = tflow.tflow(resp=tutils.tresp(content=EICAR))
    found(gateway, live, flow, body_of(live, flow, content=EICAR), virus(Action.BLOCK))
    (record,) = gateway.records("threat")
    capture = Path(f"var/pcap/{record['pcap_id']}.pcap").read_bytes()
    assert EICAR in capture
    assert (b"BEFORE" in capture) is extended


async def test_the_end_of_a_session_forgets_what_went_before(gateway: Gateway) -> None:
    gateway.edit("profiles", "packet-capture: true", "packet-capture: extended")
    live = live_of(gateway)
    reporter, now = gateway.core.reporter, gateway.core.now()
    reporter.over(live, tflow.tflow(resp=tutils.tresp(content=b"BEFORE")), now)
    assert reporter._trails.held
    gateway.core.close(live)
    assert reporter._trails.held == 0


async def test_a_url(gateway: Gateway) -> None:
    live = live_of(gateway)
    flow = tflow.tflow(req=tutils.treq(host="www.test", path=b"/a?b"))
    granted = replace(live.granted_to(flow), rule="web", categories=("games", "news"))
    gateway.core.reporter.url(live, flow, UrlLogged.ASKED, granted, gateway.core.now())
    (record,) = gateway.records("threat")
    assert (record["subtype"], record["action"]) == ("url", "block-continue")
    assert (record["category"], record["url_category_list"]) == ("games", ["games", "news"])
    assert str(record["misc"]).endswith("www.test:22/a?b")
    assert record["rule"] == "web"


async def test_a_host_of_which_no_url_is_known(gateway: Gateway) -> None:
    live = live_of(gateway)
    live.session.sni = "games.test"
    gateway.core.reporter.host(live, "games", UrlLogged.BLOCK, gateway.core.now())
    (record,) = gateway.records("threat")
    assert (record["misc"], record["category"]) == ("games.test", "games")
    assert record["action"] == "block-url"


async def test_what_no_decoder_knows(gateway: Gateway) -> None:
    session = session_of(gateway)
    session.sni = "sni.test"
    gateway.core.reporter.undecoded(session, gateway.core.now())
    (record,) = gateway.records("threat")
    assert (record["misc"], record["action"]) == ("sni.test", "allow")
    assert record["reason"] == ["unscanned-protocol"]


async def test_files_that_were_moved_are_opened_anew(gateway: Gateway) -> None:
    reporter, now = gateway.core.reporter, gateway.core.now()
    log, moved = Path("var/log/traffic.jsonl"), Path("var/log/old")
    reporter.ended(session_of(gateway), now)
    await until(lambda: log.read_text())
    log.rename(moved)
    reporter.reopen()
    await until(log.exists)
    reporter.ended(session_of(gateway), now)
    await until(lambda: log.read_text())
    ids = [json.loads(file.read_text())["sessionid"] for file in (moved, log)]
    assert ids[0] != ids[1]
    assert reporter.healthy


async def test_after_the_end_it_is_not_healthy(gateway: Gateway) -> None:
    assert gateway.core.accepts
    gateway.core.reporter.close()
    assert not gateway.core.reporter.healthy
    assert gateway.core.accepts, "on-log-failure: continue"
    gateway.edit("settings", "on-log-failure: continue", "on-log-failure: block")
    assert not gateway.core.accepts


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ClearpaneError, match="can't be written"):
        Reporter(tmp_path / "state", lambda _: None)
