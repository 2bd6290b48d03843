"""Asks about the certificates of a path at once, and once however many connections want to know.

An adapter: it keeps the time, and reads CRLs in a thread. Who is asked and what the answers mean
stands in `revocation` and `inquiry`.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from clearpane.certificates.certificate import Certificate
from clearpane.verification import crl
from clearpane.verification.answers import State, Status
from clearpane.verification.inquiry import Fetch, Means, inquire, stapled
from clearpane.verification.revocation import (
    Checking,
    Outcome,
    Question,
    Revocation,
    conclude,
    questions,
)
from clearpane.verification.status_cache import CertificateId, StatusCache

# Each may hold 8 MiB a few times over.
_LISTS_AT_ONCE = 4
# As many as sessions by default; an inquiry may outlive the connection that wanted it.
_MOST_INQUIRIES = 1024

type _Flight = tuple[CertificateId, Checking]


class StatusChecker:
    """One for the whole gateway, on one event loop; `clock` gives the time of day in UTC."""

    def __init__(
        self, fetch: Fetch, clock: Callable[[], datetime], cache: StatusCache | None = None
    ) -> None:
        self.cache = StatusCache() if cache is None else cache
        self._clock = clock
        self._means = Means(
            fetch, _read_list, asyncio.Semaphore(_LISTS_AT_ONCE), clock, time.monotonic
        )
        self._flights: dict[_Flight, asyncio.Task[Status]] = {}

    async def check(
        self, path: Sequence[Certificate], staple: bytes, checking: Checking
    ) -> Revocation:
        """Is anything revoked on a path from the leaf to its anchor? Takes `checking.total`
        seconds at most; `staple` is the OCSPResponse that the server sent, or empty.

        Only for paths that have an anchor: whom a stranger's certificate names is not asked.
        """
        if not checking.on:
            return Revocation(Outcome.UNCHECKED, "revocation checking is off")
        asked = questions(path, staple, checking)
        answers = [self._known(question) for question in asked]
        missing = [at for at, answer in enumerate(answers) if answer is None]
        if missing:
            asking = (self._ask(asked[at], checking) for at in missing)
            for at, status in zip(missing, await asyncio.gather(*asking), strict=True):
                answers[at] = status
        known = (status for status in answers if status is not None)
        return conclude(zip(asked, known, strict=True))

    def _known(self, question: Question) -> Status | None:
        """From the cache or the staple, whichever knows."""
        now = self._clock()
        kept = self.cache.get(question.id, now)
        if kept is not None and (kept.until is not None or not question.staple):
            return kept
        if staple := stapled(question, now):
            self.cache.put(question.id, staple, now)
            return staple
        return kept

    async def _ask(self, question: Question, checking: Checking) -> Status:
        flight = (question.id, checking)
        task = self._flights.get(flight)
        if task is None:
            if len(self._flights) >= _MOST_INQUIRIES:
                return Status(State.UNKNOWN, detail="too many are asked about at once")
            task = asyncio.get_running_loop().create_task(self._inquire(question, checking))
            self._flights[flight] = task
            task.add_done_callback(lambda _: self._flights.pop(flight))
        # A connection that goes away takes nothing from the others.
        return await asyncio.shield(task)

    async def _inquire(self, question: Question, checking: Checking) -> Status:
        try:
            async with asyncio.timeout(checking.total):
                status = await inquire(question, checking, self._means)
        except TimeoutError:
            status = Status(State.TIMEOUT, detail="no answer in time")
        self.cache.put(question.id, status, self._clock())
        return status


async def _read_list(
    data: bytes, certificate: Certificate, issuer: Certificate, now: datetime
) -> Status:
    return await asyncio.to_thread(crl.read, data, certificate, issuer, now)
