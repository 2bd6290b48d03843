"""The DECRYPTION record: what it says of good and bad handshakes, and when it is wanted."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clearpane.records import decryption
from clearpane.records.text import line
from clearpane.rulebase.decision import Action, Decision, Reason, RuleType
from clearpane.sessions.session import Session
from clearpane.sessions.tls import Leg, ServerCertificate

type Maker = Callable[..., Session]

INBOUND = Decision(Action.DECRYPT, Reason.NONE, "a", type=RuleType.INBOUND_INSPECTION)
PASSED = Decision(Action.NO_DECRYPT, Reason.RULE, "private")


def certificate_of(session: Session) -> ServerCertificate:
    assert session.certificate
    return session.certificate


def test_a_good_session(a_session: Maker, now: datetime) -> None:
    row = decryption.row(a_session(), now)
    expected = {
        "type": "DECRYPTION",
        "subtype": "0",
        "action": "allow",
        "tls_version": "TLS1.3",
        "tls_keyxchg": "ECDHE",
        "tls_enc": "AES_128_GCM",
        "tls_auth": "SHA256",
        "ec_curve": "secp256r1",
        "server_tls_version": "TLS1.2",
        "server_tls_cipher": "ECDHE-RSA-AES256-GCM-SHA384",
        "policy_name": "outbound",
        "err_index": "None",
        "root_status": "trusted",
        "chain_status": "Trusted",
        "proxy_type": "Forward",
        "cert_serial": "abcdef",
        "fingerprint": "ab" * 32,
        "notbefore": "2026/01/01 02:00:00",
        "notafter": "2027/01/01 01:59:59",
        "cert_ver": "V3",
        "cert_size": 2048,
        "cn": "www.example",
        "issuer_cn": "Some CA",
        "root_cn": "Some Root",
        "sni": "www.example",
        "host": "www.example",
        "authority": "forward-trust",
        "revocation": "unchecked",
        "decrypted": True,
    }
    assert {key: row.get(key) for key in expected} == expected
    assert {"error", "reason"}.isdisjoint(row)


@pytest.mark.parametrize(
    ("reasons", "index", "root", "chain"),
    [
        pytest.param(["expired"], "Certificate", "trusted", "Trusted", id="expired alone"),
        pytest.param(["name-mismatch"], "Certificate", "trusted", "Trusted", id="another name"),
        pytest.param(["revoked"], "Certificate", "trusted", "Trusted", id="revoked"),
        pytest.param(["unknown-issuer"], "Certificate", "untrusted", "Untrusted", id="unknown"),
        pytest.param(["self-signed"], "Certificate", "untrusted", "Untrusted", id="self-signed"),
        pytest.param(
            ["unknown-issuer", "incomplete-chain"],
            *("Certificate", "uninspected", "Incomplete"),
            id="a missing intermediate",
        ),
        pytest.param(["bad-signature"], "Certificate", "trusted", "Untrusted", id="signature"),
        pytest.param(["issuer-expired"], "Certificate", "trusted", "Untrusted", id="old issuer"),
        pytest.param(["weak-key"], "Certificate", "trusted", "Untrusted", id="weak key"),
        pytest.param(["malformed-certificate"], "Certificate", "trusted", "Untrusted", id="broken"),
        pytest.param(["status-timeout"], "Certificate", "trusted", "Trusted", id="no status"),
        pytest.param(["unsupported-version"], "Version", "trusted", "Trusted", id="version"),
        pytest.param(["unsupported-cipher"], "Cipher", "trusted", "Trusted", id="cipher"),
        pytest.param(["client-certificate-required"], "Feature", "trusted", "Trusted", id="mTLS"),
        pytest.param(["chain-too-large"], "Feature", "trusted", "Trusted", id="large chain"),
        pytest.param(["no-resource"], "Resource", "trusted", "Trusted", id="no room"),
        pytest.param(["server-unreachable"], "Protocol", "trusted", "Trusted", id="no server"),
        pytest.param(
            ["client-rejected-certificate"], "Certificate", "trusted", "Trusted", id="pin"
        ),
        pytest.param(["rule"], "None", "trusted", "Trusted", id="a rule is no fault"),
        pytest.param(["opt-out-asked"], "None", "trusted", "Trusted", id="nor is a question"),
        pytest.param(["opted-out"], "None", "trusted", "Trusted", id="nor is an answer"),
        pytest.param(["rule", "expired"], "Certificate", "trusted", "Trusted", id="but this is"),
    ],
)
def test_status(
    a_session: Maker, now: datetime, reasons: list[str], index: str, root: str, chain: str
) -> None:
    row = decryption.row(a_session(reasons=reasons), now)
    assert (row["err_index"], row["root_status"], row["chain_status"]) == (index, root, chain)
    assert row["reason"] == reasons


def test_what_was_not_looked_at_is_not_made_up(a_session: Maker, now: datetime) -> None:
    session = a_session(certificate=None, client=Leg(), server=Leg(), revocation="", authority="")
    row = decryption.row(session, now)
    assert (row["root_status"], row["chain_status"]) == ("uninspected", "Uninspected")
    assert not [key for key in row if key.startswith(("tls_", "server_", "cert_", "not", "ec_"))]
    assert {"authority", "revocation", "cn", "issuer_cn", "fingerprint"}.isdisjoint(row)


def test_a_certificate_that_can_hardly_be_read(a_session: Maker, now: datetime) -> None:
    session = a_session()
    session.certificate = replace(
        certificate_of(session), serial=None, not_before=None, not_after=None, version=0, bits=0
    )
    row = decryption.row(session, now)
    assert {"cert_serial", "notbefore", "notafter", "cert_ver", "cert_size"}.isdisjoint(row)


def test_an_issuer_without_a_common_name_is_given_whole(a_session: Maker, now: datetime) -> None:
    session = a_session()
    session.certificate = replace(certificate_of(session), issuer_cn="")
    assert decryption.row(session, now)["issuer_cn"] == "CN=Some CA,O=Some"


@pytest.mark.parametrize(
    ("serial", "expected"), [(0, "0"), (-255, "-ff"), (2**159, "8" + "0" * 39)]
)
def test_odd_serials(a_session: Maker, now: datetime, serial: int, expected: str) -> None:
    session = a_session()
    session.certificate = replace(certificate_of(session), serial=serial)
    assert decryption.row(session, now)["cert_serial"] == expected


def test_dates_at_the_ends_of_the_calendar(a_session: Maker, now: datetime) -> None:
    session = a_session()
    session.certificate = replace(
        certificate_of(session),
        not_before=datetime(1, 1, 1, tzinfo=UTC),
        not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    row = decryption.row(session, now)
    assert (row["notbefore"], row["notafter"]) == ("0001/01/01 02:00:00", "9999/12/31 23:59:59")


def test_a_missing_issuer_is_named_with_the_address_that_has_it(
    a_session: Maker, now: datetime
) -> None:
    session = a_session(reasons=["unknown-issuer", "incomplete-chain"])
    session.certificate = replace(
        certificate_of(session),
        missing_issuer="CN=Middle CA",
        ca_issuers=("http://pki.example/middle.crt",),
    )
    error = str(decryption.row(session, now)["error"])
    assert "CN=Middle CA" in error
    assert error.endswith("CA Issuer URL: http://pki.example/middle.crt")


def test_an_address_is_given_for_an_incomplete_chain_only(a_session: Maker, now: datetime) -> None:
    session = a_session(reasons=["expired"])
    session.certificate = replace(certificate_of(session), ca_issuers=("http://pki.example/a.crt",))
    assert decryption.row(session, now)["error"] == (
        "The server's certificate expired on 31 December 2026."
    )


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        ("certificate unknown", "CertificateUnknown"),
        ("certificate_expired", "CertificateExpired"),
        ("unknown ca", "UnknownCA"),
    ],
)
def test_a_clients_alert_is_in_the_firewalls_words(
    a_session: Maker, now: datetime, alert: str, expected: str
) -> None:
    session = a_session()
    session.reject(alert)
    row = decryption.row(session, now)
    assert row["error"] == f"Received fatal alert {expected} from client."
    assert row["err_index"] == "Certificate"


@pytest.mark.parametrize(
    ("decision", "authority", "blocked", "expected"),
    [
        (Decision(Action.DECRYPT, Reason.NONE, "a"), "forward-trust", False, "Forward"),
        (Decision(Action.DECRYPT, Reason.NONE, "a"), "", True, "Forward"),
        (Decision(Action.DECRYPT, Reason.NONE, "a"), "inbound", False, "Inbound"),
        (PASSED, "", False, "No Decrypt"),
        (None, "", False, "No Decrypt"),
    ],
)
def test_proxy_type(
    a_session: Maker,
    now: datetime,
    decision: Decision | None,
    authority: str,
    blocked: bool,
    expected: str,
) -> None:
    session = a_session(decision=decision, authority=authority, blocked=blocked)
    row = decryption.row(session, now)
    assert row["proxy_type"] == expected
    assert row["action"] == ("block" if blocked else "allow")


def test_a_session_that_is_passed_through_is_a_bypass(a_session: Maker, now: datetime) -> None:
    assert decryption.row(a_session(decrypted=False, decision=PASSED), now)["action"] == "bypass"


@pytest.mark.parametrize(
    ("log", "reasons", "tls", "expected"),
    [
        pytest.param((False, True), [], True, False, id="by default a good session leaves none"),
        pytest.param((False, True), ["expired"], True, True, id="and one with a reason does"),
        pytest.param((True, False), [], True, True, id="log-success"),
        pytest.param((True, False), ["expired"], True, False, id="log-fail off"),
        pytest.param((True, True), ["no-rule"], True, False, id="no rule, no record"),
        pytest.param((True, True), ["no-rule", "expired"], True, True, id="but its certificate"),
        pytest.param((True, True), [], False, False, id="no TLS, no record"),
    ],
)
def test_wanted(
    a_session: Maker, log: tuple[bool, bool], reasons: list[str], tls: bool, expected: bool
) -> None:
    decision = Decision(Action.DECRYPT, Reason.NONE, "a", log_success=log[0], log_fail=log[1])
    assert decryption.wanted(a_session(decision=decision, reasons=reasons, tls=tls)) is expected


def test_without_a_decision_nothing_is_wanted(a_session: Maker) -> None:
    assert not decryption.wanted(a_session(decision=None))


def test_names_in_a_certificate_break_no_line(a_session: Maker, now: datetime) -> None:
    hostile = 'O="<b>"\r\n|=,\u202e\u2028\x85'
    session = a_session(reasons=["unknown-issuer", "incomplete-chain", "name-mismatch"])
    session.certificate = ServerCertificate(
        common_name=hostile,
        issuer=hostile,
        issuer_cn=hostile,
        root=hostile,
        missing_issuer=hostile,
        names=(hostile,),
        ca_issuers=(hostile,),
    )
    written = line(decryption.row(session, now))
    assert len(written.splitlines()) == 1
    read = json.loads(written)
    assert (read["cn"], read["issuer_cn"], read["root_cn"]) == (hostile,) * 3
