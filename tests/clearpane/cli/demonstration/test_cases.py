"""The same fetches under the rules that ship, and under rules that do too little or too much."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clearpane.cli.demonstration import cases, threat_log
from clearpane.cli.demonstration.cases import CASES, Case, Row
from clearpane.cli.demonstration.client import Client
from clearpane.cli.demonstration.stage import (
    DOWNLOADS,
    EXPIRED,
    UNKNOWN_ISSUER,
    Given,
    Stage,
)
from clearpane.cli.demonstration.threat_log import ThreatLog

type Rows = dict[str, Row]


def played(stage: Stage) -> Rows:
    return {case.name: case.play(stage) for case in CASES}


def test_the_rows_are_those_that_are_promised() -> None:
    files = ("eicar.com", "eicar.com.txt", "eicar_com.zip", "eicarcom2.zip")
    assert [case.name for case in CASES] == [
        *(f"EICAR over HTTP: {file}" for file in files),
        *(f"EICAR over HTTPS: {file}" for file in files),
        "no-decrypt category",
        "untrusted server",
        "expired server",
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_under_the_rules_that_ship_every_row_is_as_it_should_be(case: Case, stage: Stage) -> None:
    row = case.play(stage)
    assert row.ok, row.seen
    assert len(row.seen) <= 39


class TestAGatewayThatFails:
    """The rules as shipped, and a stage on which something else comes out than it should."""

    def seen(self, name: str, stage: Stage) -> tuple[str, bool]:
        row = next(case.play(stage) for case in CASES if case.name == name)
        return row.seen, row.ok

    def test_a_virus_that_is_blocked_must_be_in_the_log(
        self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(threat_log, "_PATIENCE", 0.1)
        without = replace(stage, log=ThreatLog(tmp_path))
        found = self.seen("EICAR over HTTPS: eicar.com", without)
        assert found == ("virus page (403), not logged, Trust leaf", False)

    def test_a_private_server_must_not_be_decrypted(self, stage: Stage) -> None:
        found = self.seen("no-decrypt category", replace(stage, private=DOWNLOADS))
        assert found == ("files.example: Trust leaf", False)

    def test_an_untrusted_server_must_be_warned_of(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cases, "UNKNOWN_ISSUER", DOWNLOADS)
        found = self.seen("untrusted server", stage)
        assert found == ("no warning (status 200), Trust leaf", False)

    def test_an_untrusted_server_is_none_that_has_expired(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cases, "UNKNOWN_ISSUER", EXPIRED)
        seen, ok = self.seen("untrusted server", stage)
        assert seen == "warning: certificate has expired, Trust leaf"
        assert not ok

    def test_an_expired_server_must_show_its_own_date(self, stage: Stage) -> None:
        servers = {**stage.servers, EXPIRED: stage.servers[DOWNLOADS]}
        seen, ok = self.seen("expired server", replace(stage, servers=servers))
        assert seen.startswith("warning: expired ")
        assert not ok

    def test_an_expired_server_is_none_of_an_unknown_issuer(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cases, "EXPIRED", UNKNOWN_ISSUER)
        seen, ok = self.seen("expired server", stage)
        assert seen.endswith(", Untrust leaf")
        assert not ok

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_no_gateway_at_all(self, case: Case, stage: Stage) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        row = case.play(replace(stage, client=Client(port, stage.signers.trust)))
        assert not row.ok
        assert row.seen.startswith("connection refused")


class TestNothingIsDecrypted:
    def test_the_virus_arrives_over_https(self, undecrypted: Rows) -> None:
        for name, row in undecrypted.items():
            if "HTTPS" in name:
                assert (row.seen, row.ok) == ("the virus arrived, own certificate", False)

    def test_over_http_it_does_not(self, undecrypted: Rows) -> None:
        assert undecrypted["EICAR over HTTP: eicar.com"].ok

    def test_no_category_is_left_alone_by_a_rule(self, undecrypted: Rows) -> None:
        row = undecrypted["no-decrypt category"]
        assert (row.seen, row.ok) == ("no rule leaves a category alone", False)

    @pytest.mark.parametrize("name", ["untrusted server", "expired server"])
    def test_a_warning_of_the_server_is_no_work_of_the_gateway(
        self, name: str, undecrypted: Rows
    ) -> None:
        assert undecrypted[name].seen.endswith("own certificate")
        assert not undecrypted[name].ok


class TestEverythingIsDecryptedAndLittleIsDone:
    """Bad servers are blocked, a virus is only recorded, a bank is decrypted by mistake."""

    @pytest.mark.parametrize("way", ["HTTP", "HTTPS"])
    def test_a_virus_that_is_only_recorded_has_arrived(self, way: str, recorded: Rows) -> None:
        row = recorded[f"EICAR over {way}: eicar_com.zip"]
        assert row.seen.startswith("the virus arrived")
        assert not row.ok

    @pytest.mark.parametrize("name", ["untrusted server", "expired server"])
    def test_a_page_in_place_of_a_warning_is_as_it_should_be(
        self, name: str, recorded: Rows
    ) -> None:
        assert (recorded[name].seen, recorded[name].ok) == ("block page (503), Trust leaf", True)

    def test_a_rule_that_never_matches_leaves_no_category_alone(self, recorded: Rows) -> None:
        row = recorded["no-decrypt category"]
        assert (row.seen, row.ok) == ("no rule leaves a category alone", False)


@pytest.fixture(scope="module")
def undecrypted(stages: Callable[[Given], Stage], rules: Callable[..., Path]) -> Rows:
    return played(stages(Given(rules(decryption="rules: [{name: none, action: no-decrypt}]\n"))))


@pytest.fixture(scope="module")
def recorded(stages: Callable[[Given], Stage], rules: Callable[..., Path]) -> Rows:
    folder = rules(
        decryption="""\
rules:
  - {name: private, category: [financial-services], service: [tcp/1], action: no-decrypt}
  - {name: all, action: decrypt, profile: strict}
""",
        profiles="""\
decryption:
  strict:
    ssl-forward-proxy: {block-expired-certificate: true, block-untrusted-issuer: true}
antivirus:
  default: {http: {action: alert}, http2: {action: alert}}
""",
    )
    return played(stages(Given(folder)))
