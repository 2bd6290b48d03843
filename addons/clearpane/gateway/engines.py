"""The engines of a policy, with the threads that their work needs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from clearpane.antivirus.clamd import Address, Clamd
from clearpane.antivirus.scanner import Inspection, Run, Scanner
from clearpane.configuration.configuration import Configuration
from clearpane.configuration.engines import Engine


def make_scanner(policy: Configuration, daemon: Clamd | None, executor: Executor) -> Scanner:
    """One scanner for all engines that the settings name."""
    inside = Engine.EMBEDDED in policy.settings.antivirus.engines
    return Scanner(_beside_the_loop(executor), policy.embedded if inside else None, daemon)


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
