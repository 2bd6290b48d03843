"""One sentence for each way on, and what the user would see of it."""

import pytest

from answers import answer, passed
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.view import summary, view
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Action, Decision, Reason, RuleType
from clearpane.rulebase.rule import Rule

GONE = {"verdict": None, "peer": "", "failure": "server-unreachable", "error": "refused"}
INBOUND = Decision(
    Action.DECRYPT, Reason.NONE, rule="in", type=RuleType.INBOUND_INSPECTION, certificates=("www",)
)
BANK = passed(Reason.RULE, rule="private", category="bank")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        pytest.param(
            answer(),
            "www.test:443 is decrypted: rule outbound, signed by Forward Trust.",
            id="good",
        ),
        pytest.param(
            answer("expired"),
            "www.test:443 is decrypted: rule outbound, signed by Forward Trust, which does not "
            "hide expired.",
            id="a fault that the leaf shows",
        ),
        pytest.param(
            answer("self-signed", "name-mismatch", signer="forward-untrust"),
            "www.test:443 is decrypted: rule outbound, signed by Forward Untrust because of "
            "self-signed and name-mismatch.",
            id="a fault that it does not show",
        ),
        pytest.param(
            answer(signer="inbound", decision=INBOUND),
            "www.test:443 is decrypted: rule in, under the server's own certificate.",
            id="inbound",
        ),
        pytest.param(
            answer("revoked", step=Step.BLOCK),
            "www.test:443 is blocked: revoked (rule outbound).",
            id="blocked",
        ),
        pytest.param(
            answer(
                "rule", step=Step.BYPASS, decision=BANK, rule=Rule("private", categories=("bank",))
            ),
            "www.test:443 is not decrypted: rule private says no-decrypt, category bank.",
            id="a rule with a category",
        ),
        pytest.param(
            answer("rule", step=Step.BYPASS, decision=BANK),
            "www.test:443 is not decrypted: rule private says no-decrypt.",
            id="a rule that asks for no category",
        ),
        pytest.param(
            answer("no-rule", step=Step.BYPASS, decision=passed(Reason.NO_RULE)),
            "www.test:443 is not decrypted: no rule matches.",
            id="no rule",
        ),
        pytest.param(
            answer(
                "excluded-custom",
                step=Step.BYPASS,
                decision=passed(Reason.EXCLUDED_CUSTOM, exclusion="*.test"),
            ),
            "www.test:443 is not decrypted: excluded by *.test in exclusions.yaml.",
            id="an exclusion of one's own",
        ),
        pytest.param(
            answer(
                "excluded-predefined",
                step=Step.BYPASS,
                decision=passed(Reason.EXCLUDED_PREDEFINED, exclusion="*.test"),
            ),
            "www.test:443 is not decrypted: excluded by *.test of the predefined list.",
            id="a predefined exclusion",
        ),
        pytest.param(
            answer(
                "excluded-learned",
                step=Step.BYPASS,
                decision=passed(Reason.EXCLUDED_LEARNED, rule="outbound"),
            ),
            "www.test:443 is not decrypted: rule outbound says decrypt, but the gateway has "
            "learned that this breaks it.",
            id="a learned exclusion",
        ),
        pytest.param(
            answer("client-certificate-required", step=Step.BYPASS),
            "www.test:443 is not decrypted: client-certificate-required, though rule outbound "
            "says decrypt.",
            id="what the server is",
        ),
        pytest.param(
            answer("server-unreachable", step=Step.BLOCK, **GONE),
            "www.test:443 can't be reached: refused. It would be decrypted: rule outbound.",
            id="nobody there",
        ),
        pytest.param(
            answer("no-rule", step=Step.BYPASS, decision=passed(Reason.NO_RULE), **GONE),
            "www.test:443 can't be reached: refused. It would not be decrypted: no rule matches.",
            id="nobody there, and no rule",
        ),
    ],
)
def test_the_answer_is_one_sentence(found: Answer, sentence: str) -> None:
    assert summary(found) == sentence


@pytest.mark.parametrize(
    ("found", "sees"),
    [
        pytest.param(answer(), "No warning", id="good"),
        pytest.param(answer("expired"), "The expiry warning of the real site.", id="expired"),
        pytest.param(
            answer("not-yet-valid", "name-mismatch"),
            "The warning that it is not yet valid and the name warning of the real site.",
            id="two faults that the leaf shows",
        ),
        pytest.param(
            answer("unknown-issuer", "expired", signer="forward-untrust"),
            "An unknown-issuer warning",
            id="Untrust",
        ),
        pytest.param(answer("status-unknown"), "No warning", id="a status that nobody knows"),
        pytest.param(answer(signer="inbound", decision=INBOUND), "The server's own", id="inbound"),
        pytest.param(answer("rule", step=Step.BYPASS), "The server's own", id="passed through"),
        pytest.param(
            answer("revoked", step=Step.BLOCK), "A page with status 503: The server's", id="blocked"
        ),
        pytest.param(
            answer("certificate-mismatch", step=Step.BLOCK, decision=INBOUND),
            "Nothing: the connection is closed.",
            id="inbound, blocked",
        ),
        pytest.param(
            answer("server-unreachable", step=Step.BLOCK, **GONE), "An error of", id="nobody there"
        ),
    ],
)
def test_the_user_sees(found: Answer, sees: str) -> None:
    assert view(found).startswith(sees)
