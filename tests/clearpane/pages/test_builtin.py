"""The built-in pages meet what is asked of an administrator's own."""

import pytest

from clearpane.errors import Problems
from clearpane.pages.builtin import BUILTIN
from clearpane.pages.template import TOKENS, check


def test_every_page_has_one() -> None:
    assert set(BUILTIN) == set(TOKENS)


@pytest.mark.parametrize("name", list(BUILTIN))
def test_they_have_no_problem(name: str) -> None:
    problems = Problems()
    check(BUILTIN[name], name, problems)
    assert problems.found == []
    assert "<reason/>" in BUILTIN[name] and "<user/>" in BUILTIN[name]
