"""The words of the records for the way that content goes."""

from clearpane.content.direction import Direction


def test_the_words_are_the_firewalls() -> None:
    assert [*Direction] == ["client-to-server", "server-to-client"]
