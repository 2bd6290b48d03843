"""The words for applications."""

from clearpane.content.applications import Application


def test_a_session_in_which_nothing_was_said_comes_first() -> None:
    assert list(Application)[:2] == ["incomplete", "not-applicable"]


def test_the_words_are_as_rules_write_them() -> None:
    assert all(word == word.lower() and " " not in word for word in Application)
