"""What all end-to-end tests share. A missing program fails them; nothing is skipped."""

from pathlib import Path

import pytest

from e2e.harness.zoo import Zoo


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return Zoo(tmp_path_factory.mktemp("zoo"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module's gateways keep their sites."""
    return tmp_path_factory.mktemp("sites")
