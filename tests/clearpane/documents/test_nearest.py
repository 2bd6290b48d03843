"""Slips are cured, guesses are not offered."""

import pytest

from clearpane.documents.nearest import did_you_mean, listed, nearest

ACTIONS = ("decrypt", "no-decrypt")
MANY = [f"host-{number}.example.com" for number in range(5_000)] + ["web-server"]


@pytest.mark.parametrize(
    ("word", "options", "expected"),
    [
        pytest.param("decrpyt", ACTIONS, "decrypt", id="two letters changed places"),
        pytest.param("Decrypt", ACTIONS, "decrypt", id="capitals alone"),
        pytest.param("NO-DECRYPT", ACTIONS, "no-decrypt", id="all capitals"),
        pytest.param("allow", ACTIONS, "", id="another word altogether"),
        pytest.param("", ACTIONS, "", id="no word"),
        pytest.param("x", (), "", id="no options"),
        pytest.param("web-sever", MANY, "web-server", id="a slip among thousands"),
        pytest.param("veb-server", MANY, "web-server", id="a wrong first letter among thousands"),
    ],
)
def test_nearest(word: str, options: list[str], expected: str) -> None:
    assert nearest(word, options) == expected


def test_the_cure_is_a_question_or_nothing() -> None:
    assert did_you_mean("decrpyt", ACTIONS) == 'did you mean "decrypt"?'
    assert did_you_mean("allow", ACTIONS) == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")],
    ids=["none", "one", "two", "three"],
)
def test_listed(words: list[str], expected: str) -> None:
    assert listed(words) == expected
