"""One record is one line of JSON, whatever is in it."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.pages.escaping import UNSEEN
from clearpane.records.text import VALUE_LIMIT, line

ANYTHING = st.text(alphabet=st.characters(exclude_categories=())) | st.text(
    alphabet='"\\\r\n\x00\x7f\x85\u2028\u202e\ud800\udfffé,=|'
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("eicar.com", '"eicar.com"', id="a plain name"),
        pytest.param("été 公司 😀", '"été 公司 😀"', id="other scripts stay readable"),
        pytest.param('a"b\\c', r'"a\"b\\c"', id="quotes and backslashes"),
        pytest.param("a\r\nb\tc\0", r'"a\r\nb\tc\u0000"', id="controls"),
        pytest.param("a\x7f\x85\x9b", r'"a\u007f\u0085\u009b"', id="DEL and C1"),
        pytest.param("a\u2028\u2029", r'"a\u2028\u2029"', id="line and paragraph separators"),
        pytest.param("exe\u202egnp", r'"exe\u202egnp"', id="right-to-left override"),
        pytest.param("\u2066\u2069\u200e\u200f\u061c", r'"\u2066\u2069\u200e\u200f\u061c"', id="b"),
        pytest.param("\ufeff\u200b", r'"\ufeff\u200b"', id="what can't be seen"),
        pytest.param("a\U000e0041", r'"a\udb40\udc41"', id="invisible tags"),
        pytest.param("a\ud800b", r'"a\\ud800b"', id="a lone surrogate becomes text"),
        pytest.param("a\udcff", r'"a\\udcff"', id="also from surrogateescape"),
        pytest.param(b"caf\xc3\xa9", '"café"', id="bytes in UTF-8"),
        pytest.param(b"a\xff\n", r'"a\\xff\n"', id="other bytes"),
        pytest.param(443, "443", id="a number"),
        pytest.param(False, "false", id="a flag"),
        pytest.param(["rule", "a\nb"], r'["rule","a\nb"]', id="a list"),
        pytest.param(("rule",), '["rule"]', id="a tuple"),
    ],
)
def test_values(value: object, expected: str) -> None:
    assert line({"k": value}) == f'{{"k":{expected}}}'  # type: ignore[dict-item]


@given(st.dictionaries(st.sampled_from(["misc", "sni", "cn"]), ANYTHING | st.binary()))
def test_any_text_gives_one_line_of_valid_json(row: dict[str, str | bytes]) -> None:
    text = line(dict(row))
    assert len(text.splitlines()) == 1
    text.encode("utf-8")
    assert set(json.loads(text)) == set(row)
    assert not [c for c in text if c in UNSEEN and c != "-"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_nothing_is_lost_that_is_unicode(value: str) -> None:
    assert json.loads(line({"k": value})) == {"k": value}


def test_strict_readers_accept_a_lone_surrogate() -> None:
    json.loads(line({"k": "a\udc80"}))["k"].encode("utf-8")


@pytest.mark.parametrize("value", ["a" * 100_000, b"a" * 100_000, ["a" * 100_000]])
def test_a_huge_value_is_cut_and_marked(value: str | bytes | list[str]) -> None:
    read = json.loads(line({"k": value}))["k"]
    assert (read if isinstance(read, str) else read[0]) == "a" * VALUE_LIMIT + "… (cut)"


def test_a_value_at_the_limit_is_whole() -> None:
    assert json.loads(line({"k": "a" * VALUE_LIMIT})) == {"k": "a" * VALUE_LIMIT}


def test_keys_keep_their_order() -> None:
    assert line({"b": 1, "a": 2}) == '{"b":1,"a":2}'


def test_a_row_is_quick() -> None:
    row = {f"column_{number}": f"value number {number} é" for number in range(40)}
    best = min(_seconds(row) for _ in range(9))
    assert best < 60e-6, f"{best * 1e6:.0f} microseconds a row"


def _seconds(row: dict[str, str]) -> float:
    """CPU time of this thread alone, so that a busy machine does not count."""
    start = time.thread_time()
    for _ in range(100):
        line(dict(row))
    return (time.thread_time() - start) / 100
