import hashlib
from collections.abc import Callable

import pytest

from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.replies import judge
from clearpane.antivirus.selftest import is_found, problems, samples
from clearpane.content.detection import Detection, Finding, Unread, Unscanned

FULL = "ClamAV 1.4.6/27800/Thu Oct  1 08:00:00 2026"
TEST_FILE = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"


def daemon(
    *, eicar: bool = True, encrypted: bool = True, limits: bool = True
) -> Callable[[bytes], tuple[Finding, ...]]:
    """One that is set up so."""

    def ask(body: bytes) -> tuple[Finding, ...]:
        if eicar and hashlib.sha256(body).hexdigest() == TEST_FILE:
            return judge("fd[9]: Eicar-Test-Signature FOUND")
        if encrypted and body[:4] == b"PK\3\4" and body[6] & 1:
            return judge("fd[9]: Heuristics.Encrypted.Zip FOUND")
        if limits and body.count(b"PK\3\4") > 17:
            return judge("fd[9]: Heuristics.Limits.Exceeded.MaxRecursion FOUND")
        return judge("fd[9]: OK")

    return ask


SET_UP: dict[str, tuple[str, Callable[[bytes], tuple[Finding, ...]], list[str]]] = {
    "as it should be": (FULL, daemon(), []),
    "without a database": ("ClamAV 1.4.6", daemon(), ["ClamAV 1.4.6 has no signature database"]),
    "without signatures": (FULL, daemon(eicar=False), ["does not find the EICAR test file"]),
    "encrypted archives are clean": (FULL, daemon(encrypted=False), ["set AlertEncrypted yes"]),
    "what is over the limits is clean": (FULL, daemon(limits=False), ["set AlertExceedsMax yes"]),
    "everything is wrong": (
        "",
        daemon(eicar=False, encrypted=False, limits=False),
        ["has no signature database", "EICAR", "AlertEncrypted", "AlertExceedsMax"],
    ),
}


@pytest.mark.parametrize(("version", "ask", "expected"), SET_UP.values(), ids=SET_UP)
def test_what_is_wrong_is_said(
    version: str, ask: Callable[[bytes], tuple[Finding, ...]], expected: list[str]
) -> None:
    found = [str(problem) for problem in problems("clamd /run/clamd", version, ask)]
    assert len(found) == len(expected)
    for problem, words in zip(found, expected, strict=True):
        assert problem.startswith("clamd /run/clamd: warning: ")
        assert words in problem


@pytest.mark.parametrize(
    ("with_7z", "cases"),
    [(True, ["plain", "in a zip", "in a 7z"]), (False, ["plain", "in a zip"])],
)
def test_each_sample_is_the_test_file(embedded: Embedded, with_7z: bool, cases: list[str]) -> None:
    found = samples(with_7z=with_7z)
    assert list(found) == cases
    assert all(is_found(embedded.scan(body)) for body in found.values())


def test_another_threat_is_not_the_test_file() -> None:
    assert not is_found([Detection("Other", 200_000), Unscanned(Unread.LIMIT)])
