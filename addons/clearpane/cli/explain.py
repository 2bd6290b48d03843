"""`clearpane explain`: what the gateway would do with a server, why, and what would change it.

The pipeline decides, on the very way that the gateway goes; here it is only asked. The server is
connected to once, gets no data, and whatever it does is part of the answer.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.cli import url
from clearpane.cli.clock import now as current_time
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.document import document
from clearpane.cli.explaining.question import USAGE, Target, client, target
from clearpane.cli.explaining.screen import screen
from clearpane.cli.folders import add_folders
from clearpane.configuration.configuration import Configuration
from clearpane.configuration.load import load
from clearpane.gateway.force import Force, put_in_force
from clearpane.hello import Hello, address
from clearpane.pipeline import Course, Opening, at_failure, at_hello, at_server
from clearpane.rulebase.explanation import Explanation
from clearpane.rulebase.learned import LearnedExclusions
from clearpane.verification.probe import HTTP, Probed, probe, resolve
from clearpane.verification.verdict import Verdict

_ANSWERED, _UNSEEN = 0, 1
_THREADS = 2
LEARNED = "exclude-cache.jsonl"  # as the gateway writes it; its own module needs mitmproxy


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "what the gateway would do with a server, and why"
    parser = verbs.add_parser("explain", help=text, description=text, epilog=USAGE)
    parser.add_argument("server", metavar="HOST[:PORT]")
    parser.add_argument("words", metavar="WORD", nargs="*", help="who asks, pairs in any order")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    now, to = current_time(), target(args.server)
    policy = load(args.rules, args.ca, now, store.load, load_inbound)
    hello = client(args.words, to, policy.rulebase)
    with ThreadPoolExecutor(_THREADS) as executor:
        force = put_in_force(policy, executor)
        learned = _learned(args.state, policy, now)
        answer = asyncio.run(explain(force, to, hello, now, learned))
    answer = replace(answer, rules=str(args.rules), ca=str(args.ca))
    print(json.dumps(document(answer), indent=2) if args.json else screen(answer))
    return _ANSWERED if answer.seen else _UNSEEN


def _learned(state: Path, policy: Configuration, now: datetime) -> LearnedExclusions:
    """What a gateway with this state folder has learned; nothing where there was none."""
    try:
        text = (state / LEARNED).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return LearnedExclusions()
    found = LearnedExclusions.from_text(text, now)
    found.keep(policy.profile_fingerprints())
    return found


async def explain(
    force: Force, to: Target, hello: Hello, now: datetime, learned: LearnedExclusions
) -> Answer:
    """The answer; `hello` lacks where the server is, which is found out here."""
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
        return Probed(failure="server-unreachable", error="unreachable: the name has no address")
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
    return never.isdisjoint(rulebase.categories_of(hello.name) if hello.name else ())


def _places(force: Force, hello: Hello) -> tuple[str, ...]:
    host = hello.name or str(hello.destination)
    found = force.policy.rulebase.categories.of_host(host)
    return tuple(line.strip() for line in url.places(host, "", found, force.policy))
