"""The keys of the JSON object, which others rely on."""

import json

from answers import answer, passed
from clearpane.cli.explaining.document import document
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Reason

KEYS = {
    *("host", "port", "summary", "step", "reasons", "authority", "authority_subject"),
    *("client_sees", "change", "learns", "rule", "client", "server", "certificate_reasons"),
    *("checks", "names", "chain", "root", "missing_issuer", "ca_issuers", "fetched"),
    *("revocation", "revocation_detail"),
}


def test_the_keys_are_the_same_whether_a_server_was_seen_or_not() -> None:
    seen = document(answer())
    unseen = document(answer(verdict=None, peer="", failure="server-unreachable", error="gone"))

    assert set(seen) == set(unseen) == KEYS
    assert unseen["chain"] == unseen["checks"] == []


def test_it_is_json_and_says_what_the_gateway_does() -> None:
    found = json.loads(json.dumps(document(answer())))

    assert (found["step"], found["authority"]) == ("decrypt", "forward-trust")
    assert found["rule"]["name"] == "outbound"
    assert found["rule"]["skipped"] == [{"rule": "first", "because": "disabled"}]
    assert [each["subject"] for each in found["chain"]] == ["CN=www.test", "CN=Root"]
    assert found["names"] == ["www.test"]
    assert found["checks"][0]["state"] == "ok"


def test_an_exclusion_is_told() -> None:
    decision = passed(Reason.EXCLUDED_CUSTOM, exclusion="*.test")
    rule = document(answer("excluded-custom", step=Step.BYPASS, decision=decision))["rule"]

    assert isinstance(rule, dict)
    assert (rule["exclusion"], rule["reason"]) == ("*.test", "excluded-custom")
