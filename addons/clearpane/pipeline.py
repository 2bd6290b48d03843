"""The order of one connection and of one message; the only place that knows it.

Plain functions. What touches the world (the scanner) and the time are arguments, so the gateway,
`clearpane test` and the tests walk the very same way.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clearpane.antivirus.profile import Action, AntivirusProfile, Direction
from clearpane.configuration.configuration import Configuration
from clearpane.content.detection import Detection, Finding, Unscanned
from clearpane.hello import Hello, host_name
from clearpane.rulebase.decision import Decision
from clearpane.verification.profile import DecryptionProfile, judge
from clearpane.verification.verdict import Signer, Verdict

type Scan = Callable[["Message"], Awaitable[Sequence[Finding]]]


class Step(StrEnum):
    """What follows the server's handshake."""

    DECRYPT = "decrypt"
    BYPASS = "bypass"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Course:
    """The way on after the server's handshake.

    `signer` is `forward-trust` or `forward-untrust` where a leaf is forged; `reasons` say why it is
    not simply Trust. `bypass` carries the decision that exempts the session.
    """

    step: Step
    signer: str = ""
    reasons: tuple[str, ...] = ()
    bypass: Decision | None = None

    def worse_than(self, shown: "Course") -> bool:
        """Whether a request must not go where this course leads, after a leaf for `shown`."""
        return self.step is not shown.step or not set(self.reasons) <= set(shown.reasons)


UNSEEN = Course(Step.DECRYPT)  # no leaf was shown at all: only a server without fault will do


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP body as it was received; `name` is what a record calls it."""

    decoder: str
    direction: Direction
    body: bytes
    name: str
    encodings: tuple[str, ...] = ()
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in a message and what is done about it; nothing found: allow."""

    action: Action = Action.ALLOW
    finding: Finding | None = None

    @property
    def blocks(self) -> bool:
        return self.action not in (Action.ALLOW, Action.ALERT)


def at_hello(policy: Configuration, hello: Hello, now: datetime) -> Decision:
    """Exclusions, then the decryption rulebase."""
    return policy.rulebase.decide(hello, now)


def at_server(
    policy: Configuration, profile: DecryptionProfile, verdict: Verdict, now: datetime
) -> Course:
    """Exclusions by the names that the server shows, then the decryption profile."""
    exempt = policy.rulebase.excluded_certificate(verdict.names, now)
    if exempt and _vouched_for(exempt, verdict):
        return Course(Step.BYPASS, reasons=(exempt.reason,), bypass=exempt)
    outcome = judge(verdict, profile)
    reasons = tuple(map(str, verdict.reasons))
    if outcome.blocked or outcome.signer is None:
        return Course(Step.BLOCK, reasons=tuple(map(str, outcome.blocked)) or reasons)
    return Course(Step.DECRYPT, outcome.signer, reasons)


def _vouched_for(exempt: Decision, verdict: Verdict) -> bool:
    """Any server can show any name: a host's counts only under a chain that is good. A name that
    is no host's (`AnyDesk Client`) no public authority would sign, so it counts as it stands."""
    try:
        host_name(exempt.exclusion.removeprefix("*."))
    except ValueError:
        return True
    return verdict.signer is Signer.FORWARD_TRUST


def differs(one: Decision, other: Decision) -> bool:
    """Whether a request for another host may not ride on a connection decided for the first."""
    return (one.action, one.type, one.profile) != (other.action, other.type, other.profile)


async def at_message(profile: AntivirusProfile, message: Message, scan: Scan) -> Judgement:
    """The content profiles in their order; an empty body holds nothing."""
    if not message.body:
        return Judgement()
    return judged(profile, message, await scan(message))


def judged(profile: AntivirusProfile, message: Message, findings: Sequence[Finding]) -> Judgement:
    """The strictest answer to any of the findings: what an exception allows hides nothing else."""
    judgements = [Judgement(_action(profile, message, found), found) for found in findings]
    return max(judgements, key=_strictness, default=Judgement())


def _action(profile: AntivirusProfile, message: Message, finding: Finding) -> Action:
    if isinstance(finding, Unscanned):
        return profile.on_unscanned
    return profile.action(message.decoder, message.direction, finding)


def _strictness(judgement: Judgement) -> tuple[bool, bool, int]:
    """Blocking first, then a threat before what could not be judged, then the action's order."""
    threat = isinstance(judgement.finding, Detection)
    return judgement.blocks, threat, list(Action).index(judgement.action)
