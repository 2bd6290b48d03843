"""Where the files lie, and which process the number in gateway.pid means."""

import os
from pathlib import Path
from types import SimpleNamespace

from clearpane.gateway.places import PID_FILE, PidFile, Places, running_pid


def test_places_are_the_options() -> None:
    options = SimpleNamespace(clearpane_rules="a", clearpane_ca="~/b", clearpane_state="/c")
    places = Places.of(options)  # type: ignore[arg-type]
    assert places == Places(Path("a"), Path("~/b").expanduser(), Path("/c"))


def test_the_running_gateway_is_found_and_forgotten(tmp_path: Path) -> None:
    state = tmp_path / "var"
    assert running_pid(state) is None
    pid_file = PidFile(state)
    assert pid_file.claim(4711)
    assert running_pid(state) == 4711
    pid_file.release()
    assert not (state / PID_FILE).exists()


def test_a_second_gateway_does_not_take_the_folder(tmp_path: Path) -> None:
    first, second = PidFile(tmp_path), PidFile(tmp_path)
    assert first.claim(1)
    assert not second.claim(2)
    second.release()
    assert running_pid(tmp_path) == 1
    first.release()


def test_a_number_that_was_left_behind_is_no_gateway(tmp_path: Path) -> None:
    (tmp_path / PID_FILE).write_text(f"{os.getpid()}\n")
    assert running_pid(tmp_path) is None
    pid_file = PidFile(tmp_path)
    assert pid_file.claim(4711)
    assert running_pid(tmp_path) == 4711
    pid_file.release()
