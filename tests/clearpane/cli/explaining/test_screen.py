"""The text: the answer first, 80 columns, and nothing of a server's that leaves its line."""

import pytest

from answers import answer, passed, root, verdict
from chains import Spec, authority, issue, name, san
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.remedy import remedy
from clearpane.cli.explaining.screen import WIDTH, screen
from clearpane.cli.explaining.view import summary
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Reason
from clearpane.verification import reasons

URL = "http://ca.test/" + "x" * 100
MISSING = verdict(
    issue(root(), Spec()),
    reasons=(reasons.Reason.UNKNOWN_ISSUER, reasons.Reason.INCOMPLETE_CHAIN),
    missing_issuer="CN=Root",
    ca_issuers=(URL,),
)
ANSWERS = {
    "good": answer(signer="forward-trust"),
    "incomplete": answer(
        "unknown-issuer", "incomplete-chain", signer="forward-untrust", verdict=MISSING
    ),
    "unreachable": answer(
        "server-unreachable",
        step=Step.BLOCK,
        verdict=None,
        peer="",
        failure="server-unreachable",
        error="refused",
    ),
    "client certificate": answer(
        "client-certificate-required",
        step=Step.BYPASS,
        asked=True,
        learns=True,
        failure="client-certificate-required",
        error="tls alert handshake failure",
    ),
    "excluded": answer(
        "excluded-custom",
        step=Step.BYPASS,
        decision=passed(Reason.EXCLUDED_CUSTOM, exclusion="*.test"),
    ),
    "no rule": answer("no-rule", step=Step.BYPASS, decision=passed(Reason.NO_RULE)),
}


@pytest.mark.parametrize("found", [pytest.param(each, id=name) for name, each in ANSWERS.items()])
def test_it_begins_with_the_answer_and_fits(found: Answer) -> None:
    text = screen(found)

    assert " ".join(text.partition("\n\n")[0].split()) == summary(found)
    whole = (URL, remedy(found).line)  # to be copied
    wide = [each for each in text.split("\n") if len(each) > WIDTH]
    assert [each for each in wide if not each.endswith(whole)] == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("good", "  rule          outbound, decrypt (rules/decryption.yaml:2:5)"),
        ("good", "  skipped       first: disabled"),
        ("good", "  client        10.0.0.1, from no zone to no zone"),
        ("good", "  TLS           TLSv1.3, TLS_AES_128_GCM_SHA256, x25519"),
        ("good", "  client cert.  not asked for"),
        ("good", "  CN=Root  trusted here"),
        ("good", "  `- CN=www.test"),
        ("good", "  revocation    -     nobody was asked"),
        ("good", "    - {name: www.test}"),
        ("incomplete", "  CN=Root  MISSING"),
        ("incomplete", f"    from {URL}"),
        ("incomplete", "    clearpane ca fetch-intermediate www.test"),
        ("unreachable", "  address       192.0.2.1"),
        ("unreachable", "  handshake     refused (server-unreachable)"),
        ("unreachable", "  Nothing here: it lies with the server."),
        (
            "client certificate",
            "  from then on  it is learned: passed through undecrypted for 12 hours",
        ),
        ("excluded", "  exclusion     *.test; exclusions go before every rule"),
        ("no rule", "  rule          none matches, and what no rule matches is not decrypted"),
    ],
)
def test_a_line_tells(kind: str, line: str) -> None:
    assert line in screen(ANSWERS[kind]).split("\n")


def test_a_client_certificate_hides_the_alert_that_it_came_with() -> None:
    text = " ".join(screen(ANSWERS["client certificate"]).split())

    assert "asks for a client certificate, and without one it ends the handshake" in text
    assert "alert" not in text


def test_the_chain_is_a_tree_from_the_top() -> None:
    middle = authority(root(), "Middle")
    found = answer(verdict=verdict(issue(middle, Spec()), middle, root(), root_name="CN=Root"))
    lines = [each for each in screen(found).split("\n") if "CN=" in each][:3]

    assert lines == ["  CN=Root  trusted here", "  `- CN=Middle", "     `- CN=www.test"]


def test_a_rule_whose_category_was_only_claimed_is_named() -> None:
    before = passed(Reason.RULE, rule="private", category="bank")

    text = screen(answer(opening=before))

    assert "  not by        private: the server's certificate is not for www.test" in text


def test_what_a_server_wrote_never_leaves_its_line() -> None:
    evil = Spec(subject=name("a\r\nb\x1b[31m\u202e"), extensions=(san("x\n\x9b.test"),))
    found = verdict(
        issue(root(), evil), missing_issuer="CN=\x1b[2J\n", ca_issuers=("http://x/\n\x07",)
    )

    text = screen(answer("name-mismatch", verdict=found))

    assert all(line.isprintable() for line in text.split("\n"))
