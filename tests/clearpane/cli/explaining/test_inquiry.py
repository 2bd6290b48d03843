"""One server in this process, asked about under rules that differ."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from clearpane.cli.clock import now
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.inquiry import inquire
from clearpane.cli.explaining.question import Target, client
from clearpane.gateway.operate import LEARNED
from clearpane.pipeline.connection import Step
from clearpane.rulebase import learned
from clearpane.rulebase.learned import Cause, LearnedExclusions, Server
from e2e.harness import pki
from e2e.harness.origins import Origin
from sites import Site

RULES = """\
rules:
  - {name: private, category: [private]}
  - {name: all, from: [trust], action: decrypt, profile: default}
"""


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin(pki.leaf(None, "127.0.0.1")) as server:
        yield server


@pytest.fixture
def decrypting(site: Site) -> Site:
    site.write("decryption.yaml", RULES)
    site.write("categories/private.txt", "bank.example\n")
    site.now = now()  # type: ignore[misc]
    return site


def ask(site: Site, host: str, port: int) -> Answer:
    policy, to = site.load(), Target(host, port)
    state = site.rules.parent / "var"
    return inquire(policy, state, to, client((), to, policy.rulebase), site.now)


def test_rule_server_and_authority_are_told(decrypting: Site, origin: Origin) -> None:
    found = ask(decrypting, "127.0.0.1", origin.port)

    assert (found.course.step, found.course.signer) == (Step.DECRYPT, "forward-untrust")
    assert found.course.reasons == ("self-signed",)
    assert [each.rule for each in found.explanation.skipped] == ["private"]
    assert found.rule and found.rule.name == "all"
    assert (found.peer, found.failure, found.asked) == ("127.0.0.1", "", False)
    assert found.signer == decrypting.load().authorities.untrust.certificate.subject_name


def test_the_line_of_a_category_is_told(decrypting: Site, origin: Origin) -> None:
    decrypting.write("categories/private.txt", "# ours\n127.0.0.1\n")

    found = ask(decrypting, "127.0.0.1", origin.port)

    assert found.course.step is Step.BYPASS
    assert found.places == ("rules/categories/private.txt:2: 127.0.0.1",)


def test_a_category_does_not_count_for_a_server_without_the_name(
    decrypting: Site, origin: Origin
) -> None:
    decrypting.write("categories/private.txt", "localhost\n")

    found = ask(decrypting, "localhost", origin.port)

    assert found.course.step is Step.DECRYPT
    assert found.unnamed
    assert [each.rule for each in found.explanation.skipped] == ["private"]


def test_a_name_without_an_address_is_decided_all_the_same(decrypting: Site) -> None:
    found = ask(decrypting, "nobody.invalid", 443)

    assert (found.failure, found.addresses, found.verdict) == ("server-unreachable", (), None)
    assert found.decision.rule == "all"


@pytest.mark.parametrize(
    ("ago", "client", "step"),
    [
        pytest.param(timedelta(hours=1), "", Step.BYPASS, id="for everybody"),
        pytest.param(timedelta(hours=1), "127.0.0.1", Step.BYPASS, id="for this client"),
        pytest.param(timedelta(hours=1), "127.0.0.2", Step.DECRYPT, id="for another client"),
        pytest.param(timedelta(hours=13), "", Step.DECRYPT, id="too long ago"),
    ],
)
def test_what_the_gateway_has_learned_counts(
    decrypting: Site,
    origin: Origin,
    ago: timedelta,
    client: str,
    step: Step,
) -> None:
    known, then = LearnedExclusions(), now() - ago
    server = Server("", "127.0.0.1", origin.port)
    profile = decrypting.load().profile_id("default")
    known.learn(server, profile, Cause.UNSUPPORTED_VERSION, then, client)
    state = decrypting.rules.parent / "var"
    state.mkdir()
    text = learned.to_text(known.entries(then))
    (state / LEARNED).write_text(text, encoding="utf-8")

    assert ask(decrypting, "127.0.0.1", origin.port).course.step is step
