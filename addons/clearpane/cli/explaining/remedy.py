"""The one line that would change the answer, and where it goes.

A line is offered only where it does what it says; what nobody here can change has none.
"""

import json
import re
from dataclasses import dataclass

from clearpane.cli.explaining.answer import Answer
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Reason as Because
from clearpane.rulebase.decision import RuleType
from clearpane.verification.reasons import EXPIRY, UNTRUST, Reason

_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*")
_NOTHING_TO_CHANGE = ("server-unreachable", "handshake-timeout", "not-tls", "revoked")
_CACHE = "system setting ssl-decrypt exclude-cache"
_SWITCHES = {
    **dict.fromkeys(EXPIRY, "block-expired-certificate"),
    **dict.fromkeys(UNTRUST - EXPIRY, "block-untrusted-issuer"),
    Reason.STATUS_UNKNOWN: "block-unknown-cert",
    Reason.STATUS_TIMEOUT: "block-timeout-cert",
    Reason.CLIENT_CERTIFICATE_REQUIRED: "block-client-cert",
    Reason.UNSUPPORTED_VERSION: "block-unsupported-version",
    Reason.UNSUPPORTED_CIPHER: "block-unsupported-cipher",
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """What for and where, as one sentence, and the line itself; where it is empty, none would."""

    purpose: str
    line: str = ""


def remedy(answer: Answer) -> Remedy:
    match answer.course.step:
        case Step.BYPASS:
            return _of_bypass(answer)
        case Step.BLOCK:
            return _of_block(answer)
        case _ if answer.course.signer == "forward-untrust":
            return _of_untrust(answer)
        case _ if answer.course.signer == "inbound":
            return _exclude(answer, "To pass it through undecrypted")
        case _ if answer.course.reasons:
            return _exclude(
                answer, "Only its operator can mend that. To pass it through undecrypted"
            )
    return _exclude(answer, "To pass it through undecrypted")


def _of_bypass(answer: Answer) -> Remedy:
    decision, reasons = answer.decision, answer.course.reasons
    match decision.reason:
        case Because.EXCLUDED_CUSTOM:
            line = f"- {{name: {_quoted(decision.exclusion)}, ...}}"
            return Remedy(f"To decrypt it, take out of {answer.rules}/exclusions.yaml", line)
        case Because.EXCLUDED_PREDEFINED:
            line = f"predefined: {{{json.dumps(decision.exclusion)}: false}}"
            return Remedy(f"To decrypt it, in {answer.rules}/exclusions.yaml", line)
        case Because.EXCLUDED_LEARNED:
            line = f"clearpane clear {_CACHE} server {answer.target}"
            return Remedy("To try again, forget what was learned", line)
        case Because.RULE | Because.NO_RULE:
            where = f"above {decision.rule}" if decision.rule else "at the end"
            purpose = f"To decrypt it, in {answer.rules}/decryption.yaml, {where}"
            return Remedy(purpose, _rule(answer))
    if Reason.UNSUPPORTED_VERSION in reasons:
        return _profile(answer, "To decrypt it", "ssl-protocol-settings", "min-version: tls1-0")
    return _exclude(answer, "To keep it so for good")


def _of_block(answer: Answer) -> Remedy:
    decision, reasons = answer.decision, answer.course.reasons
    if not answer.seen or not set(reasons).isdisjoint(_NOTHING_TO_CHANGE):
        return Remedy("Nothing here: it lies with the server.")
    if Reason.CERTIFICATE_MISMATCH in reasons:
        line = f"{answer.ca}/inbound/{decision.certificates[0]}.crt"
        return Remedy("To decrypt it, put what the server shows (and its key beside it) into", line)
    part = "ssl-forward-proxy" if decision.decrypts else "ssl-no-proxy"
    if decision.type is RuleType.INBOUND_INSPECTION:
        part = "ssl-inbound-inspection"
    for reason in reasons:
        if switch := _SWITCHES.get(Reason(reason)) if reason in tuple(Reason) else None:
            return _profile(answer, "To let it pass", part, f"{switch}: false")
    return _exclude(answer, "To pass it through unverified")


def _of_untrust(answer: Answer) -> Remedy:
    verdict, reasons = answer.verdict, set(answer.course.reasons)
    if verdict and Reason.INCOMPLETE_CHAIN in reasons and verdict.ca_issuers:
        host = str(answer.target).removesuffix(":443")
        line = f"clearpane ca fetch-intermediate {host}"
        return Remedy("To complete the chain for good", line)
    if reasons & {Reason.SELF_SIGNED, Reason.UNKNOWN_ISSUER}:
        whose = "its own" if Reason.SELF_SIGNED in reasons else "its issuer's"
        name = re.sub(r"[^\w.-]", "-", answer.target.host)
        line = f"{answer.ca}/trusted-roots/{name}.crt"
        return Remedy(f"To trust it, put {whose} certificate (PEM) into", line)
    return _exclude(answer, "Only its operator can mend that. To pass it through undecrypted")


def _exclude(answer: Answer, purpose: str) -> Remedy:
    line = f"- {{name: {_quoted(answer.target.host)}}}"
    return Remedy(f"{purpose}, in {answer.rules}/exclusions.yaml, under exclusions", line)


def _profile(answer: Answer, purpose: str, part: str, line: str) -> Remedy:
    name = answer.decision.profile
    if not name:
        return _exclude(answer, "To keep it so for good")
    where = f"in {answer.rules}/profiles.yaml, decryption, {name}, {part}"
    return Remedy(f"{purpose}, {where}", line)


def _rule(answer: Answer) -> str:
    host = answer.target.host
    name = _quoted(f"decrypt-{host}")
    return f"- {{name: {name}, destination: [{_quoted(host)}], action: decrypt, profile: default}}"


def _quoted(text: str) -> str:
    """As YAML's flow style needs it."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
