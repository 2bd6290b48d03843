"""Every engine is asked as the gateway asks it; only one that finds the test file is well."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearpane.cli import main
from e2e.harness import clamav
from sites import Site

OTHER = 'rule Other { strings: $a = "unlikely words" condition: $a }\n'


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamav.Clamd]:
    with clamav.Clamd(tmp_path_factory.mktemp("clamd")) as started:
        yield started


def use(site: Site, engines: str) -> None:
    """Other engines than those of the rules as shipped."""
    text = (site.rules / "settings.yaml").read_text()
    changed = text.replace("engines: [embedded]", f"engines: {engines}")
    assert changed != text
    site.write("settings.yaml", changed)


def test_the_rules_as_shipped(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["antivirus", "test"]) == 0
    first, *rounds, isolation, library = capsys.readouterr().out.splitlines()
    assert first.startswith("embedded: boreal ")
    assert first.endswith(", 1 rule in 1 file")
    assert [line.split()[0] for line in rounds] == ["found"] * 3
    assert isolation == "unpacking processes: cut off by seccomp"
    assert library.startswith("libarchive: 3.")


def test_both_engines_as_json(
    site: Site, daemon: clamav.Clamd, capsys: pytest.CaptureFixture[str]
) -> None:
    use(site, f"[embedded, clamd]\n  clamd: {{socket: {daemon.path}}}")
    assert main(["antivirus", "test", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(one["engine"], one["ok"]) for one in answer["engines"]] == [
        ("embedded", True),
        ("clamd", True),
    ]
    clamd = answer["engines"][1]
    assert clamd["version"].startswith("ClamAV 1.")
    assert clamd["signatures"] == "no database besides local files"
    assert [one["case"] for one in clamd["rounds"]] == ["plain", "in a zip", "in a 7z"]
    assert (answer["isolation"], answer["libarchive"][:2]) == ("seccomp", "3.")


def test_rules_that_find_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.write("threats/eicar.yar", OTHER)
    assert main(["antivirus", "test"]) == 1
    out = capsys.readouterr().out
    assert out.count("MISSED") == 3
    assert "put eicar.yar back" in out


def test_a_daemon_that_is_not_there(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    socket = tmp_path / "nobody"
    use(site, f"clamd\n  clamd: {{socket: {socket}}}")
    assert main(["antivirus", "test"]) == 1
    out = capsys.readouterr().out
    assert f"clamd: nobody answers at {socket}" in out
    assert "(start clamd)" in out


def test_without_libarchive_a_7z_is_not_asked_for(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.import_module

    def missing(name: str) -> object:
        if name == "libarchive.ffi":
            raise OSError(name)
        return found(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert main(["antivirus", "test"]) == 0
    out = capsys.readouterr().out
    assert out.count("found ") == 2
    assert "(install libarchive13)" in out


def test_rules_that_are_not_valid_test_nothing(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("threats/eicar.yar", "rule {")
    assert main(["antivirus", "test"]) == 2
    assert "eicar.yar:1:6: error: YARA" in capsys.readouterr().err
