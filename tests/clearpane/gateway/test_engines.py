"""The engines that the settings name."""

from concurrent.futures import Executor, ThreadPoolExecutor
from gzip import compress

import pytest

from clearpane.antivirus.pool import Pool
from clearpane.content.detection import DataSeen, FileSeen, Unread, Unscanned
from clearpane.gateway.engines import make_daemon, make_scanner, setup_of
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
    force = gateway.core.force
    scanner = make_scanner(force.policy, None, force.pool, executor)
    found = (await scanner.scan(EICAR)).worst
    assert str(found) == "Eicar Test File(100000)"


async def test_what_takes_time_is_scanned_beside_the_loop(gateway: Gateway) -> None:
    force = gateway.core.force
    with ThreadPoolExecutor(1) as closed:
        scanner = make_scanner(force.policy, None, force.pool, closed)
    assert (await scanner.scan(EICAR)).worst, "a small body needs no thread"
    with pytest.raises(RuntimeError):
        await scanner.scan(b"x" * 70_000)


async def test_what_has_to_be_unpacked_is_unpacked_by_a_process(
    gateway: Gateway, executor: Executor
) -> None:
    force = gateway.core.force
    pool = Pool(setup_of(force.policy))
    scanner = make_scanner(force.policy, None, pool, executor)
    assert (await scanner.scan(compress(EICAR))).worst
    pool.close()
    found = (await scanner.scan(compress(EICAR))).worst
    assert isinstance(found, Unscanned) and found.reason is Unread.ENGINE_DOWN


FILES = "file-blocking: {default: {rules: [{action: alert}]}}"
DATA = "data-filtering: {default: {patterns: [{pattern: secret, alert-threshold: 1}]}}"


async def test_kinds_and_data_are_looked_for_where_a_profile_asks(gateway: Gateway) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n%s\r\n" * 2 % (
        b"MZ" + bytes(62), b"it is top-secret"
    ) + b"--x--\r\n"  # fmt: skip
    kind = "multipart/form-data; boundary=x"
    assert (await gateway.core.force.scanner.scan(body, content_type=kind)).seen == ()
    gateway.edit("profiles", "file-blocking: {}", FILES)
    seen = (await gateway.core.force.scanner.scan(body, content_type=kind)).seen
    assert [type(each) for each in seen] == [FileSeen]
    gateway.edit("objects", "data-patterns: {}", "data-patterns: {secret: {regex: top-secret}}")
    gateway.edit("profiles", "data-filtering: {}", DATA)
    seen = (await gateway.core.force.scanner.scan(body, content_type=kind)).seen
    assert {type(each) for each in seen} == {FileSeen, DataSeen}


@pytest.mark.parametrize("engines", ["[embedded]", "[clamd]"])
async def test_the_processes_have_the_rules_of_the_engine_inside(
    gateway: Gateway, engines: str
) -> None:
    settings(gateway, engines)
    made = setup_of(gateway.core.force.policy)
    assert bool(made.rules) is (engines == "[embedded]")


async def test_a_daemon_that_is_not_there_is_no_clean_bill(gateway: Gateway) -> None:
    settings(gateway, "[clamd]", "{socket: ./none.ctl, timeout: 1}")
    found = (await gateway.core.force.scanner.scan(b"x")).worst
    assert isinstance(found, Unscanned) and found.reason is Unread.ENGINE_DOWN
