"""Only plain files of a bearable size are read, and never without a word about what is wrong."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clearpane.configuration.files import is_private, read, stamp, visible
from clearpane.errors import Problems


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    problems = Problems()
    path = tmp_path / "a.txt"
    path.write_bytes(b"text")
    assert read(path, problems) == b"text"
    assert problems.found == []


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        pytest.param(lambda path: None, "does not exist", id="missing"),
        pytest.param(Path.mkdir, "is a folder", id="a folder"),
        pytest.param(os.mkfifo, "is no plain file", id="a pipe"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "no plain file", id="a device"),
        pytest.param(
            lambda path: path.symlink_to(path.name), "can't be read", id="a link to itself"
        ),
        pytest.param(
            lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 257 << 20),
            "has over 256 MiB",
            id="a huge file",
        ),
    ],
)
def test_what_is_not_read_is_said(
    tmp_path: Path, make_it: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "there"
    make_it(path)
    by_itself, asked = Problems(), Problems()

    assert read(path, by_itself) is None
    assert str(by_itself.found[0]).startswith(f"{path}: error: this file ")
    assert message in by_itself.found[0].message
    assert read(path, asked, "settings.yaml:1:2") is None
    assert str(asked.found[0]).startswith(f"settings.yaml:1:2: error: the file {path} ")


def test_an_editors_files_are_not_seen(tmp_path: Path) -> None:
    problems = Problems()
    for name in ("a", ".a.swp"):
        (tmp_path / name).touch()
    assert [path.name for path in visible(tmp_path, problems)] == ["a"]
    assert [*visible(tmp_path / "none", problems)] == [] == problems.found
    assert [*visible(tmp_path / "a", problems)] == []
    assert "this folder can't be read" in problems.found[0].message


@pytest.mark.parametrize(
    ("mode", "private"),
    [(0o600, True), (0o400, True), (0o640, False), (0o604, False), (0o622, False)],
    ids=["0600", "0400", "0640", "0604", "0622"],
)
def test_what_others_can_read_or_write_is_not_private(
    tmp_path: Path, mode: int, private: bool
) -> None:
    problems = Problems()
    path = tmp_path / "secret"
    path.touch()
    path.chmod(mode)
    assert is_private(path, problems, "s.yaml:1:1") is private
    assert [str(each) for each in problems.found] == (
        []
        if private
        else [
            f"s.yaml:1:1: error: others than its owner can read the file {path} (mode {mode:04o}) "
            f"(chmod 600 {path})"
        ]
    )


def test_a_file_that_is_gone_is_not_private(tmp_path: Path) -> None:
    problems = Problems()
    assert not is_private(tmp_path / "none", problems, "s.yaml:1:1")
    assert "can't be read" in problems.found[0].message


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert stamp(path) == ()
    path.write_text("a")
    before = stamp(path)
    assert before == stamp(path) != ()
    path.write_text("ab")
    assert stamp(path) != before
