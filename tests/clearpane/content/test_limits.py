import pytest

from clearpane.content.limits import MIB, Budget, ExhaustedError, Limits

ALLOWED = {
    "a small body may unpack to the floor": (1000, 16 * MIB),
    "beyond the floor the ratio counts": (MIB // 2, 32 * MIB),
    "no member may be larger than a member": (30 * MIB, 64 * MIB),
}


@pytest.mark.parametrize(("packed", "allowed"), ALLOWED.values(), ids=ALLOWED)
def test_allowance(packed: int, allowed: int) -> None:
    assert Budget().allowance(packed) == allowed


def test_what_is_held_already_narrows_the_allowance() -> None:
    budget = Budget(Limits(held=10))
    with budget.holding(7):
        assert budget.allowance(1) == 3
    assert budget.allowance(1) == 10


def test_nothing_is_allowed_while_all_is_held() -> None:
    budget = Budget(Limits(held=10))
    with budget.holding(10), pytest.raises(ExhaustedError, match="unpacks to more than"):
        budget.allowance(1)


def test_the_total_is_spent_over_all_members() -> None:
    budget = Budget(Limits(total=10))
    budget.spend(6)
    assert budget.allowance(1) == 4
    with pytest.raises(ExhaustedError, match="unpacks to more than"):
        budget.spend(5)


def test_members_are_counted() -> None:
    budget = Budget(Limits(count=2))
    budget.count()
    budget.count()
    with pytest.raises(ExhaustedError, match="more than 2 members"):
        budget.count()
