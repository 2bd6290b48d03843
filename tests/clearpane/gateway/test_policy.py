"""A policy is replaced whole by a good save, and by nothing else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

from chains import NOW
from clearpane.configuration.load import fingerprint
from clearpane.gateway import policy
from clearpane.gateway.places import Places
from clearpane.gateway.policy import Watch, first_authorities
from clearpane.hello import Hello, address
from gateways import Gateway, until

BANK = Hello(address("127.0.0.1"), address("198.51.100.7"), 443, sni="www.bank.test")


@pytest.fixture
async def watch(
    gateway: Gateway, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Watch]:
    monkeypatch.setattr(policy, "_EVERY", 0.02)
    gateway.apply()
    places = Places()
    made = Watch(gateway.core, places, executor, fingerprint(places.rules, places.ca))
    yield made
    made.stop()
    with pytest.raises(asyncio.CancelledError):
        await made._task


def decision(gateway: Gateway) -> str:
    return str(gateway.core.force.policy.rulebase.decide(BANK, NOW).action)


async def test_a_good_save_is_in_force_at_once(
    gateway: Gateway, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = gateway.core.force
    assert decision(gateway) == "decrypt"
    gateway.site.write("categories/custom-no-decrypt.txt", "bank.test\n")
    await until(lambda: gateway.core.force is not before)
    assert decision(gateway) == "no-decrypt"
    await until(lambda: "a new policy is in force" in caplog.text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("rules: [{name: a, action: dcrypt}]", "did you mean", id="a slip"),
        pytest.param("", "decryption.yaml", id="an empty file, as one is halfway through a save"),
    ],
)
async def test_a_bad_save_changes_nothing(
    gateway: Gateway, watch: Watch, caplog: pytest.LogCaptureFixture, text: str, complaint: str
) -> None:
    before = gateway.core.force
    gateway.site.write("decryption.yaml", text)
    await until(lambda: "the one before stays in force" in caplog.text)
    assert gateway.core.force is before
    assert complaint in caplog.text
    levels = {record.levelno for record in caplog.records if "stays in force" in record.message}
    assert levels == {logging.ERROR}


async def test_the_next_good_save_heals(
    gateway: Gateway, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    before = gateway.core.force
    gateway.site.write("decryption.yaml", "rules: nonsense")
    await until(lambda: "the one before stays in force" in caplog.text)
    gateway.site.write("decryption.yaml", "rules: []")
    await until(lambda: gateway.core.force is not before)
    assert decision(gateway) == "no-decrypt"
    assert "rules" in caplog.text, "that nothing is decrypted is warned of"


async def test_it_is_read_anew_on_demand(
    gateway: Gateway, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = gateway.core.force
    watch.reload()
    await until(lambda: gateway.core.force is not before)
    after = gateway.core.force
    assert after.leaves is before.leaves
    watch.reload()
    await until(lambda: gateway.core.force is not after)


async def test_log_files_are_opened_anew_on_demand(gateway: Gateway, watch: Watch) -> None:
    log = Path("var/log/traffic.jsonl")
    log.rename("var/log/moved")
    watch.reload()
    await until(log.exists)


async def test_a_save_during_the_start_is_noticed(gateway: Gateway, executor: Executor) -> None:
    before = gateway.core.force
    loaded = fingerprint(Path("rules"), Path("ca"))
    gateway.site.write("decryption.yaml", "rules: []")
    late = Watch(gateway.core, Places(), executor, loaded)
    await until(lambda: gateway.core.force is not before)
    assert decision(gateway) == "no-decrypt"
    late.stop()


async def test_a_session_keeps_the_policy_it_began_with(gateway: Gateway, watch: Watch) -> None:
    _, live = gateway.open()
    before = live.force
    gateway.site.write("decryption.yaml", "rules: []")
    await until(lambda: gateway.core.force is not before)
    assert live.force is before


def test_the_first_start_makes_both_authorities(tmp_path: Path) -> None:
    made = first_authorities(tmp_path, NOW)
    assert str(tmp_path / "forward-trust.crt") in made
    assert "forward-untrust" not in made
    assert {path.name for path in tmp_path.iterdir()} == {
        f"forward-{which}.{kind}" for which in ("trust", "untrust") for kind in ("crt", "key")
    }
    assert first_authorities(tmp_path, NOW) == ""


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("a file")
    with pytest.raises(OSError):
        first_authorities(tmp_path / "ca", NOW)
