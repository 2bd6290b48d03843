import json
from pathlib import Path
from typing import Any

import pytest

from clearpane.cli.demonstration import threat_log
from clearpane.cli.demonstration.threat_log import ThreatLog

RECORD = {
    "receive_time": "2027/03/01 12:00:00",
    "threatid": "Eicar Test File(100000)",
    "misc": "eicar.com",
    "action": "reset-both",
    "decrypted": True,
}


def write(state: Path, *records: dict[str, Any], end: str = "\n") -> None:
    (state / "log").mkdir(exist_ok=True)
    with (state / "log" / "threat.jsonl").open("a") as file:
        file.write("".join(json.dumps(record) + end for record in records))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(threat_log, "_PATIENCE", 0.1)
    return tmp_path


def test_there_is_no_log_yet(state: Path) -> None:
    assert ThreatLog(state).records() == []
    assert ThreatLog(state).virus("eicar.com", decrypted=True) is None


def test_what_was_there_before_does_not_count(state: Path) -> None:
    write(state, RECORD)
    log = ThreatLog(state)
    assert log.records() == []
    write(state, RECORD | {"misc": "other"})
    assert [record["misc"] for record in log.records()] == ["other"]


def test_from_here_on(state: Path) -> None:
    log = ThreatLog(state)
    write(state, RECORD)
    later = log.onward()
    write(state, RECORD)
    assert (len(log.records()), len(later.records())) == (2, 1)


def test_half_a_line_is_none_yet(state: Path) -> None:
    log = ThreatLog(state)
    write(state, RECORD, end="")
    assert log.records() == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param({}, True, id="the record itself"),
        pytest.param({"misc": "eicar.com.txt"}, False, id="of another file"),
        pytest.param({"decrypted": False}, False, id="of another way"),
        pytest.param({"threatid": "Unscanned(0)"}, False, id="of no virus"),
    ],
)
def test_a_virus_is_found_by_file_and_way(change: dict[str, Any], found: bool, state: Path) -> None:
    log = ThreatLog(state)
    write(state, RECORD | change)
    assert (log.virus("eicar.com", decrypted=True) is not None) is found


def test_a_record_in_a_line_of_the_screen() -> None:
    text = "12:00:00  Eicar Test File(100000)  reset-both  eicar.com  decrypted"
    assert threat_log.short(RECORD) == text
    assert threat_log.short(RECORD | {"decrypted": False}).endswith("  not encrypted")
