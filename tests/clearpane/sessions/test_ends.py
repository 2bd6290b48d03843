"""End reasons: the firewall's order, and which block or alert leads to which."""

from itertools import combinations

import pytest

from clearpane.sessions.ends import EndReason, for_alert, for_block, weightier


def test_order_is_the_firewalls() -> None:
    assert list(EndReason) == [
        "threat",
        "policy-deny",
        "decrypt-cert-validation",
        "decrypt-unsupport-param",
        "decrypt-error",
        "tcp-rst-from-client",
        "tcp-rst-from-server",
        "resources-unavailable",
        "tcp-fin",
        "aged-out",
        "unknown",
    ]


@pytest.mark.parametrize(("one", "other"), list(combinations(EndReason, 2)))
def test_the_weightier_wins_whatever_comes_first(one: EndReason, other: EndReason) -> None:
    assert weightier(one, other) is one
    assert weightier(other, one) is one


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        pytest.param(["expired"], "decrypt-cert-validation", id="an expired certificate"),
        pytest.param(["unknown-issuer"], "decrypt-cert-validation", id="an unknown issuer"),
        pytest.param(["malformed-certificate"], "decrypt-cert-validation", id="a malformed one"),
        pytest.param(["status-timeout"], "decrypt-cert-validation", id="no answer on its status"),
        pytest.param(
            ["client-certificate-required"], "decrypt-cert-validation", id="client authentication"
        ),
        pytest.param(["unsupported-version"], "decrypt-unsupport-param", id="an old version"),
        pytest.param(["unsupported-cipher"], "decrypt-unsupport-param", id="a weak cipher"),
        pytest.param(["no-resource"], "decrypt-error", id="no place left"),
        pytest.param(["server-unreachable"], "decrypt-error", id="no server"),
        pytest.param(["handshake-timeout"], "decrypt-error", id="a silent server"),
        pytest.param(["opted-out"], "policy-deny", id="a user who said no"),
        pytest.param(["no-rule"], "policy-deny", id="decryption asked for where no rule allows it"),
        pytest.param(["unsupported-version", "expired"], "decrypt-cert-validation", id="several"),
        pytest.param([], "decrypt-error", id="no reason given"),
    ],
)
def test_blocks(reasons: list[str], expected: str) -> None:
    assert for_block(reasons) == expected


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        ("bad certificate", "decrypt-cert-validation"),
        ("bad_certificate", "decrypt-cert-validation"),
        ("Access-Denied", "decrypt-cert-validation"),
        ("handshake failure", "decrypt-unsupport-param"),
        ("unexpected_message", "decrypt-unsupport-param"),
        ("unknown ca", "decrypt-error"),
        ("certificate unknown", "decrypt-error"),
        ("", "decrypt-error"),
    ],
)
def test_alerts(alert: str, expected: str) -> None:
    assert for_alert(alert) == expected
