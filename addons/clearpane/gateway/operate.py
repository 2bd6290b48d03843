"""What an administrator asks and changes while the gateway runs, and what outlasts a restart.

Commands come over the control socket and are answered from `control`; what was learned is written
to the state folder soon after it changed, beside the event loop.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from clearpane.control import commands
from clearpane.control.answer import Answer
from clearpane.control.client import SOCKET
from clearpane.control.server import Server, serve
from clearpane.errors import Problem
from clearpane.gateway.core import Core
from clearpane.rulebase import learned
from clearpane.rulebase.learned import LearnedExclusions

logger = logging.getLogger(__name__)

LEARNED = "exclude-cache.jsonl"
_SECONDS = 1.0  # what a crash may lose
_PRIVATE = 0o600


class Operate:
    """The control socket and the file of learned exclusions of one state folder."""

    def __init__(self, core: Core, state: Path, executor: Executor) -> None:
        self._core, self._state, self._executor = core, state, executor
        self._written, self._told = core.learned.version, False
        self._server: Server | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(), name="clearpane operate")

    def stop(self) -> None:
        """What was learned since the last write is written now. Raises nothing."""
        self._task.cancel()
        if self._server:
            self._server.close()
        if self._core.learned.version != self._written:
            self._write(learned.to_text(self._core.learned.entries(self._core.now())))

    async def _run(self) -> None:
        made = await serve(self._state / SOCKET, self._answer)
        if isinstance(made, Problem):
            logger.warning(str(made))
        else:
            self._server = made
        while True:
            await asyncio.sleep(_SECONDS)
            if self._core.learned.version == self._written:
                continue
            version = self._core.learned.version
            entries = self._core.learned.entries(self._core.now())
            loop = asyncio.get_running_loop()
            text = await loop.run_in_executor(self._executor, learned.to_text, entries)
            if await loop.run_in_executor(self._executor, self._write, text):
                self._written = version

    def _answer(self, words: Sequence[str]) -> Answer:
        return commands.answer(words, commands.State(self._core.learned), self._core.now())

    def _write(self, text: str) -> bool:
        """Whether it is written; a full disk is said once, and tried again until there is room."""
        path = self._state / LEARNED
        unfinished = path.with_name(f".{LEARNED}.new")
        try:
            unfinished.unlink(missing_ok=True)
            unfinished.touch(_PRIVATE, exist_ok=False)
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(path)
        except OSError as error:
            if not self._told:
                logger.warning(f"{path}: learned exclusions can't be kept: {error.strerror}")
            self._told = True
            return False
        self._told = False
        return True


def remember(core: Core, state: Path) -> None:
    """Reads what was learned before the last stop, as far as its profiles stand unchanged."""
    try:
        text = (state / LEARNED).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # nothing was learned yet, or it can't be read: it is learned anew
    core.learned = LearnedExclusions.from_text(text, core.now())
    core.learned.keep(core.force.policy.profile_fingerprints())
