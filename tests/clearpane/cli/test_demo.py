import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clearpane.cli import main
from clearpane.gateway.places import PidFile
from sites import SHIPPED

CLEARPANE = [sys.executable, "-c", "import sys; from clearpane.cli import main; sys.exit(main())"]
# A shell that starts something in the background has it ignore Ctrl-C, and so do its children.
_HEEDS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
INTERRUPTIBLE = [sys.executable, "-c", _HEEDS + CLEARPANE[2]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and another for what is temporary."""
    for name in ("work", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def left_behind(folder: Path) -> list[Path]:
    return list(folder.glob("*/*"))


def test_every_row_is_as_it_should_be_and_nothing_stays_behind(folder: Path) -> None:
    done = subprocess.run(
        [*CLEARPANE, "demo", "--json"], capture_output=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    rows = json.loads(done.stdout)
    assert len(rows) == 11
    assert all(row.keys() == {"case", "expected", "seen", "ok"} for row in rows)
    assert all(row["ok"] is True for row in rows)
    assert left_behind(folder) == []


def test_the_screen_holds_it_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines[:-1])) <= 80
    assert sum(line.endswith(" ok") for line in lines) == 11
    assert sum("Eicar Test File(100000)" in line for line in lines) == 4
    assert lines[-2].startswith("11 of 11 as it should be, in ")
    assert lines[-1].startswith("Try next: ")
    assert " init; " in lines[-1]


def test_rules_that_decrypt_nothing_make_it_fail(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SHIPPED, "rules")
    Path("rules/decryption.yaml").write_text("rules: [{name: none, action: no-decrypt}]\n")
    assert main(["demo", "--rules", "rules"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("Rules: rules")
    assert sum(line.endswith(" WRONG") for line in lines) == 7
    assert lines[-3].startswith("4 of 11 as it should be, in ")
    assert " test decryption-policy-match --rules rules " in lines[-1]


def test_rules_that_are_not_valid_are_one_refusal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SHIPPED, "rules")
    Path("rules/decryption.yaml").write_text("rules: [{name: all, action: decrpyt}]\n")
    assert main(["demo", "--json", "--rules", "rules"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "clearpane: rules/decryption.yaml:1:29: error:" in shown.err


def test_a_state_folder_in_use_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = PidFile(Path("var"))
    assert own.claim(os.getpid())
    assert main(["demo", "--state", "var"]) == 2
    own.release()
    assert "a gateway runs with this state folder" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_it_ends_all_that_it_started(folder: Path, ending: signal.Signals) -> None:
    with subprocess.Popen([*INTERRUPTIBLE, "demo"], stderr=subprocess.PIPE) as demo:
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        deadline = time.monotonic() + 60
        while not (started := children.read_text().split()):
            assert time.monotonic() < deadline
        demo.send_signal(ending)
        assert demo.wait(60) == 2
        assert demo.stderr
        assert b"Traceback" not in demo.stderr.read()
    assert not any(Path(f"/proc/{child}").exists() for child in started)
    assert left_behind(folder) == []
