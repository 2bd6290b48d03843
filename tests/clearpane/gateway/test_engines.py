"""The engines that the settings name."""

from concurrent.futures import Executor, ThreadPoolExecutor
from gzip import compress

import pytest

from clearpane.content.detection import Unread, Unscanned
from clearpane.gateway.engines import make_daemon, make_scanner
from gateways import EICAR, Gateway


def settings(gateway: Gateway, engines: str, clamd: str = "") -> None:
    lines = f"engines: {engines}" + (f"\n  clamd: {clamd}" if clamd else "")
    gateway.edit("settings", "engines: [embedded]", lines)


@pytest.mark.parametrize(
    ("engines", "clamd", "where"),
    [
        pytest.param("[embedded]", "", None, id="none is named"),
        pytest.param("[clamd]", "", "/run/clamav/clamd.ctl", id="Debian's socket is the default"),
        pytest.param("[embedded, clamd]", "{socket: /tmp/x}", "/tmp/x", id="a socket"),
        pytest.param("[clamd]", '{tcp: "127.0.0.1:3310"}', "127.0.0.1:3310", id="on loopback"),
    ],
)
async def test_the_daemon(gateway: Gateway, engines: str, clamd: str, where: str | None) -> None:
    settings(gateway, engines, clamd)
    daemon = make_daemon(gateway.core.force.policy)
    assert (str(daemon.address) if daemon else None) == where


async def test_the_embedded_engine_finds(gateway: Gateway, executor: Executor) -> None:
    scanner = make_scanner(gateway.core.force.policy, None, executor)
    found = (await scanner.scan(EICAR)).worst
    assert str(found) == "Eicar Test File(100000)"


async def test_what_takes_time_is_scanned_beside_the_loop(
    gateway: Gateway, executor: Executor
) -> None:
    scanner = make_scanner(gateway.core.force.policy, None, executor)
    assert (await scanner.scan(compress(EICAR))).worst
    with ThreadPoolExecutor(1) as closed:
        scanner = make_scanner(gateway.core.force.policy, None, closed)
    assert (await scanner.scan(EICAR)).worst, "a small body needs no thread"
    with pytest.raises(RuntimeError):
        await scanner.scan(compress(EICAR))


async def test_a_daemon_that_is_not_there_is_no_clean_bill(gateway: Gateway) -> None:
    settings(gateway, "[clamd]", "{socket: ./none.ctl, timeout: 1}")
    found = (await gateway.core.force.scanner.scan(b"x")).worst
    assert isinstance(found, Unscanned) and found.reason is Unread.ENGINE_DOWN
