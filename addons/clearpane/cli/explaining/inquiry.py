"""Asks the gateway's own parts about a server: its policy, its handshake, its pipeline.

The server is connected to once and told nothing; whatever it does is part of the answer.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from clearpane.cli import url
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.question import Target
from clearpane.configuration.configuration import Configuration
from clearpane.gateway.force import Force, put_in_force
from clearpane.gateway.operate import LEARNED
from clearpane.hello import Hello, address
from clearpane.pipeline.connection import Course, Opening, at_failure, at_hello, at_server
from clearpane.rulebase.explanation import Explanation
from clearpane.rulebase.learned import LearnedExclusions
from clearpane.verification.probe import HTTP, UNREACHABLE, Probed, probe, resolve
from clearpane.verification.verdict import Verdict

_THREADS = 2


def inquire(policy: Configuration, state: Path, to: Target, hello: Hello, now: datetime) -> Answer:
    """The answer; `hello` lacks where the server is, which is found out here."""
    learned = _learned(state, policy, now)
    with ThreadPoolExecutor(_THREADS) as executor:
        force = put_in_force(policy, executor)
        return asyncio.run(_explain(force, to, hello, now, learned))


def _learned(state: Path, policy: Configuration, now: datetime) -> LearnedExclusions:
    """What a gateway with this state folder has learned; nothing where there was none."""
    try:
        text = (state / LEARNED).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return LearnedExclusions()
    found = LearnedExclusions.from_text(text, now)
    found.keep(policy.profile_fingerprints())
    return found


async def _explain(
    force: Force, to: Target, hello: Hello, now: datetime, learned: LearnedExclusions
) -> Answer:
    policy = force.policy
    addresses = await resolve(to.host, to.port)
    hello, opening = _open(force, hello, addresses[:1], now, learned)
    probed = await _probe(force, opening, addresses, to)
    if probed.peer and probed.peer != addresses[0]:
        hello, opening = _open(force, hello, (probed.peer,), now, learned)
    verdict = await _verdict(force, probed, to, now)
    course = _course(force, opening, probed, verdict, to, now)
    decision = course.decision or opening.decision
    signs = course.signer.startswith("forward") and verdict and verdict.certificate
    signer = policy.authorities.signer(course.signer, signs.key_type) if signs else None
    return Answer(
        target=to,
        hello=hello,
        now=now,
        opening=opening.decision,
        explanation=_explanation(force, opening, course, hello, now),
        rule=next((rule for rule in policy.rulebase.rules if rule.name == decision.rule), None),
        course=course,
        places=_places(force, hello),
        addresses=addresses,
        peer=probed.peer,
        failure=_failure(probed, verdict),
        error=probed.error,
        asked=probed.asked,
        verdict=verdict,
        learns=course.learn and _may_be_learned(force, hello),
        signer=signer.certificate.subject_name if signer else "",
        user=policy.rulebase.user_of(hello),
    )


def _open(
    force: Force, hello: Hello, at: Sequence[str], now: datetime, learned: LearnedExclusions
) -> tuple[Hello, Opening]:
    there = replace(hello, destination=address(at[0])) if at else hello
    return there, at_hello(force.policy, there, now, learned)


async def _probe(force: Force, opening: Opening, addresses: Sequence[str], to: Target) -> Probed:
    if not addresses:
        return Probed(failure=UNREACHABLE, error="its name has no address")
    profile = force.policy.decryption_profile(opening.strictest.profile)
    return await probe(
        force.handshake,
        addresses,
        to.port,
        to.host,
        profile.protocol.terms(),
        alpn=() if profile.forward_proxy.strip_alpn else HTTP,
        staple=force.policy.settings.revocation.ocsp,
        timeout=force.patience,
    )


async def _verdict(force: Force, probed: Probed, to: Target, now: datetime) -> Verdict | None:
    if probed.connection is None:
        return None
    verdict = force.handshake.verdict(probed.connection, to.host, now)
    if probed.failure:
        return verdict
    return await force.complete(verdict, probed.connection, to.host, now)


def _course(
    force: Force,
    opening: Opening,
    probed: Probed,
    verdict: Verdict | None,
    to: Target,
    now: datetime,
) -> Course:
    """A server that ended for want of a client's certificate had shown its own."""
    if verdict and (probed.asked or not probed.failure):
        return at_server(force.policy, opening, verdict, to.host, now)
    return at_failure(force.policy, opening, probed.failure, asked=probed.asked)


def _failure(probed: Probed, verdict: Verdict | None) -> str:
    """A server that wants a certificate may say so by any alert."""
    ended = probed.failure and probed.asked and verdict
    return "client-certificate-required" if ended else probed.failure


def _explanation(
    force: Force, opening: Opening, course: Course, hello: Hello, now: datetime
) -> Explanation:
    """Where the server does not have the name, its categories did not count."""
    unnamed = opening.otherwise is not None and course.decision is opening.otherwise
    return force.policy.rulebase.explain(hello, now, frozenset() if unnamed else None)


def _may_be_learned(force: Force, hello: Hello) -> bool:
    rulebase, never = force.policy.rulebase, force.policy.settings.learning.never
    found = rulebase.categories_of(hello.name) if hello.name else frozenset[str]()
    return found.isdisjoint(never)


def _places(force: Force, hello: Hello) -> tuple[str, ...]:
    host = hello.name or str(hello.destination)
    found = force.policy.rulebase.categories.of_host(host)
    return tuple(line.strip() for line in url.places(host, "", found, force.policy))
