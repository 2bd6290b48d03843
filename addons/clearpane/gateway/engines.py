"""The engines of a policy, with the threads and processes that their work needs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from clearpane.antivirus.clamd import Clamd
from clearpane.antivirus.line import Address
from clearpane.antivirus.pool import Pool
from clearpane.antivirus.scan import Run
from clearpane.antivirus.scanner import Scanner
from clearpane.antivirus.wire import Setup
from clearpane.configuration.configuration import Configuration
from clearpane.configuration.engines import Engine
from clearpane.content.inspection import Inspection


def make_scanner(
    policy: Configuration, daemon: Clamd | None, pool: Pool, executor: Executor
) -> Scanner:
    """One scanner for all engines that the settings name, and for files and data."""
    scanning = policy.settings.antivirus
    return Scanner(
        _beside_the_loop(executor),
        pool,
        policy.embedded if Engine.EMBEDDED in scanning.engines else None,
        daemon,
        both=_both,
        kinds=_tells_kinds(policy),
        patterns=policy.patterns or None,
        whole=scanning.scan_limit,
    )


def setup_of(policy: Configuration) -> Setup:
    """What the processes that unpack are made for."""
    inside = Engine.EMBEDDED in policy.settings.antivirus.engines
    return Setup(
        policy.threats if inside else {},
        _tells_kinds(policy),
        *policy.patterns.made_of,
    )


def _tells_kinds(policy: Configuration) -> bool:
    """Whether any profile asks what files are."""
    return any(profile.rules for profile in policy.file_profiles.values())


def make_daemon(policy: Configuration) -> Clamd | None:
    """The connection to ClamAV, where the settings name that engine."""
    scanning = policy.settings.antivirus
    if Engine.CLAMD not in scanning.engines:
        return None
    where = scanning.clamd
    address = Address(where.socket) if where.socket else Address("", where.host, where.port)
    return Clamd(address, where.timeout)


def _beside_the_loop(executor: Executor) -> Run:
    async def run(work: Callable[[], Inspection]) -> Inspection:
        return await asyncio.get_running_loop().run_in_executor(executor, work)

    return run


async def _both(*work: Awaitable[Any]) -> Sequence[Any]:
    return await asyncio.gather(*work)
