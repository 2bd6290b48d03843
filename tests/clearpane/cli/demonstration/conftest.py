"""Demonstrations under different rules: each is a real gateway, started once for a module."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from clearpane.cli.clock import now
from clearpane.cli.demonstration.stage import Given, Stage, set_up
from sites import SHIPPED

type Rules = Callable[..., Path]


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """A folder rules/ as shipped, with other texts in some files."""

    def write(**changed: str) -> Path:
        folder = tmp_path_factory.mktemp("rules") / "rules"
        shutil.copytree(SHIPPED, folder)
        for name, text in changed.items():
            (folder / f"{name}.yaml").write_text(text)
        return folder

    return write


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[Given], Stage]]:
    with ExitStack() as stack:
        yield lambda given: stack.enter_context(set_up(given, now()))


@pytest.fixture(scope="module")
def stage(stages: Callable[[Given], Stage]) -> Stage:
    """The demonstration of the rules as they ship."""
    return stages(Given(SHIPPED))
