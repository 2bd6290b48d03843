from pathlib import Path

import pytest

from clearpane.cli import main


def test_clear_asks_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["clear", "system", "setting", "ssl-decrypt", "exclude-cache"]) == 2
    assert "no gateway is running" in capsys.readouterr().err


def test_it_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["clear", "--help"])
    assert "have a running gateway forget something" in capsys.readouterr().out
