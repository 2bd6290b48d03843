"""One client connection, from its first byte to the records that its end leaves.

The gateway fills in values as it learns them; records only read them. Nothing here decides.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from clearpane.content.applications import Application
from clearpane.hello import Hello
from clearpane.rulebase.decision import Decision
from clearpane.rulebase.security import SecurityDecision
from clearpane.sessions.ends import EndReason, for_alert, for_block, weightier
from clearpane.sessions.tls import UNKNOWN, Leg, ServerCertificate


class Handling(StrEnum):
    """What became of the decryption: done, stopped, or passed through untouched."""

    ALLOW = "allow"
    BLOCK = "block"
    BYPASS = "bypass"


@dataclass(slots=True)
class Session:
    """All that the three records say about one connection.

    Times are aware, in the zone that the records are written in. `listener` is `MODE@PORT`.
    `host` is the name that CONNECT, SOCKS or the request named; `sni` is the ClientHello's as it
    stood there, valid or not.
    `security_rule` is the one that ended the session, else the last that was asked, and
    `url_category` what it went by.
    `bytes_sent` and `bytes_received` count as the client does. `reasons` are stable names.
    """

    id: int
    start: datetime
    source: str
    source_port: int
    destination: str = ""
    port: int = 0
    user: str = ""
    listener: str = ""
    from_zone: str = ""
    to_zone: str = ""
    host: str = ""
    sni: str = ""
    tls: bool = False
    ech: bool = False  # an encrypted hello was offered, real or as GREASE
    decision: Decision | None = None
    app: str = Application.INCOMPLETE
    security_rule: str = ""
    url_category: str = ""
    action: str = "allow"
    refused: bool = False  # by a security rule
    decrypted: bool = False
    blocked: bool = False
    bypassed: bool = False
    authority: str = ""
    reasons: list[str] = field(default_factory=list)
    faults: tuple[str, ...] = ()  # of the server's certificate, whatever became of the session
    client: Leg = UNKNOWN
    server: Leg = UNKNOWN
    certificate: ServerCertificate | None = None
    revocation: str = ""
    status: str = ""  # who answered what about revocation
    fetched: tuple[str, ...] = ()  # the addresses that were asked for a missing issuer
    alert: str = ""
    bytes_sent: int = 0
    bytes_received: int = 0
    end: datetime | None = None
    end_reason: EndReason = EndReason.UNKNOWN

    def greet(self, hello: Hello, sni: str = "") -> None:
        """Takes over the ClientHello; `sni` is the name as sent where that is no valid one."""
        self.tls = True
        self.destination = str(hello.destination or self.destination)
        self.port = hello.port
        self.user = hello.user or self.user
        self.host = hello.host or self.host
        self.sni = hello.sni or sni

    def decide(self, decision: Decision) -> None:
        """Takes over the rulebase's answer, with the reason where it is not to decrypt."""
        self.decision = decision
        self.from_zone = decision.from_zone or self.from_zone
        self.to_zone = decision.to_zone or self.to_zone
        self.note(decision.reason)

    def note(self, *reasons: str) -> None:
        """Adds reasons that are not yet noted; an empty one is none."""
        self.reasons += [str(r) for r in dict.fromkeys(reasons) if r and r not in self.reasons]

    def block(self, *reasons: str) -> None:
        """The decryption profile, or the lack of a verdict, ends this session."""
        self.blocked, self.action = True, self.action if self.refused else "deny"
        self.note(*reasons)
        self.ends(for_block(reasons))

    def govern(self, decision: SecurityDecision) -> None:
        """Takes over a security rule's answer; the one that ends a session is the last."""
        if self.refused:
            return
        self.security_rule, self.url_category = decision.rule, decision.category
        if not decision.allows:
            self.refused, self.action = True, str(decision.action)
            self.ends(EndReason.POLICY_DENY)

    def bypass(self, *reasons: str) -> None:
        """The session passes untouched, for what came to light after the rulebase's answer."""
        self.bypassed = True
        self.note(*reasons)

    def reject(self, alert: str) -> None:
        """The client refused our certificate with this fatal alert."""
        self.alert = alert
        self.note("client-rejected-certificate")
        self.ends(for_alert(alert))

    def ends(self, reason: EndReason) -> None:
        """Notes why it ends; a less weighty reason never replaces a weightier one."""
        self.end_reason = weightier(self.end_reason, reason)

    @property
    def handling(self) -> Handling:
        if self.blocked:
            return Handling.BLOCK
        return Handling.BYPASS if self.passed and not self.decrypted else Handling.ALLOW

    @property
    def passed(self) -> bool:
        """Whether it was left alone: by the rules, or for what the server or the client is."""
        return self.bypassed or self.decision is None or not self.decision.decrypts

    @property
    def inbound(self) -> bool:
        """Whether the certificate shown is the protected server's own."""
        return self.authority == "inbound"
