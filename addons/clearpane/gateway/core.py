"""What the addons share: the policy in force, the open connections, and the reporter.

Everything that decides is asked from the addons; nothing here decides.
"""

import secrets
import time
from dataclasses import replace
from datetime import datetime

from mitmproxy import connection, http
from mitmproxy.proxy.server import ConnectionHandler

from clearpane.content.applications import Application
from clearpane.filtering.url import UrlAction, UrlJudgement
from clearpane.gateway import show
from clearpane.gateway.facts import address_of, listener_of, shown_certificate
from clearpane.gateway.force import Force
from clearpane.gateway.learning import Learning
from clearpane.gateway.live import Live
from clearpane.gateway.reporter import Reporter
from clearpane.hello import Hello, address
from clearpane.pages.forms import Kind
from clearpane.pipeline.connection import Course, Opening, Step, at_hello, server_of
from clearpane.records.actions import DENIALS, UrlLogged
from clearpane.rulebase.decision import Decision
from clearpane.rulebase.learned import LearnedExclusions, Server
from clearpane.rulebase.security import SecurityDecision
from clearpane.sessions.consent import Consents
from clearpane.sessions.newcomers import Newcomers
from clearpane.sessions.session import Session
from clearpane.sessions.table import Sessions
from clearpane.sessions.tls import Leg
from clearpane.verification.verdict import Verdict

BY_CATEGORY, BY_RULE = "url-filtering", "security-rule"


