"""The policy from its files: at the start, on every save, on SIGHUP.

A policy that is not valid never takes the place of one that is; it is said loudly and the old one
stays in force.
"""

import asyncio
import logging
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from pathlib import Path

from mitmproxy.log import ALERT

from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.configuration.load import fingerprint, load
from clearpane.errors import ClearpaneError
from clearpane.gateway.core import Core
from clearpane.gateway.force import Force, put_in_force, retire
from clearpane.gateway.places import Places

logger = logging.getLogger(__name__)

type Fingerprint = frozenset[tuple[str, tuple[int, ...]]]

_EVERY = 0.5  # seconds between two looks at the files


def first_authorities(folder: Path, now: datetime) -> str:
    """Makes both at the first start; what to tell then, else nothing. Raises OSError."""
    if not store.is_new(folder):
        return ""
    store.create(folder, store.missing(folder), now)
    certificate = store.Slot.TRUST.certificate(folder)
    return f"new authorities were made; install {certificate} on the clients as a trusted root"


class Watch:
    """Puts a changed policy in force while the gateway runs."""

    def __init__(self, core: Core, places: Places, executor: Executor, loaded: Fingerprint) -> None:
        """`loaded` is the fingerprint from before the policy was loaded that is in force now."""
        self._core, self._places, self._executor = core, places, executor
        self._loaded = loaded
        self._asked = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="clearpane policy")

    def reload(self) -> None:
        """Now, whether a file changed or not; open log files are opened anew too."""
        self._core.reporter.reopen()
        self._asked.set()

    def stop(self) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        seen = before = await self._look()
        if self._loaded != await self._look(outside=False):
            self._asked.set()  # saved while it was being loaded
        while True:
            asked = await self._wait()
            now = await self._look()
            # A save of many files is let come to an end.
            if asked or (now != seen and now == before):
                await self._replace()
                seen = now
            before = now

    async def _wait(self) -> bool:
        try:
            async with asyncio.timeout(_EVERY):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _replace(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            force = await loop.run_in_executor(self._executor, self._make)
        except ClearpaneError as error:
            for problem in error.problems:
                logger.error(str(problem))
            logger.error("the new policy is not valid; the one before stays in force")
            return
        before, self._core.force = self._core.force, force
        retire(before, force)
        self._core.learned.keep(force.policy.profile_fingerprints())
        self._core.sessions.hits.keep([rule.name for rule in force.policy.rulebase.rules])
        security = force.policy.security
        self._core.sessions.security_hits.keep(security.names if security else ())
        for warning in force.policy.warnings:
            logger.warning(str(warning))
        logger.log(ALERT, "a new policy is in force")

    def _make(self) -> Force:
        before = self._core.force
        places, now = self._places, self._core.now()
        policy = load(places.rules, places.ca, now, store.load, load_inbound, before.policy)
        return put_in_force(policy, self._executor, before)

    async def _look(self, outside: bool = True) -> Fingerprint:
        """`outside`: list files that lie elsewhere as well."""
        files = self._core.force.policy.files if outside else ()
        look = partial(fingerprint, self._places.rules, self._places.ca, files)
        return await asyncio.get_running_loop().run_in_executor(self._executor, look)
