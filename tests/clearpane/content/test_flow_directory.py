import struct

import pytest

from archived import EICAR, zipped
from clearpane.content import flow_directory
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_directory import Listed, Read

ONE = zipped({"a": EICAR, "b": b""}, 0)
AT = ONE.index(b"PK\1\2")
ENTRY, END = ONE[AT : AT + 47], ONE[-22:]
END_AT = len(ONE) - 22
A, B = Read(0, 0, False, 68, 68), Read(99, 0, False, 0, 0)


def heard(members: list[Read], shift: int = 0, end: bytes = END) -> list[Unscanned]:
    listed = Listed()
    found = [one for member in members for one in listed.add(member, "x.zip")]
    for at in (AT, AT + 47):
        listed.entry(ONE[at : at + 47], at + shift)
    return [*found, *listed.end(end, END_AT + shift, "x.zip")]


def test_a_directory_that_tells_the_truth_is_believed() -> None:
    assert heard([A, B]) == []


def test_an_archive_may_stand_behind_something() -> None:
    assert heard([Read(50, 0, False, 68, 68), Read(149, 0, False, 0, 0)], 50) == []


LIES: dict[str, list[Read]] = {
    "a member that was not there": [A],
    "another method": [Read(0, 8, False, 68, 68), B],
    "another size": [Read(0, 0, False, 68, 69), B],
    "another packed size": [Read(0, 0, False, 60, 68), B],
    "encrypted": [Read(0, 0, True, 68, 68), B],
    "nothing that is there": [],
}


@pytest.mark.parametrize("members", LIES.values(), ids=LIES)
def test_a_directory_that_lists_something_else_is_named(members: list[Read]) -> None:
    (unread,) = heard(members)
    assert (unread.reason, unread.member) == (Unread.MALFORMED, "x.zip")


def test_an_end_that_points_elsewhere_is_named() -> None:
    assert len(heard([A, B], end=END[:16] + struct.pack("<I", 3) + END[20:])) == 1


def test_a_wide_end_counts_where_the_short_one_has_no_room() -> None:
    listed = Listed()
    assert [*listed.add(A, ""), *listed.add(B, "")] == []
    listed.entry(ENTRY, AT)
    record = bytes(40) + struct.pack("<QQ", END_AT - AT, AT)
    listed.wide_end(record, END_AT)
    short = END[:12] + b"\xff" * 8 + END[20:]
    assert [*listed.end(short, END_AT + 76, "")] == []


def test_more_members_than_are_kept_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_directory, "MOST_LISTED", 2)
    listed = Listed()
    found = [one for at in range(4) for one in listed.add(Read(at, 0, False, 0, 0), "")]
    assert [one.reason for one in found] == [Unread.LIMIT]
    assert listed.held == 64
