"""What a stream may be answered."""

import inspect

import pytest

from clearpane.gateway.http import Http
from clearpane.gateway.judge import Judge, Size

QUESTIONS = [name for name in vars(Judge) if not name.startswith("_")]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_addon_answers_every_question_as_it_is_put(name: str) -> None:
    asked = inspect.signature(getattr(Judge, name))
    assert inspect.signature(getattr(Http, name)) == asked


def test_a_body_is_held_looked_at_let_go_or_refused() -> None:
    assert [size.name for size in Size] == ["HOLD", "INSPECT", "STREAM", "REFUSE"]
