"""The control socket of a running gateway, and what outlasts its end."""

import asyncio
import stat
from pathlib import Path

import pytest

from clearpane.control.client import SOCKET, ask
from clearpane.gateway.core import Core
from clearpane.gateway.operate import LEARNED, Operate, remember
from clearpane.rulebase.learned import Cause, ProfileId, Server
from gateways import Gateway, until

STATE = Path("var")
BANK = Server("bank.test", "198.51.100.7", 443)
SHOW = ("show", "system", "setting", "ssl-decrypt", "exclude-cache")


def learn(core: Core, server: Server = BANK) -> ProfileId:
    profile = core.force.policy.profile_id("default")
    core.learned.learn(server, profile, Cause.UNSUPPORTED_CIPHER, core.now())
    return profile


async def asked(*words: str) -> str:
    return str(await asyncio.to_thread(ask, STATE / SOCKET, words))


async def test_what_was_learned_is_shown_and_cleared(gateway: Gateway) -> None:
    operate = Operate(gateway.core, STATE, gateway.executor)
    await until((STATE / SOCKET).exists)
    learn(gateway.core)
    assert "bank.test:443" in await asked(*SHOW)
    assert await asked("clear", *SHOW[1:]) == "1 entry cleared"
    assert "bank.test" not in await asked(*SHOW)
    operate.stop()
    assert not (STATE / SOCKET).exists()


async def test_it_is_written_soon_and_for_nobody_else_to_read(gateway: Gateway) -> None:
    operate = Operate(gateway.core, STATE, gateway.executor)
    learn(gateway.core)
    await until((STATE / LEARNED).exists)
    assert stat.S_IMODE((STATE / LEARNED).stat().st_mode) == 0o600
    operate.stop()


async def test_what_was_learned_last_outlasts_the_end(gateway: Gateway) -> None:
    core = gateway.core
    operate = Operate(core, STATE, gateway.executor)
    profile = learn(core)
    operate.stop()
    again = Core()
    again.begin(core.force, core.reporter)
    remember(again, STATE)
    assert again.learned.find(BANK, profile, "10.0.0.1", core.now())


async def test_under_a_profile_that_changed_it_counts_no_more(gateway: Gateway) -> None:
    core = gateway.core
    operate = Operate(core, STATE, gateway.executor)
    core.learned.learn(BANK, ProfileId("default", "another"), Cause.UNSUPPORTED_CIPHER, core.now())
    operate.stop()
    remember(core, STATE)
    assert core.learned.entries(core.now()) == ()


async def test_a_damaged_file_is_no_obstacle(gateway: Gateway) -> None:
    STATE.mkdir(exist_ok=True)
    (STATE / LEARNED).write_bytes(b"\xff\xfe{\n[]\n")
    remember(gateway.core, STATE)
    assert gateway.core.learned.entries(gateway.core.now()) == ()


async def test_a_folder_that_takes_no_file_is_said(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    operate = Operate(gateway.core, STATE / "nowhere", gateway.executor)
    learn(gateway.core)
    operate.stop()
    assert "learned exclusions can't be kept" in caplog.text


async def test_a_socket_that_cannot_be_is_said(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    STATE.mkdir(exist_ok=True)
    (STATE / SOCKET).write_text("a file of somebody's")
    operate = Operate(gateway.core, STATE, gateway.executor)
    await until(lambda: "is no socket" in caplog.text)
    operate.stop()
    assert (STATE / SOCKET).read_text() == "a file of somebody's"


async def test_what_could_not_be_written_is_written_once_there_is_room(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    (STATE / LEARNED).mkdir(parents=True)  # nothing can take its place
    operate = Operate(gateway.core, STATE, gateway.executor)
    learn(gateway.core)
    await until(lambda: "learned exclusions can't be kept" in caplog.text)
    (STATE / LEARNED).rmdir()
    await until((STATE / LEARNED).is_file)
    operate.stop()
    assert caplog.text.count("learned exclusions can't be kept") == 1
