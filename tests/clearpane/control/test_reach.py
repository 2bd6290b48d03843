import os
from pathlib import Path

import pytest

from clearpane.control.reach import reach


def test_a_short_path_is_left_as_it_is() -> None:
    with reach(Path("var/control.sock")) as name:
        assert name == "var/control.sock"


def test_a_long_path_is_reached_by_a_short_one(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    (folder / "control.sock").write_text("here")
    descriptors = len(os.listdir("/proc/self/fd"))
    with reach(folder / "control.sock") as name:
        assert len(name) < 100
        assert Path(name).read_text() == "here"
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_bytes_count_not_characters() -> None:
    with pytest.raises(FileNotFoundError), reach(Path("ä" * 60) / "control.sock"):
        pass
