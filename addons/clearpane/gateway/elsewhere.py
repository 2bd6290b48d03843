"""What has to be asked elsewhere before a verdict stands: missing issuers and revocation.

One for each policy; the caches go on from one to the next, and nothing is asked that settings.yaml
does not switch on.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime

from clearpane.certificates.certificate import Certificate
from clearpane.configuration.settings import Settings
from clearpane.verification.fetch import Fetch
from clearpane.verification.handshake import TrustStore
from clearpane.verification.intermediate_cache import IntermediateCache
from clearpane.verification.issuers import Issuers
from clearpane.verification.mending import Mender
from clearpane.verification.revocation import Checking, Revocation
from clearpane.verification.status import StatusChecker
from clearpane.verification.status_cache import StatusCache
from clearpane.verification.verdict import Verdict

logger = logging.getLogger(__name__)


class Elsewhere:
    """The adapters behind `pipeline.completed`."""

    def __init__(
        self,
        settings: Settings,
        store: TrustStore,
        executor: Executor,
        before: "Elsewhere | None" = None,
    ) -> None:
        self._executor = executor
        self._fetching = settings.fetch
        # That an address was refused is kept too, so the cache goes with the setting.
        same = before is not None and before._fetching == settings.fetch
        self._intermediates: IntermediateCache = (
            before._intermediates if before and same else IntermediateCache()
        )
        self._statuses: StatusCache = before._statuses if before and same else StatusCache()
        fetch = Fetch(settings.fetch.allow_private_addresses)
        issuers = Issuers(fetch, self._run, self._intermediates)
        self._issuers = issuers if settings.fetch.intermediates else None
        self._mender = Mender(store)
        self._checker = StatusChecker(fetch, _utc, self._statuses)
        wanted = settings.revocation
        self.checking = Checking(
            wanted.ocsp,
            wanted.crl,
            wanted.ocsp_receive_timeout,
            wanted.crl_receive_timeout,
            wanted.cert_status_timeout,
        )

    async def mend(
        self, verdict: Verdict, sent: Sequence[bytes], name: str, now: datetime
    ) -> Verdict:
        """See `pipeline.Mend`; every address that was asked is logged."""
        mended = await self._mender.mend(verdict, sent, name, now, self._run, self._issuers)
        for url in mended.fetched:
            logger.info(f"{name}: asked {url} for a missing issuer")
        for error in mended.errors:
            logger.info(f"{name}: no issuer from {error}")
        return replace(mended.verdict, fetched=mended.fetched)

    async def check(self, path: Sequence[Certificate], staple: bytes) -> Revocation:
        """See `pipeline.Check`."""
        return await self._checker.check(path, staple, self.checking)

    async def _run(self, function: Callable[..., object], *arguments: object) -> object:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, function, *arguments)


def _utc() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
