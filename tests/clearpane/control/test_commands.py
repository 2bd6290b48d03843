from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.control.commands import State, answer
from clearpane.rulebase.learned import Cause, LearnedExclusions, ProfileId, Server

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CACHE = "system setting ssl-decrypt exclude-cache"


@pytest.fixture
def state() -> State:
    learned = LearnedExclusions()
    for name in ("a.test", "b.test"):
        server = Server(name, "192.0.2.1", 443)
        learned.learn(server, ProfileId("default", "f1"), Cause.UNSUPPORTED_CIPHER, NOW)
    return State(learned)


def test_show_exclude_cache_shows_it(state: State) -> None:
    shown = answer(f"show {CACHE}".split(), state, NOW)
    assert shown.code == 0
    assert "a.test:443" in str(shown) and "b.test:443" in str(shown)


@pytest.mark.parametrize(
    ("line", "left"), [(f"clear {CACHE}", 0), (f"clear {CACHE} server a.test", 1)]
)
def test_clear_exclude_cache_clears_it(state: State, line: str, left: int) -> None:
    assert answer(line.split(), state, NOW).code == 0
    assert len(state.learned.entries(NOW)) == left


@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param("", "a word is missing; what may follow: show or clear", id="nothing"),
        pytest.param(
            "show system setting",
            "show system setting: a word is missing; what may follow: ssl-decrypt",
            id="half a command",
        ),
        pytest.param(
            "shwo system",
            'unknown word "shwo" (did you mean "show"?); what may follow: show or clear',
            id="a slip",
        ),
        pytest.param(
            "show system setting ssl-decrypt nonsense",
            'show system setting ssl-decrypt: unknown word "nonsense"; '
            "what may follow: exclude-cache",
            id="a word like none",
        ),
        pytest.param(
            f"show {CACHE} server a.test",
            f'show {CACHE}: unknown word "server"; nothing may follow',
            id="a word too many",
        ),
        pytest.param(
            f"clear {CACHE} sevrer a.test",
            f'clear {CACHE}: unknown word "sevrer" (did you mean "server"?); '
            "what may follow: server",
            id="a slip in a pair",
        ),
        pytest.param(
            f"clear {CACHE} server",
            f"clear {CACHE}: server needs a value: HOST[:PORT]",
            id="a pair without its value",
        ),
        pytest.param(
            f"clear {CACHE} server a server b", f"clear {CACHE}: server is said twice", id="twice"
        ),
        pytest.param(
            "show \x1b[2J", 'show: unknown word "\\x1b[2J"; what may follow: system', id="controls"
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_done(
    state: State, line: str, error: str
) -> None:
    said = answer(line.split(" ") if line else [], state, NOW)
    assert (said.error, said.code) == (error, 2)
    assert len(state.learned.entries(NOW)) == 2


def test_a_giant_word_is_not_repeated(state: State) -> None:
    assert len(answer(["show", "x" * 60_000], state, NOW).error) < 200


@given(st.lists(st.text() | st.sampled_from(f"show clear {CACHE} server".split())))
def test_any_words_have_an_answer(words: list[str]) -> None:
    said = answer(words, State(LearnedExclusions()), NOW)
    assert said.error.isprintable()
    assert str(said)
