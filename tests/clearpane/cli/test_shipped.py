from pathlib import Path

import pytest

from clearpane.cli import shipped


def test_in_a_checkout_they_lie_at_its_root() -> None:
    assert shipped.folder() == Path(__file__).resolve().parents[3]


def test_in_a_wheel_they_lie_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shipped").mkdir()
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path)
    assert shipped.folder() == tmp_path / "shipped"


def test_every_file_is_there() -> None:
    files = list(shipped.files())
    assert Path("rules/decryption.yaml") in files
    assert Path("rules/categories/financial-services.txt") in files
    assert all((shipped.folder() / file).is_file() for file in files)


def test_no_key_is_ever_among_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout in which the gateway has run."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / ".decryption.yaml.swp").touch()
    (tmp_path / "ca" / "inbound").mkdir(parents=True)
    for name in ("README.md", ".gitignore", "forward-trust.key", "inbound/www.key"):
        (tmp_path / "ca" / name).touch()
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    assert {str(file) for file in shipped.files()} == {"ca/README.md", "ca/.gitignore"}
