"""What OpenSSL and mitmproxy say of a failed handshake, as they say it."""

import pytest

from clearpane.verification.failures import alert_of, reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("The remote server does not speak TLS.", "not-tls"),
        ("OpenSSL Error([('SSL routines', '', 'wrong version number')])", "not-tls"),
        (
            "The remote server and mitmproxy cannot agree on a TLS version to use. You may need "
            "to adjust mitmproxy's tls_version_server_min option.",
            "unsupported-version",
        ),
        ("OpenSSL Error([('SSL routines', '', 'unsupported protocol')])", "unsupported-version"),
        (
            "OpenSSL Error([('SSL routines', '', 'tlsv1 alert protocol version')])",
            "unsupported-version",
        ),
        (
            "OpenSSL Error([('SSL routines', '', 'ssl/tls alert handshake failure')])",
            "unsupported-cipher",
        ),
        ("OpenSSL Error([('SSL routines', '', 'excessive message size')])", "chain-too-large"),
        ("OpenSSL Error([('asn1 encoding routines', '', 'wrong tag')])", "malformed-certificate"),
        ("connection closed", "server-unreachable"),
        ("", "server-unreachable"),
    ],
)
def test_reason_of(error: str, reason: str) -> None:
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    ("error", "alert"),
    [
        ("OpenSSL Error([('SSL routines', '', 'tlsv1 alert unknown ca')])", "unknown ca"),
        (
            "OpenSSL Error([('SSL routines', '', 'ssl/tls alert bad certificate')])",
            "bad certificate",
        ),
        ("tlsv1 alert unknown ca", "unknown ca"),
        ("ssl/tls alert certificate unknown", "certificate unknown"),
        ("connection closed", ""),
    ],
)
def test_alert_of(error: str, alert: str) -> None:
    assert alert_of(error) == alert
