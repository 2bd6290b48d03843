from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from clearpane.authorities import checks, make
from clearpane.authorities.authority import Authority, AuthorityName, chain
from clearpane.authorities.checks import Places
from clearpane.certificates.certificate import Certificate
from clearpane.errors import Problems

type Make = Callable[..., Authority]
type Signed = Callable[..., Certificate]

PLACES = Places("ca/forward-trust.crt", "ca/forward-trust.key")
DAY = timedelta(days=1)
SIGNS_CONTENT = x509.KeyUsage(True, False, False, False, False, False, False, False, False)


def found(authority: Authority, now: datetime) -> list[str]:
    problems = Problems()
    checks.check(authority, PLACES, now, problems)
    return [str(problem) for problem in problems.found]


@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384", "rsa-2048"])
def test_an_authority_that_we_made_has_no_problem(
    kind: str, authority: Make, now: datetime
) -> None:
    assert found(authority(kind), now) == []


def one(
    signed: Signed, company: Authority | None = None, kind: str = "ec-p256", **parts: object
) -> Authority:
    key = make.new_key(make.KeyKind(kind))
    certificate = signed("Own", key, company, **parts)
    return Authority(AuthorityName.TRUST, certificate, chain(certificate, ()), key)


def test_a_servers_certificate_is_no_authority(
    signed: Signed, company: Authority, now: datetime
) -> None:
    said = found(one(signed, company, ca=False, usage=None), now)
    assert said == [
        "ca/forward-trust.crt: error: CN=Own is not a CA certificate (public certificate providers "
        "do not sell CA certificates; make one with `clearpane ca init`, or have your own CA sign "
        "a subordinate one with `clearpane ca csr`)"
    ]


def test_a_ca_that_may_not_sign_certificates_is_none(signed: Signed, now: datetime) -> None:
    assert "not a CA certificate" in "".join(found(one(signed, usage=SIGNS_CONTENT), now))


def test_a_ca_without_key_usage_may_sign(signed: Signed, now: datetime) -> None:
    assert found(one(signed, usage=None), now) == []


@pytest.mark.parametrize(
    ("purposes", "fit"),
    [
        ([ExtendedKeyUsageOID.CLIENT_AUTH], False),
        ([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH], True),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], True),
    ],
)
def test_the_extended_key_usage_must_allow_servers(
    purposes: list[x509.ObjectIdentifier], fit: bool, signed: Signed, now: datetime
) -> None:
    said = found(one(signed, purposes=purposes), now)
    assert ("does not allow TLS servers" in "".join(said)) != fit


def test_a_key_of_another_pair_is_found(
    trust: Authority, untrust: Authority, now: datetime
) -> None:
    (said,) = found(replace(trust, key=untrust.key), now)
    assert said.startswith(
        "ca/forward-trust.key: error: this key does not belong to the certificate in "
        "ca/forward-trust.crt"
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        pytest.param(3650, None, id="long before its end"),
        pytest.param(31, None, id="a month before"),
        pytest.param(29, "warning: the CA certificate expires on", id="less than a month before"),
        pytest.param(0.5, "in 0 days", id="on its last day"),
        pytest.param(-1, "error: the CA certificate has expired on", id="a day after"),
    ],
)
def test_the_end_is_announced(days: float, said: str | None, signed: Signed, now: datetime) -> None:
    start = now - 4000 * DAY
    problems = found(one(signed, start=start, end=now + timedelta(days=days)), now)
    assert (said is None and not problems) or (said and said in problems[0])


def test_an_authority_of_the_future_points_at_the_clock(signed: Signed, now: datetime) -> None:
    (said,) = found(one(signed, start=now + DAY), now)
    assert "is valid from" in said
    assert "check the clock" in said


def test_dates_that_cannot_be_read_are_an_error(trust: Authority, now: datetime) -> None:
    broken = replace(trust, certificate=replace(trust.certificate, not_after=None))
    assert "dates cannot be read" in found(broken, now)[0]


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ({"key_type": "rsa", "key_bits": 1024}, "RSA 1024"),
        ({"key_type": "ec", "curve": "secp256k1"}, "ECDSA secp256k1"),
        ({"key_type": "ed25519"}, "ed25519"),
        ({"key_type": "rsa-pss"}, "rsa-pss"),
    ],
)
def test_keys_that_clients_do_not_accept(
    parts: dict[str, object], shown: str, trust: Authority, now: datetime
) -> None:
    certificate = replace(trust.certificate, **parts)  # type: ignore[arg-type]
    problems = Problems()
    checks.check_certificate(certificate, "ca.pem", now, problems)
    assert f"do not accept a CA with this key ({shown})" in str(problems.errors[0])


def test_a_weak_signature_above_a_subordinate_is_a_warning(
    signed: Signed, company: Authority, now: datetime
) -> None:
    own = one(signed, company)
    weak = replace(own.certificate, digest="sha1", signature_algorithm="sha1WithRSAEncryption")
    (said,) = found(replace(own, certificate=weak), now)
    assert "warning" in said
    assert "sha1WithRSAEncryption" in said


def apart(untrust: Authority, *trusted: Authority) -> str:
    problems = Problems()
    checks.check_apart(untrust, trusted, PLACES, problems)
    return "\n".join(map(str, problems.errors))


def test_two_authorities_of_their_own_are_apart(trust: Authority, untrust: Authority) -> None:
    assert apart(untrust, trust) == ""


def test_trust_and_untrust_may_not_be_one(trust: Authority) -> None:
    same = replace(trust, name=AuthorityName.UNTRUST)
    assert "the Trust and the Untrust authority are the same" in apart(same, trust)


def test_a_new_certificate_does_not_make_the_same_key_another_authority(
    trust: Authority, signed: Signed
) -> None:
    other = Authority(AuthorityName.UNTRUST, signed("Other", trust.key), (), trust.key)
    assert "are the same" in apart(other, trust)


def test_an_untrust_authority_under_the_clients_root_is_refused(
    company: Authority, signed: Signed, now: datetime
) -> None:
    trust = one(signed, company)
    untrust = replace(one(signed, company), name=AuthorityName.UNTRUST)
    assert "under the same issuer" in apart(untrust, trust)
    assert "under the same issuer" in apart(untrust, company)
    assert "is not warned" in found(untrust, now)[0]


def test_the_pair_for_ecdsa_servers_has_an_ecdsa_key(
    trust: Authority, rsa_trust: Authority
) -> None:
    problems = Problems()
    checks.check_ecdsa(trust, PLACES, problems)
    assert not problems.found
    checks.check_ecdsa(rsa_trust, PLACES, problems)
    assert "(RSA 2048)" in str(problems.errors[0])


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("rsa-2048", "RSA 2048"), ("ec-p256", "ECDSA P-256"), ("ec-p384", "ECDSA P-384")],
)
def test_keys_are_shown_as_people_call_them(kind: str, shown: str, authority: Make) -> None:
    assert checks.describe_key(authority(kind).certificate) == shown
