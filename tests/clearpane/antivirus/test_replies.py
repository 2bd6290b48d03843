"""A daemon's word for a virus and for what it did not look into is the same; here they part."""

import pytest

from clearpane.antivirus.replies import judge
from clearpane.content.detection import Detection, Finding, Unread, Unscanned

FOUND: dict[str, tuple[str, tuple[Finding, ...]]] = {
    "clean": ("stream: OK", ()),
    "a worm": (
        "fd[12]: Win.Worm.Klez-1 FOUND",
        (Detection("Win.Worm.Klez-1", 1_793_692, engine="clamd"),),
    ),
    "the test file": (
        "stream: Win.Test.EICAR_HDB-1 FOUND",
        (Detection("Eicar Test File", 100_000, engine="clamd"),),
    ),
    "phishing": (
        "stream: Heuristics.Phishing.Email.SpoofedDomain FOUND",
        (Detection("Heuristics.Phishing.Email.SpoofedDomain", 2_820_999, engine="clamd"),),
    ),
}


@pytest.mark.parametrize(("reply", "expected"), FOUND.values(), ids=FOUND)
def test_judge(reply: str, expected: tuple[Finding, ...]) -> None:
    assert judge(reply) == expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Heuristics.Encrypted.Zip", Unread.ENCRYPTED),
        ("Heuristics.Encrypted.PDF", Unread.ENCRYPTED),
        ("Heuristics.Limits.Exceeded.MaxRecursion", Unread.LIMIT),
        ("Heuristics.Limits.Exceeded.MaxScanTime", Unread.LIMIT),
        ("Heuristics.XZ.DicSizeLimit", Unread.LIMIT),
        ("Heuristics.Zip.OverlappingFiles", Unread.LIMIT),
        ("Heuristics.Broken.Executable", Unread.MALFORMED),
        ("Heuristics.Broken.Media.PNG.EOFReadingChunk", Unread.MALFORMED),
        ("Heuristics.GPTPartitionIntersection", Unread.MALFORMED),
        ("Heuristics.OLE2.ContainsMacros.VBA", None),
        ("Heuristics.Exploit.W32.MS04-028", None),
        ("Heuristics.Structured.CreditCardNumber", None),
        ("Heuristics.PDF.ObfuscatedNameObject", None),
    ],
)
def test_a_heuristic_is_a_threat_or_unread(name: str, reason: Unread | None) -> None:
    (finding,) = judge(f"stream: {name} FOUND")
    if reason:
        assert finding == Unscanned(reason, detail=name)
    else:
        assert isinstance(finding, Detection) and finding.name == name


def test_too_much_for_a_stream() -> None:
    (finding,) = judge("INSTREAM size limit exceeded. ERROR")
    assert isinstance(finding, Unscanned) and finding.reason is Unread.TOO_BIG


@pytest.mark.parametrize("reply", ["", "OK", "stream: FOUND", "stream: x OK", "stream: x ERROR"])
def test_only_ok_is_clean(reply: str) -> None:
    (finding,) = judge(reply)
    assert isinstance(finding, Unscanned) and finding.reason is Unread.ENGINE_DOWN
    assert finding.detail
