import pytest
from hypothesis import given
from hypothesis import strategies as st

from archived import EICAR
from clearpane.content.event_stream import EventStream
from clearpane.content.flow_nodes import Window
from clearpane.content.flow_units import Unit
from clearpane.content.member import Member

MIB = 1 << 20


def read(*pieces: bytes) -> list[Unit]:
    stream = EventStream()
    units = [unit for piece in pieces for unit in stream.feed(piece)]
    return [*units, *stream.end()]


EVENTS: dict[str, tuple[bytes, list[bytes]]] = {
    "two events": (b"data: a\n\ndata: b\n\n", [b"data: a\n\n", b"data: b\n\n"]),
    "with CR LF": (b"data: a\r\n\r\nid: 1\r\n\r\n", [b"data: a\r\n\r\n", b"id: 1\r\n\r\n"]),
    "with CR": (b"data: a\r\rdata: b\r\r", [b"data: a\r\r", b"data: b\r\r"]),
    "a comment is no event to wait for": (b": ping\ndata: a\n\n", [b": ping\n", b"data: a\n\n"]),
    "the last one is cut off": (b"data: a\n\ndata: b", [b"data: a\n\n", b"data: b"]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("body", "events"), EVENTS.values(), ids=EVENTS)
def test_each_event_is_one_unit(body: bytes, events: list[bytes]) -> None:
    assert [unit.raw for unit in read(body)] == events


def test_an_event_waits_for_its_end() -> None:
    stream = EventStream()
    assert [*stream.feed(b"data: a\ndata: b\n")] == []
    assert stream.held == 16
    (unit,) = stream.feed(b"\n")
    assert Member("data", b"a\nb") in unit.found
    assert stream.held == 0


def test_the_data_is_looked_at_as_a_page_sees_it() -> None:
    (unit,) = read(b"event: x\ndata:" + EICAR + b"\n\n")
    assert Member("data", EICAR) in unit.found


def test_an_endless_event_is_passed_on_in_parts() -> None:
    body = b"data: " + b"x" * (3 * MIB)
    stream = EventStream()
    units = [*stream.feed(body)]
    assert stream.held < 2 * MIB
    units += stream.end()
    windows = [one for unit in units for one in unit.found if isinstance(one, Window)]
    assert b"".join(unit.raw for unit in units) == body
    assert b"".join(window.body[window.fresh :] for window in windows) == body


@given(st.lists(st.sampled_from([b"data: a", b"\n", b"\r", b"\r\n", b":", b"x" * 99]), max_size=40))
def test_every_byte_is_passed_on_once(pieces: list[bytes]) -> None:
    assert b"".join(unit.raw for unit in read(*pieces)) == b"".join(pieces)
