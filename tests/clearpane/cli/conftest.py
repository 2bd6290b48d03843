"""A site of its own for each test, in the current folder, with authorities that are valid now."""

import shutil
from pathlib import Path

import pytest

from clearpane.authorities import store
from clearpane.cli.clock import now
from sites import SHIPPED, Site


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    store.create(folder, store.missing(folder), now())
    return folder


@pytest.fixture
def site(tmp_path: Path, authorities: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    shutil.copytree(SHIPPED, tmp_path / "rules")
    shutil.copytree(authorities, tmp_path / "ca")
    monkeypatch.chdir(tmp_path)
    return Site()
