import pickle

import pytest

from archived import tarred, zipped
from clearpane.content import data_patterns
from clearpane.content.data_patterns import (
    MOST_MATCHES,
    PREDEFINED,
    DataPatterns,
    Definition,
    fault,
    masked,
    total,
)
from clearpane.content.detection import DataSeen, Unread, Unscanned
from clearpane.content.member import Member

CARD, NUMBER = "4111 1111 1111 1111", "4111111111111111"
PROJECT = Definition("project", "PRJ-[0-9]{6}")
PATTERNS = DataPatterns((PROJECT,), ("payment-card", "iban"))


def counts(body: bytes, name: str = "") -> dict[str, int]:
    return {seen.pattern: seen.count for seen in PATTERNS.see(Member(name, body))}


def test_what_is_seen() -> None:
    body = f"{CARD}, PRJ-123456 and PRJ-654321".encode()
    assert list(PATTERNS.see(Member("a/b.txt", body))) == [
        DataSeen("project", 2, "****…456", "a/b.txt"),
        DataSeen("payment-card", 1, "****…1111", "a/b.txt"),
    ]


def test_without_patterns_there_is_nothing_to_see() -> None:
    assert not DataPatterns()
    assert not list(DataPatterns().see(Member("", CARD.encode())))
    assert PATTERNS


def test_it_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(PATTERNS))
    member = Member("", f"PRJ-123456 {CARD}".encode())
    assert list(again.see(member)) == list(PATTERNS.see(member))


def test_what_it_is_made_of_makes_it_again() -> None:
    definitions, predefined = PATTERNS.made_of
    assert (definitions, predefined) == ((PROJECT,), ("payment-card", "iban"))
    assert DataPatterns(definitions, predefined).made_of == PATTERNS.made_of


def test_a_definition_without_a_regex_is_left_out() -> None:
    assert not DataPatterns((Definition("wrong", ""),))


def test_predefined_patterns() -> None:
    assert len(PREDEFINED) >= 12
    assert all(name == each.name and each.regex for name, each in PREDEFINED.items())
    assert all(not fault(each.regex) for each in PREDEFINED.values())


TEXTS: dict[str, tuple[bytes, int]] = {
    "UTF-8": (f"ä {CARD} ö".encode(), 1),
    "an old code page": (b"\xe4 4111 1111 1111 1111 \xf6", 1),
    "UTF-16 with a mark": (f"ä {CARD} ö".encode("utf-16"), 1),
    "UTF-16, big-endian": (f"ä {CARD} ö".encode("utf-16-be"), 1),
    "a form with plus signs": (b"name=A+B&card=4111+1111+1111+1111&x=1", 1),
    "a form with escapes": (b"card=%204111%201111%201111%201111&x=1", 1),
    "several": (f"{CARD}\n{NUMBER}\n5555-5555-5555-4444".encode(), 3),
    "side by side": (f"{CARD} {CARD},{NUMBER}".encode(), 3),
    "groups of another number before it": (f"4111 1111 1111 1111 {CARD}".encode(), 2),
    "a group that could be the first": (f"4111 {CARD}".encode(), 1),
    "groups that could be the first ones": (f"4000 5000 {CARD}".encode(), 1),
    "nothing": (b"", 0),
    "numbers in a character reference": (b"&#52;111111111111111", 0),
    "a picture": (b"\x89PNG\r\n\x1a\n " + CARD.encode(), 0),
    "a film": (b"\0\0\0\x18ftypmp42 " + CARD.encode(), 0),
    "what an archive stores": (zipped({"a.txt": CARD.encode()}, 0), 0),
    "what a tape archive holds": (tarred({"a.txt": CARD.encode()}), 0),
    "a document that is text": (b"%PDF-1.4\n1 0 obj (" + CARD.encode() + b") Tj", 1),
    "binary data": (bytes(range(256)) + b" " + CARD.encode() + b"\0", 1),
}


@pytest.mark.parametrize(("body", "count"), TEXTS.values(), ids=TEXTS)
def test_how_often(body: bytes, count: int) -> None:
    assert counts(body).get("payment-card", 0) == count


def test_own_patterns_know_other_letters() -> None:
    patterns = DataPatterns((Definition("secret", "(?i)größe ?[0-9]+"),))
    for body in ("GRÖSSE 1, Größe 2".encode(), "Größe 2".encode("utf-16")):
        assert [seen.count for seen in patterns.see(Member("", body))] == [1]


def test_matches_are_bounded() -> None:
    assert counts(b"PRJ-123456 " * (MOST_MATCHES + 1)) == {"project": MOST_MATCHES}


