"""Answers of `clearpane explain`: real chains, and what the pipeline is said to have decided."""

from dataclasses import replace
from functools import cache
from ipaddress import IPv4Address
from typing import Any

from chains import NOW, Party, Spec, authority, issue
from clearpane.certificates.certificate import Certificate
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.question import Target
from clearpane.hello import Hello
from clearpane.pipeline.connection import Course, Step
from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.rulebase.explanation import Explanation, Skipped
from clearpane.rulebase.rule import Rule
from clearpane.verification.verdict import Verdict

DECRYPT = Decision(Action.DECRYPT, Reason.NONE, rule="outbound", profile="strict")


@cache
def root() -> Party:
    return authority(None, "Root")


@cache
def good() -> Verdict:
    """www.test under a trusted root."""
    return verdict(issue(root(), Spec()), root(), root_name="CN=Root")


def verdict(*path: Party, **more: Any) -> Verdict:
    """On these certificates, the server's own first; without reasons unless they are given."""
    chain = tuple(Certificate.parse(each.der) for each in path)
    agreed = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "x25519"}
    given = {"reasons": (), "certificate": chain[0] if chain else None, "path": chain}
    return Verdict(**{**given, **agreed, **more})


def passed(reason: Reason, **more: Any) -> Decision:
    """A decision that passes the session through for this reason."""
    return Decision(Action.NO_DECRYPT, reason, **more)


def answer(
    *reasons: str,
    step: Step = Step.DECRYPT,
    signer: str = "",
    decision: Decision = DECRYPT,
    **more: Any,
) -> Answer:
    """About a good www.test that rule `outbound` decrypts, but for what is said otherwise."""
    if step is Step.DECRYPT:
        signer = signer or "forward-trust"
    made = Answer(
        target=Target("www.test"),
        hello=Hello(IPv4Address("10.0.0.1"), None, 443, host="www.test", sni="www.test"),
        now=NOW,
        opening=decision,
        explanation=Explanation(decision, (Skipped("first", "disabled"),)),
        rule=Rule(decision.rule, "rules/decryption.yaml:2:5", action=decision.action)
        if decision.rule
        else None,
        course=Course(step, signer, reasons, decision),
        addresses=("192.0.2.1",),
        peer="192.0.2.1",
        verdict=good(),
    )
    return replace(made, **more)
