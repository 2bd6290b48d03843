"""A file is read as it was written, or refused with the place and the cure."""

import time

import pytest

from clearpane.documents.mapping import Mapping
from clearpane.documents.reading import read
from clearpane.errors import Problems


def refused(text: str) -> list[str]:
    problems = Problems()
    assert read(text, "x.yaml", problems) is None
    return [str(problem) for problem in problems.found]


def accepted(text: str) -> Mapping:
    problems = Problems()
    mapping = read(text, "x.yaml", problems)
    assert mapping is not None and not problems.found
    return mapping


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "1:1: error: the file is empty", id="an empty file"),
        pytest.param("# only\n# this\n", "1:1: error: the file is empty", id="comments only"),
        pytest.param("---\n", "1:1: error: the file is empty", id="a document without content"),
        pytest.param("- a\n", "1:1: error: the file must be a block of keys", id="a list"),
        pytest.param("word\n", "1:1: error: the file must be a block of keys", id="a word"),
        pytest.param("a: b\n---\nc: d\n", "3:1: error: a second document", id="two documents"),
        pytest.param("a: &x [1]\n", "1:4: error: the anchor &x is not", id="an anchor"),
        pytest.param("a: *x\n", "1:4: error: the alias *x is not", id="an alias"),
        pytest.param("a: !!binary x\n", "1:4: error: the tag tag:yaml.org,2002:", id="a tag"),
        pytest.param("a: !x {}\n", "1:4: error: the tag !x is not supported", id="a tagged block"),
        pytest.param("? [a]\n: b\n", "1:3: error: a key must be a single word", id="a list as key"),
        pytest.param("a: b: c\n", "1:5: error: not YAML: mapping values", id="a second colon"),
        pytest.param("a:\n\t- b\n", "2:1: error: not YAML: found character", id="a tab"),
        pytest.param("a: *.x.com\n", "1:5: error: not YAML: did not", id="a star without quotes"),
        pytest.param(
            'a: "x\nb: c\n',
            "3:1: error: not YAML: found unexpected end of stream, while scanning a quoted "
            "scalar that starts in line 1 (close the quote)",
            id="a quote that is never closed",
        ),
        pytest.param("a: b\n\x07\n", "2:1: error: the character U+0007", id="a control character"),
        pytest.param("a: b\x00", "1:5: error: the character U+0000", id="a NUL"),
        pytest.param("a: \ud800\n", "1:4: error: the character U+D800", id="half a surrogate"),
        pytest.param("{" * 40, "1:33: error: blocks are nested over 32", id="deep nesting"),
        pytest.param("[" * 200_000, "1:1001: error: not YAML: exceeded maximum", id="a deep bomb"),
        pytest.param("a: [1, 2", "2:1: error: not YAML: did not find", id="half a list"),
    ],
)
def test_refused_whole(text: str, message: str) -> None:
    (found,) = refused(text)
    assert found.startswith(f"x.yaml:{message}")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("a:\n\t- b\n", "(indent with spaces, and quote a text that starts with a sign)"),
        ("a: *.x.com\n", "(quote a text that starts with * or &)"),
        ("a: b: c\n", "(indent as the neighbours do, or quote a text with a colon)"),
    ],
    ids=["a tab", "a star without quotes", "a second colon"],
)
def test_frequent_slips_have_a_cure(text: str, cure: str) -> None:
    assert refused(text)[0].endswith(cure)


def test_a_key_that_stands_twice_names_both_lines_and_hides_nothing_else() -> None:
    problems = Problems()
    mapping = read("a: 1\nb: 2\na: 3\nc: no\n", "x.yaml", problems)
    assert mapping is not None
    mapping.text("c")
    assert [str(problem) for problem in problems.found] == [
        "x.yaml:3:1: error: a stands twice in one block: in line 1 and here "
        "(remove one of the two)",
        "x.yaml:4:4: error: c is the bare word no, which YAML does not read as text "
        '(write "no" in quotes if the text is meant)',
    ]
    assert mapping.text("a") == "1"


def test_aliases_that_multiply_end_at_once() -> None:
    levels = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    levels += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    before = time.process_time()
    assert "the anchor &a0 is not supported" in refused("\n".join(levels))[0]
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("\ufeffk: v\n", "v", id="a byte order mark"),
        pytest.param("k: v\r\n", "v", id="Windows line ends"),
        pytest.param("---\nk: v\n...\n", "v", id="marks of the document"),
        pytest.param("%YAML 1.1\n---\nk: v\n", "v", id="a directive"),
        pytest.param("k: '*.x.com'\n", "*.x.com", id="a quoted star"),
        pytest.param('k: "no"\n', "no", id="a quoted word"),
        pytest.param("k: Straße 日本\n", "Straße 日本", id="letters of the world"),
        pytest.param("k: 1e3\n", "1e3", id="a number with an exponent"),
        pytest.param("k: |\n  a\n  b\n", "a\nb\n", id="a block of text"),
    ],
)
def test_accepted(text: str, expected: str) -> None:
    assert accepted(text).text("k") == expected


def test_five_thousand_rules_are_read_in_seconds() -> None:
    keys = "".join(f"    key-{n}: [a, value-{n}]\n" for n in range(10))
    text = "rules:\n" + "".join(f"  - name: rule-{n}\n{keys}" for n in range(5_000))
    before = time.process_time()
    assert len(accepted(text).mappings("rules") or ()) == 5_000
    assert time.process_time() - before < 5
