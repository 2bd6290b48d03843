from pathlib import Path

import pytest

from clearpane.cli import main, shipped


def read(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_that_ships_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    files = list(shipped.files())
    assert read(folder) == {file: (shipped.folder() / file).read_bytes() for file in files}
    assert f"rules: {len(files) - 2} files written" in capsys.readouterr().out


def test_another_folder_is_made(folder: Path) -> None:
    assert main(["init", "new/gateway"]) == 0
    assert (folder / "new/gateway/rules/decryption.yaml").is_file()
    assert (folder / "new/gateway/ca/README.md").is_file()


def test_the_folders_can_have_other_names(folder: Path) -> None:
    assert main(["init", "new", "--rules", "policy", "--ca", str(folder / "keys")]) == 0
    assert (folder / "new/policy/decryption.yaml").is_file()
    assert (folder / "keys/README.md").is_file()


def test_what_is_there_is_kept_and_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = folder / "rules" / "decryption.yaml"
    own.parent.mkdir()
    own.write_text("rules: []\n")
    assert main(["init"]) == 0
    assert own.read_text() == "rules: []\n"
    assert "rules/decryption.yaml: kept as it is" in capsys.readouterr().out
    assert (folder / "rules" / "settings.yaml").is_file()


def test_a_link_that_leads_nowhere_is_not_followed(folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "decryption.yaml").symlink_to(folder / "elsewhere")
    assert main(["init"]) == 0
    assert not (folder / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_one_clear_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").touch()
    assert main(["init", "file"]) == 2
    assert capsys.readouterr().err == "clearpane: file/rules/categories: Not a directory\n"


def test_what_was_written_is_valid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert main(["check"]) == 0
    assert "rules are valid" in capsys.readouterr().out
