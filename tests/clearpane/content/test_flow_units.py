from clearpane.content.flow_units import Unit
from clearpane.content.member import Member


def test_a_unit_may_bring_nothing_to_look_at() -> None:
    assert Unit(b"\n").found == ()
    assert Unit(b"a", (Member("", b"a"),)) != Unit(b"a")
