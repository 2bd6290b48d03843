"""The record files under everything that may happen to them: a full disk is a real, small one."""

import errno
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from clearpane.errors import ClearpaneError
from clearpane.records.journal import Journal, Kind

PATIENCE = 10.0

type Maker = Callable[..., Journal]


class Reports:
    """What the journal reported, and a way to wait for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._came = Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self._came.set()

    def wait(self) -> str:
        assert self._came.wait(PATIENCE), "nothing was reported"
        self._came.clear()
        return self.texts[-1]


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def journal(tmp_path: Path, reports: Reports) -> Iterator[Maker]:
    made: list[Journal] = []

    def make(folder: Path = tmp_path / "log", **values: int) -> Journal:
        made.append(Journal(folder, reports, **values))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB; it takes root to make one, and the tests need it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def lines(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    assert text == "" or text.endswith("\n"), "the last line is whole"
    return text.splitlines()


def fill(folder: Path) -> Path:
    """Takes up what room there is."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return path


def test_each_kind_has_its_file(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    for kind in Kind:
        assert one.put(kind, f'{{"type":"{kind}"}}')
    assert one.flush(PATIENCE) and one.healthy
    for kind in Kind:
        assert lines(tmp_path / "log" / f"{kind}.jsonl") == [f'{{"type":"{kind}"}}']


def test_files_are_there_before_the_first_record_and_private(
    journal: Maker, tmp_path: Path
) -> None:
    journal()
    folder = tmp_path / "log"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == [
        "decryption.jsonl",
        "threat.jsonl",
        "traffic.jsonl",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_can_not_be_used_is_said_at_once(tmp_path: Path, reports: Reports) -> None:
    (tmp_path / "log").write_text("no folder")
    with pytest.raises(ClearpaneError, match=r"log: error: can't be written: .*exists"):
        Journal(tmp_path / "log", reports)


def test_order_is_kept_over_many_batches(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    for number in range(9_000):
        assert one.put(Kind.TRAFFIC, str(number))
    assert one.close() and one.lost == 0
    assert lines(tmp_path / "log" / "traffic.jsonl") == [str(n) for n in range(9_000)]


def test_a_reader_can_follow_while_records_are_written(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    path = tmp_path / "log" / "threat.jsonl"
    with subprocess.Popen(["tail", "-n", "+1", "-f", str(path)], stdout=subprocess.PIPE) as tail:
        assert tail.stdout
        for number in range(300):
            assert one.put(Kind.THREAT, f"{number} " + "x" * 3_000)
        seen = [tail.stdout.readline() for _ in range(300)]
        tail.terminate()
    assert seen == [f"{number} ".encode() + b"x" * 3_000 + b"\n" for number in range(300)]


def test_a_full_queue_loses_records_and_counts_them(journal: Maker, reports: Reports) -> None:
    one = journal(capacity=10)
    results = [one.put(Kind.TRAFFIC, "x" * 100_000) for _ in range(200)]
    assert one.lost == results.count(False) > 0
    assert "were lost" in reports.wait()
    assert one.flush(PATIENCE) and one.healthy


def test_the_queue_is_bounded_in_size_too(journal: Maker) -> None:
    one = journal()
    assert not all(one.put(Kind.TRAFFIC, "x" * 1_000_000) for _ in range(200))


def test_after_the_end_records_are_lost_and_counted(journal: Maker) -> None:
    one = journal()
    assert one.close()
    assert not one.put(Kind.TRAFFIC, "x") and one.lost == 1 and not one.healthy
    assert not one.close()


def test_putting_is_quick(journal: Maker) -> None:
    one = journal()
    start = time.thread_time()
    for _ in range(5_000):
        one.put(Kind.TRAFFIC, "x" * 800)
    assert (time.thread_time() - start) / 5_000 < 50e-6


def test_a_full_disk_loses_nothing_that_fits_the_queue(
    journal: Maker, reports: Reports, small_disk: Path
) -> None:
    one = journal(small_disk / "log", capacity=500)
    filler = fill(small_disk)
    for number in range(500):
        assert one.put(Kind.TRAFFIC, f"{number:04} " + "x" * 95)
    assert "No space left on device" in reports.wait()
    assert not one.healthy
    assert not one.put(Kind.TRAFFIC, "one too many") and one.lost == 1
    filler.unlink()
    assert "written again, 1 were lost" in reports.wait()
    assert one.flush(PATIENCE) and one.healthy
    found = lines(small_disk / "log" / "traffic.jsonl")
    assert [line[:4] for line in found] == [f"{number:04}" for number in range(500)]
    assert {len(line) for line in found} == {100}
    assert len(reports.texts) == 2, "trouble is reported once, and its end once"


def test_a_full_disk_that_is_freed_by_emptying_the_file_itself(
    journal: Maker, reports: Reports, small_disk: Path
) -> None:
    one = journal(small_disk / "log")
    for number in range(1_000):
        one.put(Kind.TRAFFIC, f"{number:04} " + "x" * 95)
    assert "No space" in reports.wait()
    path = small_disk / "log" / "traffic.jsonl"
    assert not path.read_bytes().endswith(b"\n"), "half a line, as it should be for this test"
    os.truncate(path, 0)
    assert "written again" in reports.wait() and one.flush(PATIENCE)
    found = lines(path)
    assert {len(line) for line in found} == {100} and found[-1].startswith("0999")


def test_a_full_disk_is_left_behind_by_reopening_elsewhere(
    journal: Maker, reports: Reports, small_disk: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    folder.symlink_to(small_disk)
    one = journal(folder)
    for number in range(1_000):
        one.put(Kind.TRAFFIC, f"{number:04} " + "x" * 95)
    assert "No space" in reports.wait()
    folder.unlink()
    folder.mkdir()
    one.reopen()
    assert "written again" in reports.wait() and one.flush(PATIENCE)
    before = (small_disk / "traffic.jsonl").read_bytes().count(b"\n")
    after = lines(folder / "traffic.jsonl")
    assert [line[:4] for line in after] == [f"{number:04}" for number in range(before, 1_000)]
    assert {len(line) for line in after} == {100}


def test_what_a_full_disk_keeps_from_being_written_is_lost_at_the_end(
    journal: Maker, reports: Reports, small_disk: Path
) -> None:
    one = journal(small_disk / "log")
    fill(small_disk)
    for _ in range(50):
        one.put(Kind.TRAFFIC, "x" * 100)
    reports.wait()
    assert not one.flush(0.01)
    assert not one.close() and one.lost == 50


def test_rotation_by_size(journal: Maker, tmp_path: Path) -> None:
    one = journal(rotate_at=1_000, kept=3)
    for number in range(60):
        assert one.put(Kind.TRAFFIC, f"{number:03}" + "x" * 96)
        if number % 10 == 9:
            assert one.flush(PATIENCE)
    folder = tmp_path / "log"
    names = ["traffic.jsonl", "traffic.jsonl.1", "traffic.jsonl.2", "traffic.jsonl.3"]
    assert sorted(path.name for path in folder.glob("traffic*")) == names
    assert [lines(folder / name)[0][:3] for name in names] == [
        *("050", "040", "030", "020"),
    ]
    assert all((folder / name).stat().st_size == 1_000 for name in names)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in names} == {0o600}


def test_reopening_after_the_file_was_moved(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    path = tmp_path / "log" / "traffic.jsonl"
    one.put(Kind.TRAFFIC, "one")
    assert one.flush(PATIENCE)
    path.rename(tmp_path / "moved")
    one.put(Kind.TRAFFIC, "two")
    assert one.flush(PATIENCE)
    assert lines(tmp_path / "moved") == ["one", "two"] and not path.exists()
    one.reopen()
    one.put(Kind.TRAFFIC, "three")
    assert one.flush(PATIENCE)
    assert (lines(tmp_path / "moved"), lines(path)) == (["one", "two"], ["three"])


@pytest.mark.parametrize("created", [False, True], ids=["moved", "moved, a new one made"])
def test_a_moved_file_is_not_rotated_a_second_time(
    journal: Maker, tmp_path: Path, created: bool
) -> None:
    one = journal(rotate_at=100)
    path = tmp_path / "log" / "traffic.jsonl"
    one.put(Kind.TRAFFIC, "a" * 90)
    assert one.flush(PATIENCE)
    path.rename(tmp_path / "moved")
    if created:
        path.touch()
    one.put(Kind.TRAFFIC, "b" * 90)
    assert one.flush(PATIENCE)
    assert (lines(tmp_path / "moved"), lines(path)) == (["a" * 90], ["b" * 90])
    assert not Path(f"{path}.1").exists()


def test_an_emptied_file_goes_on_at_its_beginning(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    path = tmp_path / "log" / "traffic.jsonl"
    one.put(Kind.TRAFFIC, "one" * 100)
    assert one.flush(PATIENCE)
    os.truncate(path, 0)
    one.put(Kind.TRAFFIC, "two")
    assert one.flush(PATIENCE)
    assert path.read_bytes() == b"two\n"


def test_a_removed_file_is_made_anew(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    path = tmp_path / "log" / "traffic.jsonl"
    one.put(Kind.TRAFFIC, "one")
    assert one.flush(PATIENCE)
    path.unlink()
    one.put(Kind.TRAFFIC, "two")
    assert one.flush(PATIENCE)
    assert lines(path) == ["two"]


def test_a_line_that_a_crash_cut_off_does_not_swallow_the_next(
    journal: Maker, tmp_path: Path
) -> None:
    path = tmp_path / "log" / "traffic.jsonl"
    path.parent.mkdir()
    path.write_bytes(b'{"a":1}\n{"b":')
    one = journal()
    one.put(Kind.TRAFFIC, '{"c":3}')
    assert one.flush(PATIENCE)
    assert lines(path) == ['{"a":1}', '{"b":', '{"c":3}']


def test_what_was_there_before_stays(journal: Maker, tmp_path: Path) -> None:
    journal().put(Kind.TRAFFIC, "one")
    first = journal()
    first.put(Kind.TRAFFIC, "two")
    assert first.close()
    journal().close()
    assert set(lines(tmp_path / "log" / "traffic.jsonl")) >= {"two"}


def test_text_that_is_no_unicode_does_not_stop_the_writer(journal: Maker, tmp_path: Path) -> None:
    one = journal()
    one.put(Kind.TRAFFIC, "a\ud800")
    one.put(Kind.TRAFFIC, "b")
    assert one.flush(PATIENCE)
    assert lines(tmp_path / "log" / "traffic.jsonl") == ["a\\ud800", "b"]
