"""Records of what happened, as they stand in the files."""

import json
from pathlib import Path

import pytest
from mitmproxy.test import tflow, tutils

from clearpane.antivirus.profile import Action
from clearpane.content.detection import Detection, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.errors import ClearpaneError
from clearpane.gateway.messages import message_of
from clearpane.gateway.reporter import Reporter
from clearpane.pipeline.message import Judgement
from clearpane.rulebase.decision import Action as Decided
from clearpane.rulebase.decision import Decision, Reason
from clearpane.sessions.session import Session
from gateways import EICAR, Gateway, until

VIRUS = Detection("Eicar Test File", 100000)


def session_of(gateway: Gateway) -> Session:
    _, live = gateway.open()
    live.session.host, live.session.port = "www.test", 443
    return live.session


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


@pytest.mark.parametrize(
    ("action", "ends"), [(Action.ALERT, "unknown"), (Action.RESET_BOTH, "threat")]
)
async def test_a_threat(gateway: Gateway, action: Action, ends: str) -> None:
    session = session_of(gateway)
    request = tutils.treq(host="www.test", path=b"/eicar.com?x=1")
    request.headers["User-Agent"], request.headers["Referer"] = "curl\r\nx", "http://a.test/"
    flow = tflow.tflow(req=request, resp=tutils.tresp(content=EICAR))
    gateway.core.reporter.found(
        session, flow, message_of(flow, Direction.DOWNLOAD), Judgement(action, VIRUS),
        gateway.core.now(), capture=True, digest="00",
    )  # fmt: skip
    assert session.end_reason == ends
    (record,) = gateway.records("threat")
    assert record["threatid"] == "Eicar Test File(100000)"
    assert record["action"] == action
    assert record["misc"] == "eicar.com"
    assert record["user_agent"] == "curl\r\nx"
    assert record["referer"] == "http://a.test/"
    assert record["http_method"] == "GET"
    assert str(record["url"]).endswith("/eicar.com?x=1")
    assert EICAR not in Path("var/log/threat.jsonl").read_bytes(), "no body in a log"
    capture = Path(f"var/pcap/{record['pcap_id']}.pcap")
    assert EICAR in capture.read_bytes()
    assert capture.stat().st_mode & 0o777 == 0o600


async def test_a_finding_in_an_upload_has_no_response_yet(gateway: Gateway) -> None:
    flow = tflow.tflow(req=tutils.treq(content=EICAR))
    gateway.core.reporter.found(
        session_of(gateway), flow, message_of(flow, Direction.UPLOAD),
        Judgement(Action.RESET_BOTH, VIRUS), gateway.core.now(), capture=True,
    )  # fmt: skip
    (record,) = gateway.records("threat")
    assert record["direction"] == "client-to-server"
    assert EICAR in Path(f"var/pcap/{record['pcap_id']}.pcap").read_bytes()


async def test_what_could_not_be_judged(gateway: Gateway) -> None:
    flow = tflow.tflow(resp=True)
    gateway.core.reporter.found(
        session_of(gateway), flow, message_of(flow, Direction.DOWNLOAD),
        Judgement(Action.BLOCK, Unscanned(Unread.ENCRYPTED, member="a.zip")),
        gateway.core.now(), capture=False,
    )  # fmt: skip
    (record,) = gateway.records("threat")
    assert (record["threatid"], record["reason"]) == ("Unscanned(0)", ["unscanned-encrypted"])
    assert (record["severity"], record["member"]) == ("low", "a.zip")
    assert "pcap_id" not in record


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
