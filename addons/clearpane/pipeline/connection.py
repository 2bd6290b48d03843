"""The order of one connection: hello, rulebase, server, verdict, profile, course.

Plain functions. What touches the world (the scanner) and the time are arguments, so the gateway,
`clearpane test` and the tests walk the very same way.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from clearpane.authorities.inbound import choose
from clearpane.certificates.certificate import Certificate
from clearpane.configuration.configuration import Configuration
from clearpane.hello import Hello, host_name
from clearpane.rulebase.decision import Action as Answer
from clearpane.rulebase.decision import Decision, RuleType
from clearpane.rulebase.decision import Reason as Because
from clearpane.rulebase.learned import LearnedExclusions, Server
from clearpane.verification.names import covers, covers_by_common_name
from clearpane.verification.profile import DecryptionProfile, judge, judge_passing
from clearpane.verification.protocol import Terms
from clearpane.verification.reasons import Reason
from clearpane.verification.revocation import Revocation
from clearpane.verification.verdict import Signer, Verdict

type Mend = Callable[[Verdict, Sequence[bytes], str, datetime], Awaitable[Verdict]]
type Check = Callable[[Sequence[Certificate], bytes], Awaitable[Revocation]]


class Step(StrEnum):
    """What follows the server's handshake."""

    DECRYPT = "decrypt"
    BYPASS = "bypass"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Opening:
    """What follows from a ClientHello.

    `otherwise` is what holds where the server's certificate does not cover the name: a claimed
    name alone buys nobody the exemption of its category.
    """

    decision: Decision
    otherwise: Decision | None = None

    @property
    def strictest(self) -> Decision:
        """Whose profile says what the server's handshake may agree on."""
        return self.otherwise or self.decision


@dataclass(frozen=True, slots=True)
class Course:
    """The way on after the server's handshake.

    `signer` is `forward-trust` or `forward-untrust` where a leaf is forged, `inbound` where the
    server's own certificate is shown; `reasons` say why it is not simply Trust. `decision` is the
    one that holds now that the server is known. `learn`: the server is passed from now on.
    """

    step: Step
    signer: str = ""
    reasons: tuple[str, ...] = ()
    decision: Decision | None = None
    learn: bool = False

    def worse_than(self, shown: "Course") -> bool:
        """Whether a request must not go where this course leads, after a leaf for `shown`."""
        return self.step is not shown.step or not set(self.reasons) <= set(shown.reasons)


_UNSUPPORTED = (Reason.UNSUPPORTED_VERSION, Reason.UNSUPPORTED_CIPHER)
_UNVERIFIED = "unverified"
UNSEEN = Course(Step.DECRYPT)  # no leaf was shown at all: only a server without fault will do


def at_hello(
    policy: Configuration, hello: Hello, now: datetime, learned: LearnedExclusions | None = None
) -> Opening:
    """Exclusions, then the decryption rulebase, then what was learned of the server."""
    decision = policy.rulebase.decide(hello, now)
    if decision.decrypts:
        profile = policy.profile_id(decision.profile)
        if learned and learned.find(server_of(hello), profile, str(hello.source), now):
            reason = Because.EXCLUDED_LEARNED
            return Opening(replace(decision, action=Answer.NO_DECRYPT, reason=reason))
    elif decision.reason is Because.RULE and decision.category != "any":
        otherwise = policy.rulebase.decide(hello, now, categories=frozenset())
        if otherwise.decrypts:
            return Opening(decision, otherwise)
    return Opening(decision)


def server_of(hello: Hello) -> Server:
    """Who is learned: the name, where it is, and the port. The name alone is only claimed."""
    return Server(hello.name, str(hello.destination or hello.host), hello.port)


def looks(policy: Configuration, opening: Opening) -> bool:
    """Whether the server's certificate must be seen before the client's hello goes on."""
    decision = opening.decision
    if decision.decrypts or opening.otherwise:
        return True
    if decision.reason is not Because.RULE:
        return False
    return policy.decryption_profile(decision.profile).no_proxy.looks


async def completed(
    verdict: Verdict,
    sent: Sequence[bytes],
    staple: bytes,
    name: str,
    now: datetime,
    *,
    mend: Mend,
    check: Check,
) -> Verdict:
    """The verdict with what has to be asked elsewhere: issuers that `sent` lacks, and whether
    anything on the path was revoked. `sent` and `staple` (an OCSP answer) are DER."""
    verdict = await mend(verdict, sent, name, now)
    if not verdict.root_name:
        return verdict  # nobody is asked whom only a stranger names
    status = await check(verdict.path, staple)
    found = {*verdict.reasons, *status.reasons}
    return replace(
        verdict,
        reasons=tuple(reason for reason in Reason if reason in found),
        revocation=str(status.state),
        status=status.detail,
    )


