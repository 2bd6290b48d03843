"""A gateway of its own for each test, in the current folder; what is dear to make is made once."""

import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
from h11._readers import ChunkedReader
from mitmproxy.proxy.layers import http as stock
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.tools.dump import DumpMaster

from chains import NOW, Party, authority
from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.certificates import pem
from clearpane.configuration.load import load
from clearpane.gateway.force import Force, put_in_force
from clearpane.gateway.stream import Stream, install
from gateways import Gateway, SiteNow, end_master, new_master
from sites import SHIPPED, Site


@pytest.fixture(autouse=True)
def stock_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classes that the gateway replaces in mitmproxy are put back."""
    monkeypatch.setattr(stock, "HttpStream", stock.HttpStream)
    monkeypatch.setattr(_http1, "ChunkedReader", ChunkedReader)


@pytest.fixture(scope="session")
def root() -> Party:
    """The authority of the servers that are to be trusted."""
    return authority(None, "Test root")


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory, root: Party) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    store.create(folder, store.missing(folder), NOW)
    (folder / "trusted-roots").mkdir()
    (folder / "trusted-roots" / "test.crt").write_text(pem.to_pem(root.der))
    return folder


@pytest.fixture(scope="session")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as made:
        yield made


@pytest.fixture(scope="session")
def base(ca: Path, executor: Executor) -> Iterator[Force]:
    """Anchors, leaves and compiled rules, which the policies of all tests go on using."""
    made = put_in_force(load(SHIPPED, ca, NOW, store.load, load_inbound), executor)
    yield made
    made.pool.close()


@pytest.fixture
def site(tmp_path: Path, ca: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    shutil.copytree(SHIPPED, tmp_path / "rules")
    shutil.copytree(ca, tmp_path / "ca")
    monkeypatch.chdir(tmp_path)
    return SiteNow()


@pytest.fixture(scope="session")
def own_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mitmproxy")


@pytest.fixture
async def master(
    own_authority: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[DumpMaster]:
    """What mitmproxy logs of an addon or a layer that raised fails the test."""
    made = new_master(own_authority)
    yield made
    await end_master(made)
    raised = [r.getMessage() for r in caplog.get_records("call") if "Addon error" in r.getMessage()]
    assert not raised


@pytest.fixture
async def gateway(
    master: DumpMaster, site: Site, base: Force, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    made = Gateway(master, site, base, executor)
    monkeypatch.setattr(Stream, "judge", made.http, raising=False)
    install(made.http)
    yield made
    made.close()
