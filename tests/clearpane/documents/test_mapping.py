"""Each reader: the value where it is right, the default and an error with its place where not."""

from collections.abc import Callable
from enum import StrEnum

import pytest

from clearpane.documents.mapping import Mapping
from clearpane.documents.place import Place
from clearpane.documents.reading import read
from clearpane.errors import Problems


class Action(StrEnum):
    DECRYPT = "decrypt"
    NO_DECRYPT = "no-decrypt"


def block(text: str) -> tuple[Mapping, Problems]:
    problems = Problems()
    mapping = read(text, "x.yaml", problems)
    assert mapping is not None and not problems.found
    return mapping, problems


READERS: list[tuple[str, str, Callable[[Mapping], object], object]] = [
    ("a text", "k: web", lambda m: m.text("k"), "web"),
    ("a text that is absent", "a: b", lambda m: m.text("k", "none"), "none"),
    ("texts of a list", "k: [a, b]", lambda m: m.texts("k"), ("a", "b")),
    ("texts of one text", "k: a", lambda m: m.texts("k"), ("a",)),
    ("texts that are absent", "a: b", lambda m: m.texts("k"), None),
    ("a flag", "k: yes", lambda m: m.flag("k"), True),
    ("a flag that is absent", "a: b", lambda m: m.flag("k", True), True),
    ("a choice of an enum", "k: decrypt", lambda m: m.choice("k", Action, None), Action.DECRYPT),
    ("a choice of words", "k: tcp", lambda m: m.choice("k", ("udp", "tcp"), "udp"), "tcp"),
    ("a bare word if offered", "k: false", lambda m: m.choice("k", ("false", "x"), ""), "false"),
    ("an integer", "k: 1024", lambda m: m.integer("k", 1, 1, 9999), 1024),
    ("an integer in quotes", 'k: "1024"', lambda m: m.integer("k", 1, 1, 9999), 1024),
    ("a number", "k: 0.5", lambda m: m.number("k", 1, 0, 10), 0.5),
    ("a size", "k: 32MiB", lambda m: m.size("k", 1), 32 << 20),
    ("a date that is absent", "a: b", lambda m: m.date("k"), None),
    ("a block that is absent", "a: b", lambda m: m.mapping("k"), None),
    ("blocks that are absent", "a: b", lambda m: m.mappings("k"), None),
    ("no blocks, on purpose", "k: []", lambda m: m.mappings("k"), ()),
]


@pytest.mark.parametrize(
    ("text", "reader", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in READERS],
)
def test_readers(text: str, reader: Callable[[Mapping], object], expected: object) -> None:
    mapping, problems = block(text)
    assert reader(mapping) == expected
    assert not problems.found


