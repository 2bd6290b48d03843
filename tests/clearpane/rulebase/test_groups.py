"""Groups in groups end in their members, and rings are cut."""

import pytest

from clearpane.rulebase.groups import flatten


@pytest.mark.parametrize(
    ("groups", "members"),
    [
        pytest.param({"a": ["x", "y"]}, {"a": ("x", "y")}, id="one group"),
        pytest.param(
            {"all": ["a", "z"], "a": ["x", "y"]},
            {"all": ("x", "y", "z"), "a": ("x", "y")},
            id="a group before the one it holds",
        ),
        pytest.param(
            {"all": ["a", "b"], "a": ["x"], "b": ["x", "y"]},
            {"all": ("x", "y"), "a": ("x",), "b": ("x", "y")},
            id="a member reached twice counts once",
        ),
    ],
)
def test_members_are_those_that_are_no_groups(
    groups: dict[str, list[str]], members: dict[str, tuple[str, ...]]
) -> None:
    found = flatten(groups)

    assert found.members == members
    assert found.rings == ()


def test_a_long_chain_of_groups_is_no_trouble() -> None:
    groups = {f"g{n}": [f"g{n + 1}"] for n in range(5000)} | {"g5000": ["x"]}

    assert flatten(groups).members["g0"] == ("x",)


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param({"a": ["a", "x"]}, id="a group in itself"),
        pytest.param({"a": ["b", "x"], "b": ["a"]}, id="two groups in each other"),
        pytest.param({"a": ["b"], "b": ["c", "x"], "c": ["a"]}, id="three in a ring"),
    ],
)
def test_a_ring_is_reported_once_and_cut(groups: dict[str, list[str]]) -> None:
    found = flatten(groups)

    assert len(found.rings) == 1
    holder, member = found.rings[0]
    assert member in groups[holder]
    assert "x" in {each for members in found.members.values() for each in members}


def test_every_ring_is_reported() -> None:
    assert len(flatten({"a": ["a"], "b": ["c"], "c": ["b"]}).rings) == 2
