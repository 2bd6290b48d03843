"""The same fetches under rules that ship, that decrypt nothing, and that do too much or too little."""

from collections.abc import Callable

import pytest

from clearpane.cli.demonstration.cases import CASES, Case, Row
from clearpane.cli.demonstration.stage import Given, Stage

EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def played(stage: Stage) -> dict[str, Row]:
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


@EACH
def test_under_the_rules_that_ship_every_row_is_as_it_should_be(case: Case, stage: Stage) -> None:
    row = case.play(stage)
    assert row.ok, row.seen
    assert len(row.seen) <= 39


class TestNothingIsDecrypted:
    @pytest.fixture(scope="class")
    def rows(
        self, stages: Callable[[Given], Stage], rules: Callable[..., object]
    ) -> dict[str, Row]:
        folder = rules(decryption="rules: [{name: none, action: no-decrypt}]\n")
        return played(stages(Given(folder)))

    def test_the_virus_arrives_over_https(self, rows: dict[str, Row]) -> None:
        for name, row in rows.items():
            if "HTTPS" in name:
                assert (row.seen, row.ok) == ("the virus arrived, own certificate", False)

    def test_over_http_it_does_not(self, rows: dict[str, Row]) -> None:
        assert rows["EICAR over HTTP: eicar.com"].ok

    def test_no_category_is_left_alone_by_a_rule(self, rows: dict[str, Row]) -> None:
        row = rows["no-decrypt category"]
        assert (row.seen, row.ok) == ("no rule leaves a category alone", False)

    def test_a_warning_of_the_server_itself_is_no_work_of_the_gateway(
        self, rows: dict[str, Row]
    ) -> None:
        for name in ("untrusted server", "expired server"):
            assert rows[name].seen.endswith("own certificate")
            assert not rows[name].ok


class TestChecksAndNoAntivirus:
    """Bad servers are blocked, a virus is only recorded, and the bank is decrypted by mistake."""

    @pytest.fixture(scope="class")
    def stage(self, stages: Callable[[Given], Stage], rules: Callable[..., object]) -> Stage:
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
        return stages(Given(folder))

    @pytest.fixture(scope="class")
    def rows(self, stage: Stage) -> dict[str, Row]:
        return played(stage)

    @pytest.mark.parametrize("way", ["HTTP", "HTTPS"])
    def test_a_virus_that_is_only_recorded_has_arrived(
        self, way: str, rows: dict[str, Row]
    ) -> None:
        row = rows[f"EICAR over {way}: eicar_com.zip"]
        assert row.seen.startswith("the virus arrived")
        assert not row.ok

    @pytest.mark.parametrize("name", ["untrusted server", "expired server"])
    def test_a_page_in_place_of_a_warning_is_as_it_should_be(
        self, name: str, rows: dict[str, Row]
    ) -> None:
        assert (rows[name].seen, rows[name].ok) == ("block page (503), Trust leaf", True)

    def test_a_rule_that_never_matches_leaves_nothing_alone(self, stage: Stage) -> None:
        assert stage.private == ""
