"""Where the files lie, and which process the number in gateway.pid means."""

import os
from pathlib import Path
from types import SimpleNamespace

from clearpane.gateway.places import PID_FILE, Places, running_pid


def test_places_are_the_options() -> None:
    options = SimpleNamespace(clearpane_rules="a", clearpane_ca="~/b", clearpane_state="/c")
    places = Places.of(options)  # type: ignore[arg-type]
    assert places == Places(Path("a"), Path("~/b").expanduser(), Path("/c"))


def test_the_running_gateway_is_found_and_forgotten(tmp_path: Path) -> None:
    places = Places(state=tmp_path / "var")
    assert running_pid(places.state) is None
    places.write_pid(os.getpid())
    assert running_pid(places.state) == os.getpid()
    places.remove_pid(os.getpid())
    assert not (places.state / PID_FILE).exists()


def test_another_gateways_number_is_left(tmp_path: Path) -> None:
    places = Places(state=tmp_path)
    places.write_pid(os.getppid())
    places.remove_pid(os.getpid())
    assert running_pid(tmp_path) == os.getppid()


def test_rubbish_is_no_gateway(tmp_path: Path) -> None:
    (tmp_path / PID_FILE).write_text("rubbish")
    assert running_pid(tmp_path) is None
