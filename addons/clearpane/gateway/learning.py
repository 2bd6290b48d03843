"""What sessions teach: servers that decryption breaks, and clients that accept no leaf of ours."""

import time
from collections.abc import Callable
from datetime import datetime

from clearpane.authorities.authority import AuthorityName
from clearpane.configuration.settings import Pinned
from clearpane.gateway.live import Live
from clearpane.pipeline.connection import server_of
from clearpane.rulebase.learned import Cause, LearnedExclusions, suggestion
from clearpane.sessions.recent import Recent

_SUGGESTED = 12 * 3600.0  # seconds before the same exclusion is suggested again
# Only these say that a client will not have the certificate as such (RFC 8446 section 6.2).
_TRUST_ALERTS = frozenset(("unknown ca", "certificate unknown", "bad certificate"))

type Suggest = Callable[[str, str, str], None]


class Learning:
    """Learns exclusions, or suggests them: a line for exclusions.yaml, the server, the client."""

    def __init__(
        self, learned: LearnedExclusions, now: Callable[[], datetime], suggest: Suggest
    ) -> None:
        self.learned = learned
        self._now, self._suggest = now, suggest
        self._suggested = Recent(_SUGGESTED)

    def learn(self, live: Live, cause: str, client: str = "") -> None:
        """The server is passed from now on, unless its category is never to be learned."""
        assert live.hello and live.decision
        if self._never(live):
            return
        profile = live.force.policy.profile_id(live.decision.profile)
        server = server_of(live.hello)
        self.learned.learn(server, profile, Cause(cause), self._now(), client)

    def rejected(self, live: Live, alert: str) -> None:
        """The client sent a fatal alert, in its handshake or right after it."""
        live.session.reject(alert)
        if alert in _TRUST_ALERTS:
            self.suspect(live, closed=False)

    def suspect(self, live: Live, *, closed: bool) -> None:
        """A client would not have a certificate that is without fault: it may be pinned. `closed`:
        it hung up without saying so."""
        course, settings = live.course, live.force.policy.settings.learning
        if settings.pinned is Pinned.OFF or live.hello is None or course is None:
            return
        if self._never(live):
            return
        if course.signer != AuthorityName.TRUST or course.reasons or not course.decision:
            return  # it may well have been warned of the server itself
        server, client = server_of(live.hello), str(live.hello.source)
        profile = live.force.policy.profile_id(course.decision.profile)
        if not self.learned.rejected(server, profile, client, self._now(), closed=closed):
            return
        if settings.pinned is Pinned.LEARN:
            self.learn(live, Cause.CLIENT_REJECTED_CERTIFICATE, client)
        elif not self._suggested.holds((server, client), time.monotonic()):
            self._suggested.keep((server, client), time.monotonic())
            self._suggest(suggestion(server), server.address, client)

    def _never(self, live: Live) -> bool:
        """Whether the host is in a category of which nothing is learned."""
        assert live.hello
        policy, name = live.force.policy, live.hello.name
        found = policy.rulebase.categories_of(name) if name else frozenset[str]()
        return not found.isdisjoint(policy.settings.learning.never)
