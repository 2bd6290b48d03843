import pytest

from clearpane.content.detection import (
    Detection,
    Finding,
    Severity,
    Unread,
    Unscanned,
    distinct,
    worst,
)

MEDIUM = Detection("Eicar Test File", 100_000)
HIGH = Detection("Worm", 100_001, severity=Severity.HIGH)
ENCRYPTED, LIMIT = Unscanned(Unread.ENCRYPTED, "a"), Unscanned(Unread.LIMIT, "b", "too deep")

WORST: dict[str, tuple[list[Finding], Finding | None]] = {
    "nothing was found": ([], None),
    "a threat goes before what was not read": ([ENCRYPTED, MEDIUM], MEDIUM),
    "the more severe threat counts": ([MEDIUM, HIGH], HIGH),
    "the first of two alike counts": ([MEDIUM, Detection("Other", 100_002)], MEDIUM),
    "without a threat the first that was not read": ([LIMIT, ENCRYPTED], LIMIT),
}


@pytest.mark.parametrize(("findings", "expected"), WORST.values(), ids=WORST)
def test_worst(findings: list[Finding], expected: Finding | None) -> None:
    assert worst(findings) == expected


def test_a_threat_and_a_reason_are_reported_once_each() -> None:
    again = Detection("Eicar Test File", 100_000, member="second.com")
    found = distinct([MEDIUM, again, ENCRYPTED, Unscanned(Unread.ENCRYPTED, "b"), LIMIT, HIGH])
    assert found == (MEDIUM, ENCRYPTED, LIMIT, HIGH)


def test_text_is_what_records_show() -> None:
    assert str(MEDIUM) == "Eicar Test File(100000)"
    assert str(LIMIT) == "unscanned-limit: too deep"
    assert str(ENCRYPTED) == "unscanned-encrypted"