REFUSALS: list[tuple[str, str, Callable[[Mapping], object], object, str]] = [
    (
        "a list where a text belongs",
        "k: [a]",
        lambda m: m.text("k", "d"),
        "d",
        "x.yaml:1:4: error: k must be a single value, not a list",
    ),
    (
        "a bare NO in a list of texts",
        "k: [SE, NO]",
        lambda m: m.texts("k"),
        ("SE",),
        "x.yaml:1:9: error: k is the bare word NO, which YAML does not read as text "
        '(write "NO" in quotes if the text is meant)',
    ),
    (
        "an empty list",
        "k: []",
        lambda m: m.texts("k"),
        None,
        "x.yaml:1:4: error: k is an empty list (list a value or remove the key)",
    ),
    (
        "a list inside a list of texts",
        "k: [a, [b]]",
        lambda m: m.texts("k"),
        ("a",),
        "x.yaml:1:8: error: k must be a list of single values, not a list",
    ),
    (
        "a flag in capitals",
        "k: TRUE",
        lambda m: m.flag("k"),
        False,
        'x.yaml:1:4: error: k must be true or false, not "TRUE" (did you mean "true"?)',
    ),
    (
        "a misspelt choice",
        "k: decrpyt",
        lambda m: m.choice("k", Action, None),
        None,
        'x.yaml:1:4: error: k must be decrypt or no-decrypt (did you mean "decrypt"?)',
    ),
    (
        "an octal number",
        "k: 0443",
        lambda m: m.integer("k", 7, 1, 9999),
        7,
        "x.yaml:1:4: error: k has a leading zero: 0443, which YAML reads as octal "
        "(write it without the zero)",
    ),
    (
        "a number out of range",
        "k: 61",
        lambda m: m.number("k", 5, 1, 60),
        5,
        "x.yaml:1:4: error: k must be 1 to 60, not 61.0",
    ),
    (
        "a size without a unit that is known",
        "k: 32M",
        lambda m: m.size("k", 9),
        9,
        'x.yaml:1:4: error: k must be a size such as 32MiB, not "32M" (units are KiB, MiB and GiB)',
    ),
    (
        "no date",
        "k: soon",
        lambda m: m.date("k"),
        None,
        'x.yaml:1:4: error: k must be a date such as 2027-06-30, not "soon"',
    ),
    (
        "a text where a block belongs",
        "k: x",
        lambda m: m.mapping("k"),
        None,
        'x.yaml:1:4: error: k must be a block of keys, not "x"',
    ),
    (
        "nothing where a block belongs",
        "k:",
        lambda m: m.mapping("k"),
        None,
        "x.yaml:1:3: error: k has no value (write {} if none is meant)",
    ),
    (
        "nothing where a list of blocks belongs",
        "k:",
        lambda m: m.mappings("k"),
        None,
        "x.yaml:1:3: error: k has no value (write [] if none is meant)",
    ),
    (
        "an entry that is no block",
        "k:\n  - {a: b}\n  - c",
        lambda m: len(m.mappings("k") or ()),
        1,
        'x.yaml:3:5: error: k must be a block of keys, not "c"',
    ),
    (
        "an unknown key near a right one",
        "actoin: decrypt",
        lambda m: m.only("action", "name"),
        None,
        'x.yaml:1:1: error: unknown key actoin (did you mean "action"? else remove it)',
    ),
    (
        "an unknown key near none",
        "zzz: 1",
        lambda m: m.only("action", "name"),
        None,
        "x.yaml:1:1: error: unknown key zzz (known are action and name)",
    ),
    (
        "a missing key",
        "a: b",
        lambda m: m.required("name"),
        False,
        "x.yaml:1:1: error: name is missing",
    ),
    (
        "a bare word as a name",
        "no: a",
        lambda m: m.names(),
        [],
        "x.yaml:1:1: error: the key is the bare word no, which YAML does not read as text "
        '(write "no" in quotes if the text is meant)',
    ),
]


@pytest.mark.parametrize(
    ("text", "reader", "expected", "message"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSALS],
)
def test_refusals(
    text: str, reader: Callable[[Mapping], object], expected: object, message: str
) -> None:
    mapping, problems = block(text)
    assert reader(mapping) == expected
    assert [str(problem) for problem in problems.found] == [message]


def test_the_label_stands_before_messages_and_is_handed_down() -> None:
    mapping, problems = block("rule: {part: {k: [x]}, last: }")
    rule = mapping.mapping("rule")
    assert rule is not None
    rule.label = 'rule "finance"'
    part = rule.mapping("part")
    assert part is not None
    part.text("k")
    part.error("k", "is wrong", "right it")
    part.warning(Place("y.yaml", 2, 3), "is odd")
    assert [str(problem) for problem in problems.found] == [
        'x.yaml:1:18: error: rule "finance": k must be a single value, not a list',
        'x.yaml:1:18: error: rule "finance": is wrong (right it)',
        'y.yaml:2:3: warning: rule "finance": is odd',
    ]


def test_texts_and_keys_know_their_places() -> None:
    mapping, _ = block("zones:\n  trust: [a,\n    b]\n")
    zones = mapping.mapping("zones")
    assert zones is not None
    texts = zones.texts("trust")
    assert texts is not None
    (key,) = zones.keys()
    assert str(key.place) == "x.yaml:2:3"
    assert [str(text.place) for text in texts] == ["x.yaml:2:11", "x.yaml:3:5"]
    assert str(zones.place_of("trust")) == "x.yaml:2:10"
    assert zones.place_of("dmz") == zones.place
    assert "trust" in zones and "dmz" not in zones
