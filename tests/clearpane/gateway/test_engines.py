"""The engines that the settings name."""

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor
from gzip import compress
from pathlib import Path

import pytest

from clearpane.antivirus.clamd import Address, Clamd
from clearpane.content.detection import Unread, Unscanned
from clearpane.gateway.engines import make_daemon, make_scanner, trouble_of
from gateways import EICAR, Gateway, serving


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
async def test_the_daemon(
    gateway: Gateway, engines: str, clamd: str, where: str | None
) -> None:
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


def test_the_trouble_with_a_daemon_that_does_not_answer(tmp_path: Path) -> None:
    trouble = trouble_of(Clamd(Address(str(tmp_path / "none.ctl")), 1))
    assert "does not answer" in trouble and "none.ctl" in trouble


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (b"ClamAV 1.4.6/27500/Tue Feb  2 09:00:00 2027\0", ""),
        (b"ClamAV 1.4.6\0", "has no signature database (ClamAV 1.4.6)"),
    ],
)
async def test_the_trouble_with_one_that_answers(
    executor: Executor, said: bytes, trouble: str
) -> None:
    async with serving(lambda _: said) as port:
        daemon = Clamd(Address("", "127.0.0.1", port), 5)
        found = await asyncio.get_running_loop().run_in_executor(executor, trouble_of, daemon)
    assert trouble in found
    assert bool(found) is bool(trouble)
