import pytest

from chains import Spec, issue, name, san
from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate
from clearpane.verification.reasons import Reason
from clearpane.verification.verdict import Verdict

CERTIFICATE = Certificate.parse(issue(None, Spec()).der)

ROWS = [
    pytest.param((), "forward-trust", id="no reason"),
    pytest.param((Reason.EXPIRED,), "forward-trust", id="what the leaf shows"),
    pytest.param((Reason.EXPIRED, Reason.NAME_MISMATCH), "forward-trust", id="twice over"),
    pytest.param((Reason.WEAK_KEY,), "forward-untrust", id="what the leaf can't show"),
    pytest.param((Reason.WEAK_KEY, Reason.EXPIRED), "forward-untrust", id="one such is enough"),
    pytest.param((Reason.ISSUER_EXPIRED,), "forward-untrust", id="an issuer's dates"),
    pytest.param((Reason.MALFORMED_CERTIFICATE,), None, id="malformed"),
    pytest.param((Reason.SELF_SIGNED, Reason.REVOKED), None, id="revoked, whatever else"),
]


@pytest.mark.parametrize(("reasons", "signer"), ROWS)
def test_who_signs(reasons: tuple[Reason, ...], signer: str | None) -> None:
    assert Verdict(reasons, CERTIFICATE).signer == signer


def test_nobody_signs_where_there_is_no_certificate() -> None:
    assert Verdict(()).signer is None


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        pytest.param(Spec(), ("www.test",), id="a name that stands twice"),
        pytest.param(
            Spec(subject=name("AnyDesk Client"), extensions=(san("a.test", b"\x7f\0\0\1"),)),
            ("a.test", "AnyDesk Client"),
            id="a CommonName that is no host name; addresses are left out",
        ),
        pytest.param(Spec(extensions=()), ("www.test",), id="a CommonName alone"),
        pytest.param(Spec(subject=der.sequence(), extensions=()), (), id="none"),
    ],
)
def test_the_names_that_exclusions_look_at(spec: Spec, names: tuple[str, ...]) -> None:
    assert Verdict((), Certificate.parse(issue(None, spec).der)).names == names


def test_a_verdict_without_a_certificate_has_no_names() -> None:
    assert Verdict((Reason.MALFORMED_CERTIFICATE,)).names == ()
