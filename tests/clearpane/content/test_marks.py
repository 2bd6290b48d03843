import pytest

from clearpane.content import marks
from clearpane.content.marks import Claims
from e2e.harness import builders as made
from e2e.harness.bodies import EICAR

STUB = b"MZ" + bytes(5000)
RAR4, RAR5 = made.rar4("a", EICAR), made.rar5("a", EICAR)
SEVEN, CAB = made.seven_zip("a", EICAR), made.by_gcab("a", EICAR)

FOUND: dict[str, tuple[bytes, list[tuple[str, int]]]] = {
    "nothing": (b"", []),
    "rar 4": (RAR4, [("rar", 0)]),
    "rar 4 behind a stub": (STUB + RAR4, [("rar", len(STUB))]),
    "rar 5 behind a stub": (STUB + RAR5, [("rar5", len(STUB))]),
    "7z behind a stub": (STUB + SEVEN, [("7z", len(STUB))]),
    "cab behind a stub": (STUB + CAB, [("cab", len(STUB))]),
    "two in a row": (RAR5 + RAR5, [("rar5", 0), ("rar5", len(RAR5))]),
    "too far behind": (bytes(marks.STUB + 1) + RAR5, []),
    "marks without headers": (STUB + b"Rar!\x1a\7\0 Rar!\x1a\7\1\0 7z\xbc\xaf\x27\x1c MSCF", []),
    "a mark at the start is believed": (b"7z\xbc\xaf\x27\x1c", [("7z", 0)]),
    "an option in a text": (b"a -lhello there", []),
    "compress": (made.compressed(EICAR), [("compress", 0)]),
}


@pytest.mark.parametrize(("data", "expected"), FOUND.values(), ids=FOUND)
def test_where_archives_begin(data: bytes, expected: list[tuple[str, int]]) -> None:
    assert marks.find(data) == expected


CLAIMS: dict[str, tuple[str, bytes, Claims]] = {
    "a rar": ("rar", RAR4, Claims()),
    "a volume of a rar": ("rar", made.rar4("a", EICAR, volume=True), Claims(volume=True)),
    "a rar 5": ("rar5", RAR5, Claims()),
    "a volume of a rar 5": ("rar5", made.rar5("a", EICAR, volume=True), Claims(volume=True)),
    "a rar 5 with a password": (
        "rar5",
        made.rar5("a", EICAR, encrypted=True),
        Claims(encrypted=True),
    ),
    "a disc image with two trees": (
        "iso",
        made.by_bsdtar("iso9660", "a", EICAR),
        Claims(two_trees=True),
    ),
    "a cab": ("cab", CAB, Claims()),
    "a cab that goes on": ("cab", CAB[:30] + b"\2" + CAB[31:], Claims(volume=True)),
    "a rar 5 that is cut off": ("rar5", RAR5[:10], Claims()),
    "a 7z": ("7z", SEVEN, Claims()),
}


@pytest.mark.parametrize(("word", "data", "expected"), CLAIMS.values(), ids=CLAIMS)
def test_what_an_archive_says_of_itself(word: str, data: bytes, expected: Claims) -> None:
    assert marks.claims(word, data) == expected


def test_arj_is_known_by_the_sum_of_its_header() -> None:
    archive = made.arj(EICAR)
    assert marks.is_arj(archive)
    assert not marks.is_arj(archive[:9] + b"x" + archive[10:])
    assert not marks.is_arj(b"\x60\xea")
