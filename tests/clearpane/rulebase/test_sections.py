"""Sections of names that the administrator chose."""

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.rulebase.sections import Definition, Section

TEXT = """
numbers: {one: "1", two: x, any: "3"}
groups: {all: [low, high], low: [a, all], high: b}
blocks:
  left: {key: value}
  right: text
"""


def section(name: str) -> tuple[Section, Problems]:
    problems = Problems()
    return Section(name, read(TEXT, "objects.yaml", problems)), problems


def test_a_missing_section_is_empty() -> None:
    for found in (section("nothing")[0], Section("numbers", None)):
        assert found.names == ()
        assert found.parsed(int, 0) == {}
        assert list(found.blocks("block")) == []
        assert found.groups() == ({}, {})


def test_what_does_not_parse_stands_for_the_default() -> None:
    found, problems = section("numbers")

    assert found.parsed(int, 0) == {"one": 1, "two": 0, "any": 3}
    assert [str(each).split(": ", 2)[:2] for each in problems.found] == [
        ["objects.yaml:2:29", "error"],
        ["objects.yaml:2:26", "error"],
    ]
    assert "any is no name for an object" in str(problems.found[0])


def test_blocks_are_labelled_and_others_reported() -> None:
    found, problems = section("blocks")

    assert [(name, block.label) for name, block in found.blocks("block")] == [
        ("left", 'block "left"')
    ]
    assert "right must be a block of keys" in str(problems.found[0])


def test_groups_give_direct_and_final_members_and_report_rings() -> None:
    found, problems = section("groups")
    direct, members = found.groups()

    assert direct == {"all": ("low", "high"), "low": ("a", "all"), "high": ("b",)}
    assert set(members["high"]) == {"b"}
    assert len(problems.found) == 1
    assert "holds itself through" in str(problems.found[0])
    assert list(found.defined()) == [
        Definition("groups", "all", "objects.yaml:3:10", ("low", "high")),
        Definition("groups", "low", "objects.yaml:3:28", ("a", "all")),
        Definition("groups", "high", "objects.yaml:3:43", ("b",)),
    ]
