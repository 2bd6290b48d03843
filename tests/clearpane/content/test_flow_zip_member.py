import zlib

import pytest

from archived import EICAR, zip_member
from clearpane.content.directory import local
from clearpane.content.flow_content import Content
from clearpane.content.flow_directory import Read
from clearpane.content.flow_nodes import Context, Meter, Place
from clearpane.content.flow_zip_member import Packed
from clearpane.content.limits import Limits
from clearpane.content.member import Member

DEFLATED = zlib.compress(EICAR, wbits=-15)


def member(data: bytes) -> tuple[Packed, int]:
    limits, header = Limits(), local(data, 0)
    assert header
    place = Place(Context(999, limits, Meter(limits), Content))
    return Packed(place, header, data[: header.start], 7), header.start


@pytest.mark.parametrize("step", [1, 10, 999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(
    ("method", "packed"), [(0, EICAR), (8, DEFLATED)], ids=["stored", "deflated"]
)
def test_it_ends_where_its_data_ends(method: int, packed: bytes, step: int) -> None:
    data = zip_member(b"a", packed, method=method, size=len(packed)) + b"behind it"
    one, at = member(data)
    assert [*one.begin()] == []
    assert not one.over
    behind, found = b"", []
    while not one.over:
        source = one.feed(data[at : at + step])
        at += step
        try:
            while True:
                found.append(next(source))
        except StopIteration as stop:
            behind = stop.value
    assert b"behind it".startswith(behind)
    assert behind + data[at:] == b"behind it"
    found += one.end()
    assert Member("a", EICAR) in found
    assert one.read == Read(7, method, False, len(packed), 68)


def test_an_empty_member_is_over_at_once() -> None:
    one, _ = member(zip_member(b"a/", b"", size=0))
    assert [*one.begin()] == []
    assert one.over
