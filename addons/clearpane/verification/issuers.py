"""Asks CA Issuers addresses, each once however many connections want to know.

ADAPTER: asyncio. Plain http alone is asked (RFC 5280 section 8: https would need the very check
that is being made). Everything is bounded, and nothing raises.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from clearpane.verification import intermediates
from clearpane.verification.fetch import Fetch
from clearpane.verification.intermediate_cache import Answer, IntermediateCache

SECONDS = 5.0
MOST_FLIGHTS = 128

type Run = Callable[..., Awaitable[object]]


class Issuers:
    """One for the whole gateway, on one event loop; `run` calls a function in another thread."""

    def __init__(self, fetch: Fetch, run: Run, cache: IntermediateCache | None = None) -> None:
        self.cache = IntermediateCache() if cache is None else cache
        self._fetch, self._run = fetch, run
        self._flights: dict[str, asyncio.Task[Answer]] = {}

    async def ask(self, url: str, now: datetime) -> Answer:
        """What an address gives, within `SECONDS`."""
        if (kept := self.cache.get(url, now)) is not None:
            return kept
        task = self._flights.get(url)
        if task is None:
            if len(self._flights) >= MOST_FLIGHTS:
                return Answer(error="too-many-at-once")
            task = asyncio.get_running_loop().create_task(self._ask(url, now))
            self._flights[url] = task
            task.add_done_callback(lambda _: self._flights.pop(url))
        # A connection that goes away takes nothing from the others.
        return await asyncio.shield(task)

    async def _ask(self, url: str, now: datetime) -> Answer:
        fetched = await self._fetch.get(url, timeout=SECONDS, limit=intermediates.LARGEST)
        answer = Answer(error=fetched.error)
        if not fetched.error:
            found = await self._run(intermediates.parse, fetched.body)
            assert isinstance(found, tuple)
            answer = Answer(found, "" if found else "no-certificate")
        self.cache.put(url, answer, now)
        return answer


def http_only(urls: Sequence[str]) -> tuple[str, ...]:
    """Those that may be asked, each once."""
    return tuple(dict.fromkeys(url for url in urls if url[:7].lower() == "http://"))
