"""The line fits the cause, and it is YAML that the rules take."""

import pytest
import yaml

from answers import answer, good, passed
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.question import Target
from clearpane.cli.explaining.remedy import remedy
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Action, Decision, Reason, RuleType
from clearpane.verification.verdict import Verdict

INBOUND = Decision(
    Action.DECRYPT,
    Reason.NONE,
    rule="in",
    profile="strict",
    type=RuleType.INBOUND_INSPECTION,
    certificates=("www",),
)
EXCLUDE = "- {name: www.test}"
RULE = "- {name: decrypt-www.test, destination: [www.test], action: decrypt, profile: default}"
INCOMPLETE = Verdict((), good().certificate, good().path[:1], ca_issuers=("http://ca.test/",))


def blocked(*reasons: str, **more: object) -> Answer:
    return answer(*reasons, step=Step.BLOCK, **more)  # type: ignore[arg-type]


def bypassed(decision: Decision) -> Answer:
    return answer(str(decision.reason), step=Step.BYPASS, decision=decision)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        pytest.param(answer(), EXCLUDE, id="good"),
        pytest.param(answer("expired"), EXCLUDE, id="the leaf's own fault"),
        pytest.param(answer(signer="inbound", decision=INBOUND), EXCLUDE, id="inbound"),
        pytest.param(
            answer("self-signed", signer="forward-untrust"),
            "ca/trusted-roots/www.test.crt",
            id="self-signed",
        ),
        pytest.param(
            answer("incomplete-chain", signer="forward-untrust", verdict=INCOMPLETE),
            "clearpane ca fetch-intermediate www.test",
            id="incomplete, and where to fetch is known",
        ),
        pytest.param(
            answer("unknown-issuer", "incomplete-chain", signer="forward-untrust"),
            "ca/trusted-roots/www.test.crt",
            id="incomplete, and where to fetch is not known",
        ),
        pytest.param(
            answer("weak-key", signer="forward-untrust"), EXCLUDE, id="a fault nobody here can mend"
        ),
        pytest.param(bypassed(passed(Reason.RULE, rule="private")), RULE, id="a rule"),
        pytest.param(bypassed(passed(Reason.NO_RULE)), RULE, id="no rule"),
        pytest.param(
            bypassed(passed(Reason.EXCLUDED_CUSTOM, exclusion="*.test")),
            '- {name: "*.test", ...}',
            id="an exclusion of one's own",
        ),
        pytest.param(
            bypassed(passed(Reason.EXCLUDED_PREDEFINED, exclusion="*.test")),
            'predefined: {"*.test": false}',
            id="a predefined exclusion",
        ),
        pytest.param(
            bypassed(passed(Reason.EXCLUDED_LEARNED, rule="outbound")),
            "clearpane clear system setting ssl-decrypt exclude-cache server www.test:443",
            id="a learned exclusion",
        ),
        pytest.param(
            answer("client-certificate-required", step=Step.BYPASS),
            EXCLUDE,
            id="client certificate",
        ),
        pytest.param(
            answer("unsupported-version", step=Step.BYPASS), "min-version: tls1-0", id="old server"
        ),
        pytest.param(
            blocked("expired"), "block-expired-certificate: false", id="blocked for its dates"
        ),
        pytest.param(
            blocked("self-signed"), "block-untrusted-issuer: false", id="blocked for its issuer"
        ),
        pytest.param(
            blocked("client-certificate-required"),
            "block-client-cert: false",
            id="blocked for that",
        ),
        pytest.param(
            blocked("unsupported-cipher", decision=INBOUND),
            "block-unsupported-cipher: false",
            id="inbound, blocked",
        ),
        pytest.param(
            blocked("certificate-mismatch", decision=INBOUND),
            "ca/inbound/www.crt",
            id="another certificate than the one set up",
        ),
        pytest.param(blocked("malformed-certificate"), EXCLUDE, id="unreadable"),
        pytest.param(blocked("revoked"), "", id="revoked: nothing"),
        pytest.param(
            blocked("server-unreachable", failure="server-unreachable"), "", id="gone: nothing"
        ),
    ],
)
def test_the_line_fits_the_cause(found: Answer, line: str) -> None:
    assert remedy(found).line == line


def test_the_part_of_the_profile_is_the_one_that_blocked() -> None:
    through = passed(Reason.RULE, rule="private", profile="strict")

    assert remedy(blocked("expired")).purpose.endswith("strict, ssl-forward-proxy")
    assert remedy(blocked("expired", decision=through)).purpose.endswith("strict, ssl-no-proxy")
    inbound = remedy(blocked("unsupported-version", decision=INBOUND)).purpose
    assert inbound.endswith("strict, ssl-inbound-inspection")


@pytest.mark.parametrize("host", ["www.test", "192.0.2.1", "::1", "_x.test", "xn--strae-oqa.test"])
def test_a_host_is_written_as_yaml_reads_it(host: str) -> None:
    excluded = remedy(answer(target=Target(host))).line
    ruled = remedy(
        answer("rule", step=Step.BYPASS, decision=passed(Reason.RULE), target=Target(host))
    ).line

    assert yaml.safe_load(excluded) == [{"name": host}]
    assert yaml.safe_load(ruled)[0]["destination"] == [host]
