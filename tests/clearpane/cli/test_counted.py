import pytest

from clearpane.cli.counted import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rules"), (1, "1 rule"), (2, "2 rules"), (1_024, "1,024 rules")]
)
def test_one_stands_alone(number: int, words: str) -> None:
    assert counted(number, "rule") == words
