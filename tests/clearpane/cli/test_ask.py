"""A whole command against a socket that listens in the state folder."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from clearpane.cli import main
from clearpane.control.answer import Answer
from clearpane.control.server import Server, serve
from clearpane.control.table import Table


def answer(words: Sequence[str]) -> Answer:
    if words[-1] == "nonsense":
        return Answer(error="unknown word")
    return Answer(table=lambda: Table(("WORD",), tuple((word,) for word in words)))


async def run(folder: Path, *arguments: str) -> int:
    made = await serve(folder / "control.sock", answer)
    assert isinstance(made, Server)
    try:
        return await asyncio.to_thread(main, arguments)
    finally:
        made.close()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("verb", ["show", "clear"])
async def test_the_words_are_asked_as_they_stand(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert await run(Path("var"), verb, "system", "setting") == 0
    assert capsys.readouterr().out == f"WORD\n-------\n{verb}\nsystem\nsetting\n"


@pytest.mark.parametrize(
    "arguments",
    [("show", "system", "--json"), ("show", "--json", "system")],
    ids=["after the words", "before the words"],
)
async def test_json_is_one_document(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert await run(Path("var"), *arguments) == 0
    assert json.loads(capsys.readouterr().out) == [{"word": "show"}, {"word": "system"}]


async def test_what_the_gateway_refuses_goes_to_stderr_with_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await run(Path("var"), "show", "nonsense") == 2
    assert capsys.readouterr() == ("", "clearpane: unknown word\n")


async def test_the_state_folder_can_be_named() -> None:
    assert await run(Path("other"), "show", "x") == 2
    assert await run(Path("other"), "show", "x", "--state", "other") == 0


def test_without_a_gateway_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "system"]) == 2
    assert capsys.readouterr().err.startswith(
        "clearpane: no gateway is running with state folder var/ (no socket var/control.sock)"
    )
