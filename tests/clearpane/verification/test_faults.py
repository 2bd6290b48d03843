import pytest

from clearpane.verification import faults
from clearpane.verification.faults import Fault

ROWS = [
    pytest.param((10, 0), "expired", id="expired leaf"),
    pytest.param((10, 1), "issuer-expired", id="expired intermediate"),
    pytest.param((10, 4), "issuer-expired", id="expired anchor"),
    pytest.param((9, 0), "not-yet-valid", id="leaf not yet valid"),
    pytest.param((9, 2), "issuer-not-yet-valid", id="issuer not yet valid"),
    pytest.param((13, 0), "malformed-certificate", id="leaf's notBefore"),
    pytest.param((14, 0), "malformed-certificate", id="leaf's notAfter"),
    pytest.param((14, 1), "constraints-violated", id="an issuer's notAfter"),
    pytest.param((18, 0), "self-signed", id="self-signed leaf"),
    pytest.param((19, 2), "unknown-issuer", id="self-signed root"),
    pytest.param((20, 0), "unknown-issuer", id="no local issuer"),
    pytest.param((2, 1), "unknown-issuer", id="no issuer"),
    pytest.param((21, 0), "unknown-issuer", id="first certificate unverified"),
    pytest.param((7, 0), "bad-signature", id="signature"),
    pytest.param((77, 1), "bad-signature", id="signature algorithm"),
    pytest.param((25, 2), "constraints-violated", id="path length"),
    pytest.param((47, 0), "constraints-violated", id="name not permitted"),
    pytest.param((48, 0), "constraints-violated", id="name excluded"),
    pytest.param((79, 1), "constraints-violated", id="issuer is no CA"),
    pytest.param((26, 0), "invalid-purpose", id="purpose"),
    pytest.param((32, 1), "invalid-purpose", id="no certificate signing"),
    pytest.param((34, 0), "invalid-extension", id="unknown critical extension"),
    pytest.param((41, 0), "invalid-extension", id="unreadable extension"),
    pytest.param((41, 1), "invalid-extension", id="unreadable extension above"),
    pytest.param((66, 0), "weak-key", id="weak key"),
    pytest.param((67, 1), "weak-key", id="weak key above"),
    pytest.param((68, 1), "weak-digest", id="weak digest"),
    pytest.param((1, 0), "unknown-issuer", id="unspecified"),
    pytest.param((9999, 0), "unknown-issuer", id="a number of a later OpenSSL"),
]


@pytest.mark.parametrize(("fault", "reason"), ROWS)
def test_each_error_has_a_reason_by_its_depth(fault: Fault, reason: str) -> None:
    assert list(faults.reasons([fault], leaf_is_malformed=False)) == [reason]


def test_a_malformed_leaf_has_no_unreadable_extension_beside() -> None:
    found = [(41, 0), (41, 1), (10, 0)]
    assert list(faults.reasons(found, leaf_is_malformed=True)) == ["invalid-extension", "expired"]


@pytest.mark.parametrize(
    ("fault", "counts"),
    [
        pytest.param((7, 0), True, id="a signature below"),
        pytest.param((7, 1), False, id="the anchor's own signature"),
        pytest.param((68, 1), False, id="the anchor's own digest"),
        pytest.param((20, 1), False, id="the anchor's issuer"),
        pytest.param((10, 1), True, id="the anchor's dates"),
        pytest.param((79, 1), True, id="an anchor that is no CA"),
        pytest.param((10, 2), False, id="what is above"),
    ],
)
def test_what_counts_under_an_anchor(fault: Fault, counts: bool) -> None:
    assert faults.under(1, [fault]) == ((fault,) if counts else ())


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        pytest.param([(20, 0), (21, 0)], True, id="a leaf alone"),
        pytest.param([(2, 1)], True, id="a root that is not there"),
        pytest.param([(19, 1), (10, 0)], False, id="a root that is there and not trusted"),
        pytest.param([], False, id="no fault"),
    ],
)
def test_when_an_issuer_is_missing(found: list[Fault], missing: bool) -> None:
    assert faults.issuer_is_missing(found) is missing
