"""Each reason belongs to one check, and the details say what was compared."""

from collections.abc import Sequence

import pytest

from answers import good, root, verdict
from chains import DAY, NOW, Spec, authority, issue, name, san
from clearpane.cli.explaining.checks import Check, State, checks, names
from clearpane.verification.reasons import NO_LEAF, SHOWN_BY_THE_LEAF, UNTRUST, Reason
from clearpane.verification.verdict import Verdict

CERTIFICATE = sorted(UNTRUST | SHOWN_BY_THE_LEAF | NO_LEAF)


def of(found: Verdict, kind: str, host: str = "www.test") -> Check:
    return next(each for each in checks(found, host, NOW) if each.name == kind)


def test_a_good_server_passes_all_but_what_nobody_was_asked() -> None:
    found = {each.name: each.state for each in checks(good(), "www.test", NOW)}

    assert found.pop("revocation") is State.UNCHECKED
    assert set(found.values()) == {State.OK}


@pytest.mark.parametrize("reason", [*CERTIFICATE, Reason.STATUS_UNKNOWN, Reason.STATUS_TIMEOUT])
def test_a_reason_is_the_fault_of_one_check(reason: Reason) -> None:
    found = verdict(issue(root(), Spec()), root(), reasons=(reason,), root_name="CN=Root")
    at_fault = [each for each in checks(found, "www.test", NOW) if each.state is State.FAULT]

    assert [each.reasons for each in at_fault] == [(reason,)]


def test_a_certificate_that_cannot_be_read_leaves_the_rest_unchecked() -> None:
    found = checks(Verdict((Reason.MALFORMED_CERTIFICATE,)), "www.test", NOW)

    assert [each.name for each in found if each.state is State.FAULT] == ["contents"]
    assert not [each for each in found if each.state is State.OK]


@pytest.mark.parametrize(
    ("spec", "reasons", "kind", "detail"),
    [
        (Spec(), (), "issuer", "CN=Root is trusted here"),
        (Spec(), (), "name", "www.test is one of its names"),
        (
            Spec(end=NOW + 300 * DAY),
            (),
            "dates",
            f"until {NOW + 300 * DAY:%Y-%m-%d}, 300 days left",
        ),
        (
            Spec(end=NOW - DAY),
            (Reason.EXPIRED,),
            "dates",
            f"expired 1 day ago, on {NOW - DAY:%Y-%m-%d}",
        ),
        (
            Spec(start=NOW + DAY / 12),
            (Reason.NOT_YET_VALID,),
            "dates",
            f"not yet valid: in 2 hours, from {NOW + DAY / 12:%Y-%m-%d}",
        ),
        (Spec(end=b"\x17\x01x"), (Reason.MALFORMED_CERTIFICATE,), "dates", "they can't be read"),
        (
            Spec(extensions=(san("a.test", "b.test"),)),
            (Reason.NAME_MISMATCH,),
            "name",
            "it is for a.test, b.test; not for www.test",
        ),
        (
            Spec(extensions=()),
            (Reason.NAME_MISMATCH,),
            "name",
            "it names no host: it has no subjectAltName that can be read",
        ),
        (Spec(), (), "keys", "ECDSA P-256"),
        (Spec(), (), "digests", "sha256"),
    ],
)
def test_the_detail_says_what_was_compared(
    spec: Spec, reasons: Sequence[Reason], kind: str, detail: str
) -> None:
    found = verdict(issue(root(), spec), root(), reasons=reasons, root_name="CN=Root")

    assert of(found, kind).detail == detail


def test_a_missing_issuer_is_named_and_what_it_signed_is_unchecked() -> None:
    reasons = (Reason.UNKNOWN_ISSUER, Reason.INCOMPLETE_CHAIN)
    found = verdict(issue(root(), Spec()), reasons=reasons, missing_issuer="CN=Root")

    assert of(found, "issuer").detail == "CN=Root was not sent and is not known here"
    assert of(found, "signatures").state is State.UNCHECKED
    assert of(found, "issuer dates").state is State.UNCHECKED


def test_the_issuer_whose_dates_are_wrong_is_named() -> None:
    old = authority(root(), "Old", end=NOW - DAY)
    found = verdict(issue(old, Spec()), old, root(), reasons=(Reason.ISSUER_EXPIRED,))

    assert of(found, "issuer dates").detail.endswith("(Old)")


@pytest.mark.parametrize(
    ("status", "state"),
    [("good", State.OK), ("unchecked", State.UNCHECKED), ("unknown", State.UNCHECKED)],
)
def test_only_a_good_answer_is_an_answer(status: str, state: State) -> None:
    found = verdict(issue(root(), Spec()), root(), revocation=status)

    assert of(found, "revocation").state is state


def test_what_a_server_wrote_stays_on_its_line() -> None:
    spec = Spec(subject=name("x"), extensions=(san("a\nb\x1b[2J.test"),))
    certificate = verdict(issue(root(), spec)).certificate
    assert certificate

    assert names(certificate).isprintable()


def test_of_many_names_the_first_few_are_shown() -> None:
    spec = Spec(extensions=(san(*(f"n{n}.test" for n in range(9))),))
    certificate = verdict(issue(root(), spec)).certificate
    assert certificate

    assert names(certificate) == "n0.test, n1.test, n2.test, n3.test, and 5 more"
