"""The rules that ship with the product, compiled once, and real ClamAV daemons."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.line import Address
from e2e.harness import clamav
from e2e.harness.wait import until
from processes import exists, scanners

RULES = Path(__file__).resolve().parents[3] / "rules" / "threats"


@pytest.fixture(scope="session")
def embedded() -> Embedded:
    return Embedded(sources())


def sources() -> dict[str, str]:
    return {f"rules/threats/{p.name}": p.read_text() for p in RULES.glob("*.yar")}


@pytest.fixture(scope="session", name="sources")
def shipped_sources() -> dict[str, str]:
    return sources()


@pytest.fixture(scope="session")
def at_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamav.Clamd]:
    with clamav.Clamd(tmp_path_factory.mktemp("clamd")) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def at_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamav.Clamd]:
    with clamav.Clamd(tmp_path_factory.mktemp("clamd"), clamav.free_port()) as daemon:
        yield daemon


@pytest.fixture(params=["at_socket", "at_port"])
def address(request: pytest.FixtureRequest) -> Address:
    """Of a real daemon, which knows one signature."""
    daemon: clamav.Clamd = request.getfixturevalue(request.param)
    return Address(host="127.0.0.1", port=daemon.port) if daemon.port else Address(str(daemon.path))


@pytest.fixture(autouse=True, scope="module")
def alone() -> None:
    """Processes that tests of other rooms left to this very process would be counted here."""
    left = scanners(os.getpid())
    for process in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    until(lambda: not any(map(exists, left)), "what others left is gone")
