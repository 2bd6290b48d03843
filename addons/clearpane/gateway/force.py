"""One policy with the adapters that were made for it, swapped as one.

A session keeps the one it began with. What a new policy left unchanged (authorities, anchors) keeps
its adapter, so that a save does not forge every leaf anew.
"""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256

from OpenSSL import SSL

from clearpane.antivirus.clamd import Clamd
from clearpane.antivirus.pool import Pool
from clearpane.antivirus.scan import Scan
from clearpane.antivirus.scanner import Scanner
from clearpane.configuration.configuration import Configuration
from clearpane.gateway.elsewhere import Elsewhere
from clearpane.gateway.engines import make_daemon, make_scanner, setup_of
from clearpane.gateway.leaves import Leaves
from clearpane.pages.page import Pages
from clearpane.pipeline.connection import completed
from clearpane.pipeline.message import Message
from clearpane.sessions.recent import Recent
from clearpane.verification.handshake import Handshake, TrustStore, sent
from clearpane.verification.verdict import Signer, Verdict

_CONFIRMED = 300.0  # seconds for which a server stays who it was found to be
_INLINE = 64 * 1024  # bytes that are hashed in under 0.1 ms


@dataclass(frozen=True, slots=True)
class Force:
    """What is in force for a connection."""

    policy: Configuration
    leaves: Leaves
    handshake: Handshake
    scanner: Scanner
    daemon: Clamd | None
    pool: Pool
    pages: Pages
    executor: Executor
    elsewhere: Elsewhere
    confirmed: Recent = field(default_factory=partial(Recent, _CONFIRMED))

    async def complete(
        self, verdict: Verdict, shown: SSL.Connection, name: str, now: datetime
    ) -> Verdict:
        """The verdict with what has to be asked elsewhere; for most nothing has."""
        if verdict.signer is Signer.FORWARD_TRUST and not self.elsewhere.checking.on:
            return verdict
        ask, staple = self.elsewhere, shown.get_app_data().staple
        return await completed(
            verdict, sent(shown), staple, name, now, mend=ask.mend, check=ask.check
        )

    async def scan(self, message: Message, body: bytes) -> Scan:
        """What is in a message that came whole."""
        return await self.scanner.scan(
            body,
            name=message.name,
            encodings=message.encodings,
            content_type=message.content_type,
        )

    async def digest(self, body: bytes) -> str:
        """SHA-256 in hex; a large body's takes too long for the event loop."""
        if len(body) <= _INLINE:
            return sha256(body).hexdigest()
        made = asyncio.get_running_loop().run_in_executor(self.executor, sha256, body)
        return (await made).hexdigest()

    @property
    def patience(self) -> float:
        """Seconds that a handshake may take."""
        return self.policy.settings.handshake_timeout


def put_in_force(policy: Configuration, executor: Executor, before: Force | None = None) -> Force:
    """The adapters for a policy that was found valid."""
    same = before is not None and _fingerprints(before.policy) == _fingerprints(policy)
    leaves = before.leaves if before and same else Leaves(policy.authorities, executor)
    handshake = (
        before.handshake
        if before and before.policy.anchors == policy.anchors
        else Handshake(TrustStore(*policy.anchors))
    )
    daemon = (
        before.daemon
        if before and before.policy.settings.antivirus == policy.settings.antivirus
        else make_daemon(policy)
    )
    pool = (
        before.pool
        if before and setup_of(before.policy) == setup_of(policy)
        else Pool(setup_of(policy))
    )
    scanner = make_scanner(policy, daemon, pool, executor)
    pages = Pages(policy.pages)
    elsewhere = Elsewhere(
        policy.settings, handshake.store, executor, before.elsewhere if before else None
    )
    return Force(policy, leaves, handshake, scanner, daemon, pool, pages, executor, elsewhere)


def retire(old: Force, new: Force) -> None:
    """Lets go of what only the old policy needed; who still asks it is answered."""
    if old.pool is not new.pool:
        old.pool.retire()


def _fingerprints(policy: Configuration) -> tuple[str, ...]:
    return tuple(pair.certificate.fingerprint for pair in policy.authorities.all)
