import json

import pytest

from clearpane.cli import main
from sites import Site


def test_url(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "url", "example.com"]) == 0
    assert capsys.readouterr().out.startswith("example.com is in no category\n")


def test_decryption_policy_match(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    words = "from trust to untrust source 127.0.0.1 destination-port 443 destination a.example"
    assert main(["test", "decryption-policy-match", *words.split()]) == 0
    assert capsys.readouterr().out.startswith("matched rule: decrypt-outbound, decrypt\n")


def test_security_policy_match(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.write("security.yaml", "rules: [{name: all, action: allow, application: [ssh]}]\n")
    assert main(["test", "security-policy-match", "application", "ssh"]) == 0
    assert capsys.readouterr().out.startswith("matched rule: all, allow\n")
    assert main(["test", "security-policy-match", "--json", "application", "rdp"]) == 0
    assert json.loads(capsys.readouterr().out)["rule"] == "interzone-default"


@pytest.mark.parametrize(
    "arguments", [["--json", "from", "trust"], ["from", "trust", "--json"]], ids=["first", "last"]
)
def test_json(site: Site, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "decryption-policy-match", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["rule"] == "decrypt-outbound"


@pytest.mark.parametrize(
    "question", [["url", "example.com"], ["decryption-policy-match", "from", "trust"]]
)
def test_other_rules_can_be_named_and_need_no_authorities(
    site: Site, question: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    site.rules.rename("policy")
    site.ca.rename("keys")
    assert main(["test", *question, "--rules", "policy"]) == 0
    assert "policy/decryption.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(
    "question",
    [["url", "a^b"], ["decryption-policy-match", "from"], ["security-policy-match", "from"]],
    ids=["url", "decryption", "security"],
)
def test_a_question_that_makes_no_sense_is_one_line(
    site: Site, question: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", *question]) == 2
    assert capsys.readouterr().err.startswith("clearpane: ")


def test_rules_that_are_not_valid_answer_nothing(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("decryption.yaml", "rules: [{name: all, action: decrpyt}]\n")
    assert main(["test", "url", "example.com"]) == 2
    shown = capsys.readouterr()
    assert "rules/decryption.yaml:1:29: error:" in shown.err
    assert not shown.out
