"""What the gateway knows of one open connection beyond its Session.

The Session is what records will say; this is what only mitmproxy's side needs: the handler, timers,
and the verdict on each server connection.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from mitmproxy import connection, flow, http
from mitmproxy.proxy import layer
from mitmproxy.proxy.server import ConnectionHandler

from clearpane.configuration.configuration import ContentProfiles
from clearpane.content.applications import Application
from clearpane.filtering.url import UrlJudgement
from clearpane.gateway.backpressure import Gate
from clearpane.gateway.force import Force
from clearpane.gateway.layers import Watched
from clearpane.gateway.talk import Talk
from clearpane.hello import Hello
from clearpane.pipeline.connection import Course, Opening, Step
from clearpane.rulebase.decision import Decision, RuleType
from clearpane.rulebase.security import SecurityDecision
from clearpane.sessions.session import Session
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.protocol import Terms
from clearpane.verification.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Granted:
    """What a request was allowed: the application it is of, and the profiles for its content."""

    application: Application
    profiles: ContentProfiles
    rule: str = ""
    categories: tuple[str, ...] = ()


class Inspection(Protocol):
    """What is under way with one body."""

    def abandon(self) -> None:
        """Nobody waits for it any more."""


@dataclass(slots=True, eq=False)
class Live:
    """One client connection, or one replay from a user interface (then without a handler)."""

    key: str
    session: Session
    force: Force
    handler: ConnectionHandler | None = None
    aliases: list[str] = field(default_factory=list)  # further client objects it goes by
    hello: Hello | None = None
    decision: Decision | None = None  # the one that holds; it may change once the server is seen
    opening: Opening | None = None
    terms: Terms | None = None  # for the servers of a client whose hello is known
    ecdsa: bool = True  # whether the client takes a P-256 leaf
    verdict: Verdict | None = None
    course: Course | None = None  # of the connection that the leaf was forged for
    courses: dict[str, Course] = field(default_factory=dict)  # by server connection
    late: set[str] = field(default_factory=set)  # server connections that took too long
    failure: str = ""  # why the last handshake with a server failed
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)  # by leg
    streams: list[tuple[str, asyncio.StreamReader]] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)  # bytes held back, by flow
    pages: dict[str, http.Response] = field(default_factory=dict)  # pages of our own, by flow
    granted: dict[str, Granted] = field(default_factory=dict)  # what requests may do, by flow
    filtered: UrlJudgement | None = None  # of the host of a session that is not decrypted
    inspections: dict[str, list[Inspection]] = field(default_factory=dict)  # by flow
    upgraded: dict[str, layer.Layer] = field(default_factory=dict)  # WebSockets, by flow
    # Those with a message that is too large, and whether that ends them.
    outgrown: dict[str, bool] = field(default_factory=dict)
    ruled: set[str] = field(default_factory=set)  # the security rules that were counted
    relay: Watched | None = None  # of a session that is not HTTP
    talk: Talk | None = None  # what is said in it
    ruling: SecurityDecision | None = None  # of a session in which there are no requests
    from_client: Gate = field(default_factory=Gate)
    from_servers: Gate = field(default_factory=Gate)
    shown: flow.Flow | None = None  # what the user interfaces list

    @property
    def blocked(self) -> bool:
        """Whether the client gets the page instead of the server."""
        return self.course is not None and self.course.step is Step.BLOCK

    @property
    def profile(self) -> DecryptionProfile:
        """The decryption profile under which the handshakes are made."""
        decision = self.opening.strictest if self.opening else self.decision
        return self.force.policy.decryption_profile(decision.profile if decision else "")

    @property
    def decrypts(self) -> bool:
        """Whether the decision that holds wants it decrypted."""
        return self.decision is not None and self.decision.decrypts

    @property
    def inbound(self) -> bool:
        """Whether the client is to see a protected server's own certificate."""
        return self.decision is not None and self.decision.type is RuleType.INBOUND_INSPECTION

    @property
    def timer(self) -> asyncio.TimerHandle | None:
        """The timer of a handshake that is under way, if there is one."""
        return next(iter(self.timers.values()), None)

    def arm(self, late: Callable[[], None], leg: str = "client") -> None:
        """A handshake begins: calls `late` unless `disarm` comes in time. `leg` tells those apart
        that are under way at once, as with several servers behind one HTTP/2 client."""
        self.disarm(leg)
        self.timers[leg] = asyncio.get_running_loop().call_later(self.force.patience, late)

    def disarm(self, leg: str = "client") -> None:
        if timer := self.timers.pop(leg, None):
            timer.cancel()

    def disarm_all(self) -> None:
        for leg in tuple(self.timers):
            self.disarm(leg)

    def gate(self, *, request: bool) -> Gate:
        """What stands before the reads of whoever sends the body."""
        return self.from_client if request else self.from_servers

    def granted_to(self, flow: http.HTTPFlow) -> Granted:
        """What the request was allowed; a replay's response may come without any request."""
        if found := self.granted.get(flow.id):
            return found
        return Granted(Application.WEB_BROWSING, self.force.policy.content_profiles(None))

    def forget(self, flow_id: str) -> None:
        """The flow is over: nobody waits for what is being looked at."""
        self.held.pop(flow_id, None)
        self.pages.pop(flow_id, None)
        self.granted.pop(flow_id, None)
        self.upgraded.pop(flow_id, None)
        self.outgrown.pop(flow_id, None)
        for inspection in self.inspections.pop(flow_id, ()):
            inspection.abandon()

    def close_server(self, server: connection.Connection) -> None:
        if self.handler and server in self.handler.transports:
            self.handler.close_connection(server)
