import re

import pytest

from clearpane.content.identifier import Identifier, evenly, whole

FOUR = Identifier("four", "[0-9]{4}", lambda text: 0 if text == b"0000" else len(text))
LONELY = Identifier("groups", "[0-9]{2} [0-9]{2}", len, lonely=True)
NAMED = Identifier("named", "[0-9]{4}", len, named="code|number")
SHORT = Identifier("short", "[A-Z0-9 ]{4,9}", lambda text: 4)


def taken(identifier: Identifier, text: bytes) -> list[bytes]:
    """What the identifier takes of each match of its form."""
    matches = re.finditer(identifier.form.encode(), text)
    spans = [identifier.span(text, *match.span()) for match in matches]
    return [text[slice(*span)] for span in spans if span]


TAKEN: dict[str, tuple[Identifier, bytes, list[bytes]]] = {
    "alone": (FOUR, b"1234", [b"1234"]),
    "in a sentence": (FOUR, b"it is 1234.", [b"1234"]),
    "behind a sentence": (FOUR, b"Nr.1234", [b"1234"]),
    "behind a point alone": (FOUR, b".1234", [b"1234"]),
    "in brackets and quotes": (FOUR, b'["1234",(5678)]', [b"1234", b"5678"]),
    "behind an equals sign": (FOUR, b"a=1234&b=1", [b"1234"]),
    "behind a hash": (FOUR, b"#1234", [b"1234"]),
    "behind letters and a dash": (FOUR, b"card-1234", [b"1234"]),
    "behind a line's end in JSON": (FOUR, b"a\\n1234\\t5678", [b"1234", b"5678"]),
    "behind a letter of another encoding": (FOUR, b"\xe41234", [b"1234"]),
    "the check says no": (FOUR, b"0000", []),
    "in a longer number": (FOUR, b"12345", []),
    "behind a letter": (FOUR, b"a1234", []),
    "in front of a letter": (FOUR, b"1234a", []),
    "behind an underscore": (FOUR, b"a_1234", []),
    "behind a decimal point": (FOUR, b"0.1234", []),
    "in front of a decimal point": (FOUR, b"1234.5", []),
    "a telephone number": (FOUR, b"+1234", []),
    "the first group of a UUID": (FOUR, b"1234-1a2b", []),
    "a middle group of a UUID": (FOUR, b"a1b2-1234-beef", []),
    "a date": (FOUR, b"2024-01-02", []),
    "groups": (LONELY, b"x 12 34 y", [b"12 34"]),
    "a group too many in front": (LONELY, b"9999 12 34", []),
    "a group too many behind": (LONELY, b"12 34 56", []),
    "named": (NAMED, b"Code: 1234", [b"1234"]),
    "named in quotes": (NAMED, b'"number":"1234"', [b"1234"]),
    "named, on the line before": (NAMED, b"CODE\n1234", [b"1234"]),
    "not named": (NAMED, b"coda: 1234", []),
    "named too far in front": (NAMED, b"code" + b" " * 40 + b"1234", []),
    "named, and another number between": (NAMED, b"code 1, 1234", []),
    "named by the end of a word": (NAMED, b"encode 1234", []),
    "named, and a piece of something": (NAMED, b"code x1234", []),
    "a piece of what was matched": (SHORT, b"AB12 XYZ", [b"AB12"]),
}


@pytest.mark.parametrize(("identifier", "text", "expected"), TAKEN.values(), ids=TAKEN)
def test_span(identifier: Identifier, text: bytes, expected: list[bytes]) -> None:
    assert taken(identifier, text) == expected


def test_whole_looks_past_separators() -> None:
    shown: list[bytes] = []
    length = whole(lambda text: not shown.append(text))  # type: ignore[func-returns-value]
    assert length(b"12-34 5.6/7") == 11
    assert shown == [b"1234567"]
    assert whole(lambda _: False)(b"12") == 0


def test_evenly_refuses_separators_that_differ() -> None:
    length = evenly(lambda _: True)
    assert length(b"12-34-56") == 8
    assert length(b"123456") == 6
    assert length(b"12-34 56") == 0
