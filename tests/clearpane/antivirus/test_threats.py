import pytest

from clearpane.antivirus.threats import FIRST, LAST, known, number

CLAMAV = [
    "Eicar-Test-Signature",
    "Eicar-Signature",
    "Win.Test.EICAR_HDB-1",
    "Local.Test.EICAR.UNOFFICIAL",
]


@pytest.mark.parametrize("name", CLAMAV)
def test_the_test_file_has_one_name_and_number(name: str) -> None:
    assert known(name) == ("Eicar Test File", 100_000)


def test_every_other_name_keeps_its_name_and_gets_a_number() -> None:
    name, given = known("Win.Worm.Klez-1")
    assert (name, given) == ("Win.Worm.Klez-1", number("Win.Worm.Klez-1"))


def test_numbers_are_the_same_in_every_process_and_in_the_range() -> None:
    assert number("Win.Worm.Klez-1") == 1_793_692
    assert all(FIRST <= number(str(each)) <= LAST for each in range(1000))
