import pytest

from chains import NOW, Party, Spec, authority, issue
from clearpane.verification.answers import State, Status
from clearpane.verification.revocation import Checking, Question, conclude, questions
from responders import access, parsed, points

OCSP, CRL = "http://ocsp.test/", "http://ca.test/one.crl"
ROOT = authority(None, "Root")
ICA = authority(ROOT, "Intermediate")


def leaf(*extensions: bytes) -> Party:
    return issue(ICA, Spec(extensions=extensions))


BOTH = leaf(access(OCSP), points(CRL))
NAMING_ICA = authority(ROOT, "Intermediate", extensions=(access(OCSP + "ica"),))


@pytest.mark.parametrize(
    ("checking", "total"),
    [
        pytest.param(Checking(), 0, id="off"),
        pytest.param(Checking(ocsp=True), 5, id="OCSP, as it is by default"),
        pytest.param(Checking(ocsp=True, ocsp_timeout=2), 2, id="the receive timeout is less"),
        pytest.param(Checking(ocsp=True, status_timeout=1), 1, id="the status timeout is less"),
        pytest.param(Checking(True, True, 2, 4, 60), 6, id="the receive timeouts of both together"),
        pytest.param(Checking(True, True, 5, 5, 7), 7, id="less than both together"),
        pytest.param(Checking(False, True, 60, 3, 30), 3, id="what is off has no part"),
    ],
)
def test_the_whole_check_takes_the_least_of_the_timeouts(checking: Checking, total: float) -> None:
    assert checking.total == total
    assert checking.on is bool(total)


ON = Checking(ocsp=True, crl=True)


@pytest.mark.parametrize(
    ("path", "checking", "asked"),
    [
        pytest.param((BOTH, ICA, ROOT), ON, [((OCSP,), (CRL,))], id="the leaf, by both"),
        pytest.param((BOTH, ICA, ROOT), Checking(ocsp=True), [((OCSP,), ())], id="by OCSP"),
        pytest.param((BOTH, ICA, ROOT), Checking(crl=True), [((), (CRL,))], id="by CRL"),
        pytest.param((BOTH, ICA, ROOT), Checking(), [], id="off"),
        pytest.param(
            (BOTH, NAMING_ICA, ROOT),
            ON,
            [((OCSP,), (CRL,)), ((OCSP + "ica",), ())],
            id="an intermediate too",
        ),
        pytest.param((BOTH, NAMING_ICA), ON, [((OCSP,), (CRL,))], id="not an anchor"),
        pytest.param((BOTH,), ON, [], id="not without an issuer"),
        pytest.param((), ON, [], id="nothing"),
        pytest.param((leaf(), ICA, ROOT), ON, [], id="no address"),
        pytest.param((leaf(access(OCSP)), ICA), Checking(crl=True), [], id="none that is on"),
        pytest.param(
            (leaf(points("ldap://a/", "https://a/", "HTTP://b/", "HTTP://b/")), ICA),
            ON,
            [((), ("HTTP://b/",))],
            id="http only, and once",
        ),
        pytest.param((leaf(points("ldap://a/")), ICA), ON, [((), ())], id="nothing that is http"),
        pytest.param(
            (leaf(points(*(f"http://{n}.test/" for n in range(50)))), ICA),
            ON,
            [((), ("http://0.test/", "http://1.test/"))],
            id="two of many",
        ),
    ],
)
def test_who_is_asked(path: tuple[Party, ...], checking: Checking, asked: list[object]) -> None:
    found = questions(parsed(*path), b"", checking)
    assert [(question.responders, question.lists) for question in found] == asked


def test_a_staple_is_the_leafs() -> None:
    found = questions(parsed(BOTH, NAMING_ICA, ROOT), b"staple", ON)
    assert [(question.staple, question.is_leaf) for question in found] == [
        (b"staple", True),
        (b"", False),
    ]
    assert questions(parsed(leaf(), ICA), b"staple", Checking(ocsp=True))
    assert not questions(parsed(leaf(), ICA), b"staple", Checking(crl=True))


LEAF_ASKED, ICA_ASKED = questions(parsed(BOTH, NAMING_ICA, ROOT), b"", ON)


def said(state: str, question: Question = LEAF_ASKED) -> tuple[Question, Status]:
    return question, Status(State(state), NOW, f"it is {state}")


@pytest.mark.parametrize(
    ("answers", "state", "reasons"),
    [
        pytest.param([], "unchecked", (), id="nobody was asked"),
        pytest.param([said("good")], "good", (), id="good"),
        pytest.param([said("revoked")], "revoked", ("revoked",), id="revoked"),
        pytest.param([said("unknown")], "unknown", ("status-unknown",), id="unknown"),
        pytest.param([said("unusable")], "unknown", ("status-unknown",), id="unusable"),
        pytest.param([said("timeout")], "timeout", ("status-timeout",), id="a time-out"),
        pytest.param([said("good"), said("good", ICA_ASKED)], "good", (), id="both good"),
        pytest.param(
            [said("timeout"), said("revoked", ICA_ASKED)],
            "revoked",
            ("revoked",),
            id="revoked wins",
        ),
        pytest.param(
            [said("unknown"), said("timeout", ICA_ASKED)],
            "timeout",
            ("status-timeout",),
            id="a time-out before unknown",
        ),
        pytest.param(
            [said("good"), said("unknown", ICA_ASKED)],
            "unknown",
            ("status-unknown",),
            id="unknown before good",
        ),
        pytest.param([said("good", ICA_ASKED)], "unchecked", (), id="the leaf was not asked about"),
        pytest.param(
            [said("revoked", ICA_ASKED)], "revoked", ("revoked",), id="an intermediate alone"
        ),
    ],
)
def test_what_the_answers_come_to(
    answers: list[tuple[Question, Status]], state: str, reasons: tuple[str, ...]
) -> None:
    revocation = conclude(answers)
    assert (revocation.state, revocation.reasons) == (state, reasons)


def test_the_detail_names_the_certificate_that_decided() -> None:
    revocation = conclude([said("good"), said("revoked", ICA_ASKED)])
    assert revocation.detail == "CN=Intermediate: it is revoked"


def test_an_answer_is_kept_under_both_fingerprints() -> None:
    certificate, issuer = parsed(BOTH, NAMING_ICA)
    assert (LEAF_ASKED.id.certificate, LEAF_ASKED.id.issuer) == (
        certificate.fingerprint,
        issuer.fingerprint,
    )