def at_server(
    policy: Configuration, opening: Opening, verdict: Verdict, name: str, now: datetime
) -> Course:
    """What the server showed, when it was asked for `name`; then the decryption profile."""
    decision = opening.decision
    if opening.otherwise and not _is_named(verdict, name):
        decision = opening.otherwise
    profile = policy.decryption_profile(decision.profile)
    if not decision.decrypts:
        if barred := judge_passing(verdict, profile):
            return Course(Step.BLOCK, reasons=tuple(map(str, barred)), decision=decision)
        return Course(Step.BYPASS, reasons=(decision.reason,), decision=decision)
    if decision.type is RuleType.INBOUND_INSPECTION:
        return _inbound(policy, decision, verdict, profile)
    exempt = policy.rulebase.excluded_certificate(verdict.names, now)
    if exempt and _vouched_for(exempt, verdict):
        return Course(Step.BYPASS, reasons=(exempt.reason,), decision=exempt)
    return _forward(decision, _as_named(verdict, name, profile), profile)


def at_failure(
    policy: Configuration,
    opening: Opening,
    reason: str,
    *,
    asked: bool = False,
    terms: Terms | None = None,
) -> Course:
    """The server's handshake failed for `reason`, before it showed anything that can be judged.

    `asked`: it had asked for a client's certificate. `terms` are those that were offered, where the
    client's own offer narrowed them: a client that offers little must exempt nobody's server.
    """
    decision = opening.otherwise or opening.decision
    if not decision.decrypts:
        return Course(Step.BYPASS, reasons=(decision.reason, _UNVERIFIED), decision=decision)
    profile = policy.decryption_profile(decision.profile)
    if asked:
        return _wants_certificate(decision, profile)
    if reason in _UNSUPPORTED:
        learn = terms is None or profile.protocol.is_whole(terms, Reason(reason))
        return unsupported(decision, profile, Reason(reason), learn=learn)
    return Course(Step.BLOCK, reasons=(reason,), decision=decision)


def unsupported(
    decision: Decision, profile: DecryptionProfile, reason: Reason, *, learn: bool
) -> Course:
    """A peer has no TLS version or no cipher suite that the profile allows."""
    inbound = decision.type is RuleType.INBOUND_INSPECTION
    if profile.blocks_unsupported(reason, inbound=inbound):
        return Course(Step.BLOCK, reasons=(str(reason),), decision=decision)
    return Course(Step.BYPASS, reasons=(str(reason),), decision=decision, learn=learn)


def _inbound(
    policy: Configuration, decision: Decision, verdict: Verdict, profile: DecryptionProfile
) -> Course:
    """The fingerprint decides; who signed the protected server's certificate does not matter."""
    if verdict.asks_for_certificate:
        return _wants_certificate(decision, profile)
    ours = [policy.inbound[name] for name in decision.certificates]
    if verdict.certificate and choose(ours, verdict.certificate):
        return Course(Step.DECRYPT, "inbound", decision=decision)
    return Course(Step.BLOCK, reasons=(str(Reason.CERTIFICATE_MISMATCH),), decision=decision)


def _forward(decision: Decision, verdict: Verdict, profile: DecryptionProfile) -> Course:
    outcome = judge(verdict, profile)
    reasons = tuple(map(str, verdict.reasons))
    if outcome.blocked or outcome.signer is None:
        blocked = tuple(map(str, outcome.blocked)) or reasons
        return Course(Step.BLOCK, reasons=blocked, decision=decision)
    if verdict.asks_for_certificate:
        return _wants_certificate(decision, profile)
    return Course(Step.DECRYPT, outcome.signer, reasons, decision)


def _wants_certificate(decision: Decision, profile: DecryptionProfile) -> Course:
    reasons = (str(Reason.CLIENT_CERTIFICATE_REQUIRED),)
    if profile.forward_proxy.block_client_cert:
        return Course(Step.BLOCK, reasons=reasons, decision=decision)
    return Course(Step.BYPASS, reasons=reasons, decision=decision, learn=True)


def _is_named(verdict: Verdict, name: str) -> bool:
    return verdict.certificate is not None and covers(verdict.certificate, name)


def _as_named(verdict: Verdict, name: str, profile: DecryptionProfile) -> Verdict:
    """With auto-include-altname the leaf will have the CommonName as its subjectAltName."""
    appended = profile.forward_proxy.auto_include_altname and verdict.certificate
    if not appended or not covers_by_common_name(appended, name):
        return verdict
    kept = tuple(reason for reason in verdict.reasons if reason is not Reason.NAME_MISMATCH)
    return replace(verdict, reasons=kept)


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
