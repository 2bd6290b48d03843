"""A second try for a chain that OpenSSL's first path did not carry to an anchor.

ADAPTER: OpenSSL, asyncio. First every path among what the server sent; then, where an issuer was
not sent, among what the addresses give that the certificates name. A path counts as it would have
counted had the server sent it alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from OpenSSL import crypto

from clearpane.verification import faults, intermediates, purposes
from clearpane.verification.chain import judge_chain
from clearpane.verification.faults import Fault
from clearpane.verification.handshake import TrustStore
from clearpane.verification.intermediate_cache import Answer
from clearpane.verification.issuers import SECONDS, Issuers, http_only
from clearpane.verification.paths import loose_ends, parsed, paths
from clearpane.verification.reasons import NO_LEAF
from clearpane.verification.verdict import Signer, Verdict

_ROUNDS = 3  # an intermediate that was fetched may name the next
_MOST_URLS = 10
_MOST_PATHS = 8
_SELF_SIGNED = frozenset((18, 19))  # OpenSSL ended the path at a certificate that is no anchor
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: `judge_chain` looks at the dates

type Run = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Mended:
    """The verdict, a better one where there is one; the URLs that were asked, be it of the cache;
    and of those that gave nothing, why: `URL: word`."""

    verdict: Verdict
    fetched: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(slots=True)
class _Attempt:
    """What one verdict is tried with, and how far it has come."""

    verdict: Verdict
    sent: tuple[bytes, ...]
    name: str
    now: datetime
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """What was sent, and what was fetched beside."""
        found = (each for answer in self.answers.values() for each in answer.certificates)
        new = (each for each in dict.fromkeys(found) if each not in self.sent)
        return (*self.sent, *islice(new, intermediates.MOST))

    @property
    def errors(self) -> tuple[str, ...]:
        said = self.answers.items()
        return tuple(f"{url}: {answer.error}" for url, answer in said if answer.error)


class Mender:
    """One for each set of anchors."""

    def __init__(self, store: TrustStore) -> None:
        self._trusted = store.anchors
        self._anchors: dict[bytes, list[bytes]] = {}
        for anchor in parsed(tuple(store.anchors)):
            self._anchors.setdefault(anchor.subject, []).append(anchor.der)

    def verdict(self, sent: Sequence[bytes], name: str, now: datetime) -> Verdict | None:
        """The best verdict over any path to an anchor; None where there is no such path. `sent` is
        DER and begins with the leaf, `name` is what the server was asked for. Takes milliseconds.
        """
        if not sent:
            return None
        found = islice(paths(sent[0], sent[1:], self._anchors), _MOST_PATHS)
        judged = (self._judged(path, sent, name, now) for path in found)
        return min(filter(None, judged), key=self._rank, default=None)

    async def mend(
        self,
        verdict: Verdict,
        sent: Sequence[bytes],
        name: str,
        now: datetime,
        run: Run,
        issuers: Issuers | None,
    ) -> Mended:
        """A better verdict, if there is one; without `issuers` nothing is fetched. `run` calls a
        function in another thread. Fetching takes `SECONDS` at most."""
        if verdict.signer is Signer.FORWARD_TRUST or not NO_LEAF.isdisjoint(verdict.reasons):
            return Mended(verdict)
        attempt = _Attempt(verdict, tuple(sent), name, now)
        if await self._try(attempt, run) or issuers is None:
            return Mended(attempt.verdict)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await self._fetch(attempt, run, issuers)
        return Mended(attempt.verdict, tuple(attempt.answers), attempt.errors)

    async def _fetch(self, attempt: _Attempt, run: Run, issuers: Issuers) -> None:
        """Round by round, what the loose ends of the chain name."""
        urls: Sequence[str] = attempt.verdict.ca_issuers
        for _ in range(_ROUNDS):
            new = [url for url in http_only(urls) if url not in attempt.answers]
            new = new[: _MOST_URLS - len(attempt.answers)]
            before = attempt.certificates
            # Until it has answered; some may be too late.
            attempt.answers |= dict.fromkeys(new, Answer(error="timeout"))
            await asyncio.gather(*(_ask(issuers, url, attempt) for url in new))
            if attempt.certificates == before:
                return
            if await self._try(attempt, run):
                for url in attempt.answers:
                    issuers.cache.prove(url)
                return
            urls = await self._named(attempt, run)

    async def _named(self, attempt: _Attempt, run: Run) -> Sequence[str]:
        leaf, *others = attempt.certificates
        ends = await run(loose_ends, leaf, others)
        assert isinstance(ends, tuple)
        return [url for end in ends if end.issuer not in self._anchors for url in end.ca_issuers]

    async def _try(self, attempt: _Attempt, run: Run) -> bool:
        """Whether there is a better verdict, which then stands in the attempt."""
        found = await run(self.verdict, attempt.certificates, attempt.name, attempt.now)
        # OpenSSL names all faults of its own path and only the first of ours: fewer is not better.
        if (
            not isinstance(found, Verdict)
            or self._rank(found)[:2] >= self._rank(attempt.verdict)[:2]
        ):
            return False
        attempt.verdict = replace(
            attempt.verdict,
            reasons=found.reasons,
            path=found.path,
            missing_issuer=found.missing_issuer,
            ca_issuers=found.ca_issuers,
            root_name=found.root_name,
        )
        return True

    def _rank(self, verdict: Verdict) -> tuple[bool, bool, int]:
        """The least is the best."""
        is_anchored = bool(verdict.path) and verdict.path[-1].der in self._trusted
        return verdict.signer is not Signer.FORWARD_TRUST, not is_anchored, len(verdict.reasons)

    def _judged(
        self, path: Sequence[bytes], sent: Sequence[bytes], name: str, now: datetime
    ) -> Verdict | None:
        """None where OpenSSL does not see the path as one."""
        found = _faults(path)
        if found is None or faults.issuer_is_missing(found):
            return None
        if any(number in _SELF_SIGNED for number, _ in found):
            return None
        found += purposes.faults(parsed(path))
        return judge_chain(found, sent, path, name, now, self._trusted)


async def _ask(issuers: Issuers, url: str, attempt: _Attempt) -> None:
    attempt.answers[url] = await issuers.ask(url, attempt.now)


def _faults(path: Sequence[bytes]) -> list[Fault] | None:
    """What OpenSSL finds first in this very path, whose last certificate alone is trusted; None
    where it can't read one."""
    try:
        leaf, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, each) for each in path)
    except crypto.Error:
        return None
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | _NO_CHECK_TIME)
    store.add_cert(others[-1] if others else leaf)
    try:
        crypto.X509StoreContext(store, leaf, others[:-1]).verify_certificate()
    except crypto.X509StoreContextError as error:
        number, depth, _ = error.errors
        return [(number, depth)]
    return []
