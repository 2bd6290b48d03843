"""Captures are kept, the newest up to a number and a size, and never half."""

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from clearpane.errors import ClearpaneError
from clearpane.records import pcapng
from clearpane.records.capture_format import CaptureFormat
from clearpane.records.captures import Captures
from clearpane.records.exchange import Exchange
from clearpane.records.pcap import build

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

type Maker = Callable[..., Captures]


def an_exchange(size: int = 100) -> Exchange:
    return Exchange(AT, "10.1.2.3", 50_000, "192.0.2.9", 80, b"GET / HTTP/1.1\r\n\r\n", bytes(size))


LENGTH = len(build(an_exchange()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pcap"


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def captures(folder: Path, reports: list[str]) -> Iterator[Maker]:
    made: list[Captures] = []

    def make(**values: Any) -> Captures:
        made.append(Captures(folder, reports.append, **values))
        return made[-1]

    yield make
    for one in made:
        one.close()


def numbers(folder: Path) -> set[int]:
    assert {path.suffix for path in folder.iterdir()} <= {".pcap"}
    return {int(path.stem) for path in folder.glob("*.pcap")}


def test_a_capture_is_stored_under_its_number(captures: Maker, folder: Path) -> None:
    one = captures()
    number = one.put(an_exchange())
    one.close()
    path = folder / f"{number}.pcap"
    assert 0 < number < 2**64 and path.read_bytes() == build(an_exchange())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_oldest_go_first_by_number(captures: Maker, folder: Path) -> None:
    one = captures(kept=3)
    put = [one.put(an_exchange()) for _ in range(7)]
    one.close()
    assert numbers(folder) == set(put[-3:])


def test_the_oldest_go_first_by_size(captures: Maker, folder: Path) -> None:
    one = captures(total=LENGTH * 2 + 10)
    put = [one.put(an_exchange()) for _ in range(5)]
    one.close()
    assert numbers(folder) == set(put[-2:])


def test_captures_of_earlier_runs_count(captures: Maker, folder: Path) -> None:
    first = captures()
    put = [first.put(an_exchange()) for _ in range(3)]
    first.close()
    for age, number in enumerate(put):
        os.utime(folder / f"{number}.pcap", (1_000 - age, 1_000 - age))
    second = captures(kept=3)
    new = second.put(an_exchange())
    second.close()
    assert numbers(folder) == {put[0], put[1], new}, "the third was the oldest by its date"


def test_what_others_put_there_is_left_alone(captures: Maker, folder: Path) -> None:
    folder.mkdir()
    for name in ("mine.pcap", "notes.txt", "mine.part"):
        (folder / name).write_text("mine")
    (folder / "123.part").write_text("half of one")
    one = captures(kept=1)
    put = [one.put(an_exchange()) for _ in range(3)]
    one.close()
    assert {path.name for path in folder.iterdir()} == {
        *("mine.pcap", "notes.txt", "mine.part"),
        f"{put[-1]}.pcap",
    }


def test_one_that_an_administrator_removed_is_no_trouble(
    captures: Maker, folder: Path, reports: list[str]
) -> None:
    first = captures()
    first.put(an_exchange())
    first.close()
    second = captures(kept=1)
    for path in folder.iterdir():
        path.unlink()
    number = second.put(an_exchange())
    second.close()
    assert numbers(folder) == {number} and second.lost == 0 and not reports


def test_what_finds_no_place_is_refused_and_counted(captures: Maker, folder: Path) -> None:
    one = captures(waiting=1_000_000)
    assert one.put(an_exchange(2_000_000)) == 0 and one.lost == 1
    one.close()
    assert numbers(folder) == set()


def test_one_larger_than_all_is_refused(captures: Maker) -> None:
    one = captures(total=1_000)
    assert one.put(an_exchange(2_000)) == 0 and one.lost == 1


def test_room_comes_back_when_a_capture_is_written(captures: Maker) -> None:
    for _ in range(3):
        one = captures(waiting=500)
        assert one.put(an_exchange(400)) > 0
        one.close()
        assert one._room == 500


def test_a_full_disk_is_reported_once_and_leaves_nothing_half(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        texts: list[str] = []
        one = Captures(disk, texts.append)
        for _ in range(3):
            one.put(an_exchange(100_000))
        one.close()
        assert len(texts) == 1 and "No space left" in texts[0]
        assert one.lost == 3 and list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_can_not_be_used_is_said_at_once(folder: Path) -> None:
    folder.write_text("no folder")
    with pytest.raises(ClearpaneError, match=r"pcap: error: can't be written"):
        Captures(folder, print)


def test_the_newer_form_carries_the_comment_with_its_number(captures: Maker, folder: Path) -> None:
    one = captures(form=CaptureFormat.PCAPNG)
    number = one.put(an_exchange(), comment=lambda n: f"number {n}")
    one.close()
    path = folder / f"{number}.pcapng"
    assert path.read_bytes() == pcapng.build(an_exchange(), comment=f"number {number}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_both_forms_count_when_the_setting_was_changed(captures: Maker, folder: Path) -> None:
    first = captures(form=CaptureFormat.PCAPNG)
    first.put(an_exchange())
    first.close()
    second = captures(kept=1)
    number = second.put(an_exchange())
    second.close()
    assert [path.name for path in folder.iterdir()] == [f"{number}.pcap"]


def test_what_went_before_is_in_the_file(captures: Maker, folder: Path) -> None:
    one = captures()
    number = one.put(an_exchange(10), an_exchange(20))
    one.close()
    assert (folder / f"{number}.pcap").read_bytes() == build(an_exchange(10), an_exchange(20))


def test_one_that_is_too_long_is_cut_and_says_so(captures: Maker, folder: Path) -> None:
    one = captures(each=50_000)
    exchange = an_exchange(1_000_000)
    assert one.missing(exchange) == exchange.size - 50_000 > 0
    assert one.missing(an_exchange()) == 0
    number = one.put(exchange)
    one.close()
    assert 50_000 < (folder / f"{number}.pcap").stat().st_size < 60_000


def test_headers_count_for_the_total(captures: Maker, folder: Path) -> None:
    one = captures(total=LENGTH * 2 - 1)
    put = [one.put(an_exchange()) for _ in range(2)]
    one.close()
    assert numbers(folder) == {put[-1]}


def test_after_the_end_nothing_is_taken(captures: Maker, folder: Path) -> None:
    one = captures()
    one.close()
    assert one.put(an_exchange()) == 0 and one.lost == 1 and numbers(folder) == set()


class Reports:
    """Waits for the next report of the captures' own thread."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.told = Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self.told.set()

    def wait(self) -> str:
        assert self.told.wait(30)
        self.told.clear()
        return self.texts[-1]


def test_a_folder_that_refuses_is_not_promised_anything(folder: Path) -> None:
    reports = Reports()
    one = Captures(folder, reports)
    folder.rmdir()
    assert one.put(an_exchange()) > 0, "nobody knows yet"
    assert "can't be written" in reports.wait() and not one.healthy
    assert one.put(an_exchange()) == 0 and one.put(an_exchange()) == 0
    folder.mkdir()
    while not (number := one.put(an_exchange())):
        reports.told.wait(0.05)
    assert "written again" in reports.wait()
    one.close()
    assert numbers(folder) == {number} and len(reports.texts) == 2
    assert one.lost >= 3


def test_a_disk_that_has_room_for_less_stays_refused(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        reports = Reports()
        one = Captures(disk, reports)
        one.put(an_exchange(100_000))
        assert "No space left" in reports.wait()
        refused = [one.put(an_exchange(100_000)) for _ in range(3)]
        one.close()
        assert refused == [0, 0, 0] and len(reports.texts) == 1 and list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
