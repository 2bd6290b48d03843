"""What an administrator is told."""

import pytest

from clearpane.errors import ClearpaneError, Problem, Problems, Severity


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        pytest.param(
            Problem("a.yaml:1:2", "wrong", "right it"), "a.yaml:1:2: error: wrong (right it)",
            id="place, message and cure",
        ),
        pytest.param(Problem("a.yaml", "wrong"), "a.yaml: error: wrong", id="without a cure"),
        pytest.param(
            Problem("a.yaml", "odd", severity=Severity.WARNING), "a.yaml: warning: odd",
            id="a warning",
        ),
        pytest.param(Problem("", "wrong", "right it"), "wrong (right it)", id="without a place"),
    ],
)  # fmt: skip
def test_how_a_problem_reads(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_problems_are_collected_in_their_order() -> None:
    problems = Problems()
    problems.warning("b", "odd", "look")
    problems.error("a", "wrong")
    assert [str(each) for each in problems.found] == ["b: warning: odd (look)", "a: error: wrong"]
    assert [each.place for each in problems.errors] == ["a"]
    assert [each.place for each in problems.warnings] == ["b"]


def test_a_place_may_be_anything_that_reads() -> None:
    problems = Problems()
    problems.error(12, "wrong")
    assert problems.found[0].place == "12"


def test_an_error_carries_its_problems() -> None:
    error = ClearpaneError(Problem("a", "wrong"), "in plain words")
    assert str(error) == "a: error: wrong\nin plain words"
    assert error.problems == (Problem("a", "wrong"), Problem("", "in plain words"))


def test_an_error_of_what_was_collected() -> None:
    problems = Problems()
    problems.error("a", "wrong")
    problems.warning("b", "odd")
    assert ClearpaneError.of(problems.found).problems == tuple(problems.found)