def test_candidates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_patterns, "MOST_CANDIDATES", 100)
    assert counts(b"4111111111111112 " * 98 + NUMBER.encode()) == {"payment-card": 1}
    (said,) = PATTERNS.see(Member("a", b"4111111111111112 " * 100 + NUMBER.encode()))
    assert said == Unscanned(Unread.LIMIT, "a", "over 100 candidates of data pattern payment-card")


MASKED = {
    "a card number": (CARD.encode(), "****…1111"),
    "a third at most": (b"123456789", "****…789"),
    "signs do not count": (b"1-2-3-4", "****…4"),
    "a short word": (b"ab", "****…"),
    "what can't be printed": (b"abcdefgh\0", "****…h."),
    "what can't be read": (b"abcdefgh\xff", "****…h\N{REPLACEMENT CHARACTER}"),
}


@pytest.mark.parametrize(("value", "expected"), MASKED.values(), ids=MASKED)
def test_masked(value: bytes, expected: str) -> None:
    assert masked(value) == expected


def test_the_value_is_nowhere_in_what_is_seen() -> None:
    shown = repr(list(PATTERNS.see(Member("", f"{NUMBER} PRJ-123456".encode()))))
    assert not any(secret in shown for secret in (NUMBER[:-4], NUMBER[4:], "PRJ", "123456"))


# Windows


def windowed(body: bytes, size: int, overlap: int) -> tuple[DataSeen, ...]:
    counter = PATTERNS.counter("big")
    at = 0
    while True:
        counter.window(at, body[at : at + size])
        if at + size >= len(body):
            return counter.seen()
        at += size - overlap


LONG = {
    "text": f"some text {CARD} and {NUMBER}, DE89 3704 0044 0532 0130 00 PRJ-123456; ".encode()
    * 40,
    "UTF-16": (f"ä {CARD} \N{GRINNING FACE} {NUMBER} " * 40).encode("utf-16"),
    "a form": b"a=" + b"4111+1111%201111+1111&b=%34%31%31%31111111111111&" * 40,
}


@pytest.mark.parametrize("size", [384, 385, 500, 777, 5000])
@pytest.mark.parametrize("body", LONG.values(), ids=LONG)
def test_windows_count_each_match_once(body: bytes, size: int) -> None:
    whole = PATTERNS.counter("big")
    whole.window(0, body)
    assert whole.seen()
    assert windowed(body, size, 256) == whole.seen()


@pytest.mark.parametrize("at", range(200, 420, 3))
def test_a_match_anywhere_between_two_windows(at: int) -> None:
    body = b"." * at + b" " + CARD.encode() + b" " + b"." * 400
    assert [seen.count for seen in windowed(body, 384, 256)] == [1]


@pytest.mark.parametrize("at", range(340, 400, 3))
def test_a_number_that_goes_on_in_the_next_window(at: int) -> None:
    body = b"." * at + b" " + NUMBER.encode() + b"1" * 100 + b"." * 400
    assert windowed(body, 384, 256) == ()


def test_a_number_at_the_very_end() -> None:
    counter = PATTERNS.counter()
    counter.window(0, NUMBER.encode())
    assert [seen.count for seen in counter.seen()] == [1]
    assert [seen.count for seen in counter.seen()] == [1]


def test_windows_of_a_picture_are_not_looked_at() -> None:
    counter = PATTERNS.counter()
    counter.window(0, b"\xff\xd8\xff\xe0 " + CARD.encode() * 20)
    counter.window(200, CARD.encode())
    assert counter.seen() == ()


# Members


def seen(**members: int) -> list[DataSeen]:
    return [
        DataSeen("iban", count, member=name.replace("_", "/")) for name, count in members.items()
    ]


TOTALS: dict[str, tuple[list[DataSeen], int]] = {
    "nothing": ([], 0),
    "one": (seen(a=3), 3),
    "two parts": (seen(a=3, b=2), 5),
    "the whole shows its parts": ([DataSeen("iban", 5), *seen(a=3, b=2)], 5),
    "the whole shows one of them": ([DataSeen("iban", 3), *seen(a=3, b=2)], 5),
    "the whole shows more": ([DataSeen("iban", 9), *seen(a=3, b=2)], 9),
    "a part of a part": (seen(a=3, a_b=3), 3),
    "a part of a part that is not shown itself": (seen(a_b=3, a_c=2), 5),
    "at each level": ([DataSeen("iban", 2), *seen(a=2, a_b=2, a_b_c=2)], 2),
    "two of one name": ([*seen(a=1), *seen(a=2)], 3),
    "a name with odd slashes": ([DataSeen("iban", 2, member="/"), *seen(a__b=1)], 3),
}


@pytest.mark.parametrize(("each", "expected"), TOTALS.values(), ids=TOTALS)
def test_total(each: list[DataSeen], expected: int) -> None:
    assert total(each) == expected