class Core:
    """One gateway. A new policy replaces the old one whole; open connections keep theirs."""

    force: Force
    reporter: Reporter

    def __init__(self) -> None:
        self.sessions = Sessions()
        self.learned = LearnedExclusions()
        self.newcomers = Newcomers()
        self.consents = Consents()
        self.secret = secrets.token_bytes(32)  # signs the forms of pages; a restart asks anew
        self.learning = Learning(self.learned, self.now, self._suggest)
        self._live: dict[str, Live] = {}

    def begin(self, force: Force, reporter: Reporter) -> None:
        """Before the first connection; `force` is replaced by every later policy."""
        self.force, self.reporter = force, reporter

    def _suggest(self, exclusion: str, server: str, client: str) -> None:
        self.reporter.suggest(exclusion, server, client)

    @staticmethod
    def now() -> datetime:
        """The local time with its zone; schedules and records are in it."""
        return datetime.fromtimestamp(time.time()).astimezone()

    @property
    def accepts(self) -> bool:
        """Whether new sessions may begin."""
        return self.reporter.healthy or not self.force.policy.settings.block_on_log_failure

    @property
    def held(self) -> int:
        """Bytes of all bodies that are held back at this moment."""
        return sum(sum(live.held.values()) for live in self._live.values())

    def of(self, client: connection.Client) -> Live | None:
        return self._live.get(client.id)

    def of_flow(self, flow: http.HTTPFlow) -> Live | None:
        """The flow's connection; None once it is over."""
        return self._live.get(flow.id if flow.is_replay else flow.client_conn.id)

    def begin_flow(self, flow: http.HTTPFlow) -> Live:
        """The connection of a request that begins; a replay has none, so it gets one."""
        if live := self.of_flow(flow):
            return live
        if flow.is_replay:
            return self.open(flow.id, flow.client_conn, None)
        raise RuntimeError("a request that belongs to no connection")

    def open(self, key: str, client: connection.Client, handler: ConnectionHandler | None) -> Live:
        host, port = client.peername[:2] if client.peername else ("0.0.0.0", 0)
        session = self.sessions.open(key, self.now(), str(address(host)), port)
        session.listener = listener_of(client.proxy_mode)
        live = self._live[key] = Live(key, session, self.force, handler)
        return live

    def adopt(self, live: Live, client: connection.Client) -> None:
        """The connection goes by another client object, as a replay's does."""
        if client.id not in self._live:
            live.aliases.append(client.id)
            self._live[client.id] = live

    def close(self, live: Live) -> None:
        """The connection is over; its records are written once, whoever calls first."""
        for key in (live.key, *live.aliases):
            self._live.pop(key, None)
        live.disarm_all()
        for flow_id in tuple(live.inspections):
            live.forget(flow_id)
        now = self.now()
        session = self.sessions.close(live.key, now)
        if session is None or not (session.destination or session.host):
            return  # a bare connection to the proxy itself, as a health check makes
        if session.decision is None:
            self._place(session)
        if session.app is Application.INCOMPLETE and not session.reasons:
            session.note("not-tls")
        show.ended(live)
        self.reporter.ended(session, now)

    def _place(self, session: Session) -> None:
        """The zones of a session that no rule was asked about."""
        hello = Hello(
            source=address(session.source),
            destination=address_of(session.destination),
            port=session.port,
            listener=session.listener,
        )
        rulebase = self.force.policy.rulebase
        session.from_zone, session.to_zone = rulebase.from_zone(hello), rulebase.to_zone(hello)

    def close_all(self) -> None:
        """The gateway stops: no hook tells of the connections that are still open."""
        for live in tuple(self._live.values()):
            self.close(live)

    def govern(self, live: Live, decision: SecurityDecision) -> None:
        """A security rule's answer, noted and counted: once a session for each rule."""
        if decision.rule not in live.ruled:
            live.ruled.add(decision.rule)
            self.sessions.security_hits.hit(decision.rule, self.now())
        live.session.govern(decision)

    def decide(self, live: Live, hello: Hello) -> Decision:
        """The rulebase's answer, noted and counted."""
        now = self.now()
        live.hello = hello
        live.opening = at_hello(live.force.policy, hello, now, self.learned)
        live.decision = live.opening.decision
        live.session.user = live.force.policy.rulebase.user_of(hello)
        self.sessions.decide(live.session, live.decision, now)
        return live.decision

    def redecide(self, live: Live, name: str) -> Decision:
        """What the answer would be for another host on the same connection; not counted."""
        assert live.hello
        return at_hello(live.force.policy, replace(live.hello, sni=name), self.now()).decision

    def take_course(self, live: Live, course: Course) -> Course:
        """The way on, once the first server is seen: noted, counted, and learned from."""
        if course.decision and live.opening and course.decision is live.opening.otherwise:
            self.turn(live)
        if course.step is Step.DECRYPT and not self.admits(live):
            course = self.without_place(live)
        if course.learn:
            self.learning.learn(live, course.reasons[0])
        if course.step is Step.BYPASS and live.decrypts and (barred := self.bars(live)):
            course = Course(Step.BLOCK, reasons=(barred,), decision=course.decision)
        if course.step is Step.BYPASS:
            live.session.bypass(*course.reasons)
        if course.step is not Step.DECRYPT:
            self.sessions.pool.release(live.session.id)
        live.course = course
        return course

    def ruled(self, live: Live, application: Application) -> SecurityDecision | None:
        """What the security rules say of a session in which no URL is known."""
        assert live.hello
        security = live.force.policy.security
        if security is None:
            return None
        decision = security.decide(live.hello, self.now(), application)
        self.govern(live, decision)
        return decision

    def bars(self, live: Live) -> str:
        """Why a session that is not decrypted may not pass: a security rule, or the category of
        its host; empty where it may."""
        assert live.hello
        policy, now = live.force.policy, self.now()
        site = live.hello.name or str(live.hello.destination or "")
        decision = self.ruled(live, Application.SSL)
        if decision and not decision.allows:
            return BY_RULE
        profile = policy.content_profiles(decision).url
        if profile is None:
            return ""
        judged = profile.judge(policy.url_categories(site, "/") if site else ())
        if judged.action is UrlAction.ALLOW:
            return ""
        live.filtered = judged
        logged = self.filtered(live, judged, asks=policy.settings.url_proxy)
        self.reporter.host(live, judged.category, logged, now)
        return BY_CATEGORY if logged in DENIALS else ""

    def filtered(self, live: Live, judged: UrlJudgement, *, asks: bool = True) -> UrlLogged:
        """What is done about a URL, in the words of the records; `asks`: a page can be shown."""
        match judged.action:
            case UrlAction.CONTINUE if asks:
                asked, went_on = UrlLogged.ASKED, UrlLogged.WENT_ON
            case UrlAction.OVERRIDE if asks:
                asked, went_on = UrlLogged.PASSWORD_ASKED, UrlLogged.PASSWORD_GIVEN
            case UrlAction.ALERT | UrlAction.ALLOW:
                return UrlLogged.ALERT
            case _:
                return UrlLogged.BLOCK
        user, kind = live.session.user or live.session.source, Kind(f"url-{judged.action}")
        granted = self.consents.granted(user, kind, judged.category, self.now())
        return went_on if granted else asked

    def turn(self, live: Live) -> None:
        """The name was only claimed, or can't be confirmed: what holds without it, holds."""
        assert live.opening and live.opening.otherwise
        live.decision = live.opening.otherwise
        live.opening = Opening(live.decision)
        live.session.reasons.clear()
        self.sessions.decide(live.session, live.decision, self.now())

    def admits(self, live: Live) -> bool:
        """Whether there is a place for a session that is to be decrypted."""
        return self.sessions.admit(live.session, live.force.policy.settings.max_sessions)

    def denies(self, live: Live) -> bool:
        """Whether a session without a place ends; else it passes undecrypted."""
        return live.force.policy.settings.deny_setup_failure or (
            live.profile.blocks_without_resource(inbound=live.inbound)
        )

    def without_place(self, live: Live) -> Course:
        """The way on where the pool is full."""
        step = Step.BLOCK if self.denies(live) else Step.BYPASS
        return Course(step, reasons=("no-resource",), decision=live.decision)

    def is_confirmed(self, live: Live) -> bool:
        """Whether this server was looked at a moment ago, for the same rule."""
        if live.decrypts:
            return False
        return live.force.confirmed.holds(self._confirmation(live), time.monotonic())

    @staticmethod
    def _confirmation(live: Live) -> tuple[Server, str]:
        assert live.hello and live.opening
        return server_of(live.hello), live.opening.decision.rule

    def note_verdict(self, live: Live, verdict: Verdict, course: Course) -> None:
        """The first server connection tells what the records say of the server."""
        live.verdict = verdict
        course = self.take_course(live, course)
        decision = live.opening.decision if live.opening else None
        if course.step is Step.BYPASS and decision is course.decision and not live.decrypts:
            live.force.confirmed.keep(self._confirmation(live), time.monotonic())
        session = live.session
        session.server = Leg(verdict.version, verdict.cipher, verdict.group)
        session.revocation, session.status = verdict.revocation, verdict.status
        session.fetched, session.faults = verdict.fetched, tuple(map(str, verdict.reasons))
        session.authority = course.signer
        session.certificate = shown_certificate(verdict)
        session.note(*course.reasons)
