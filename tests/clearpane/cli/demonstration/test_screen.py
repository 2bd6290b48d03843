import io

import pytest

from clearpane.cli.demonstration import screen
from clearpane.cli.demonstration.cases import CASES, Row
from clearpane.cli.demonstration.screen import WIDTH, Progress

RECORD = {
    "receive_time": "2027/03/01 12:00:00",
    "threatid": "Eicar Test File(100000)",
    "misc": "eicar.com",
    "action": "reset-both",
    "decrypted": True,
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_has_a_verdict_per_row_and_fits() -> None:
    rows = [Row(case.name, case.expected, "s" * 60, True) for case in CASES]
    lines = screen.table(rows)
    assert len(lines) == 1 + len(CASES)
    assert all(len(line) <= WIDTH for line in lines)
    assert all(line.endswith(" ok") for line in lines[1:])


def test_a_row_that_is_wrong_catches_the_eye() -> None:
    assert screen.table([Row("case", "this", "that", False)])[1].endswith(" WRONG")


@pytest.mark.parametrize(
    ("number", "head", "lines"),
    [
        pytest.param(0, "threat log: empty", 1, id="none"),
        pytest.param(1, "threat log, the last 1 of 1 records:", 2, id="one"),
        pytest.param(8, "threat log, the last 4 of 8 records:", 5, id="more than are shown"),
    ],
)
def test_the_end_of_the_threat_log(number: int, head: str, lines: int) -> None:
    shown = screen.threats([RECORD | {"misc": "f" * 100}] * number)
    assert (shown[0], len(shown)) == (head, lines)
    assert all(len(line) <= WIDTH for line in shown)


def test_a_terminal_sees_one_line_that_is_gone_in_the_end() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress.say("one ...")
    progress.say("two ...")
    progress.clear()
    assert "\n" not in terminal.getvalue()
    assert [text.strip() for text in terminal.getvalue().split("\r")] == [
        *("", "one ...", "two ...", "", "")
    ]
    assert all(len(text) < WIDTH for text in terminal.getvalue().split("\r"))


def test_a_file_sees_no_progress() -> None:
    file = io.StringIO()
    progress = Progress(file)
    progress.say("one ...")
    progress.clear()
    assert file.getvalue() == ""
