import pytest

from archived import EICAR, cpio, deb, rpm, tarred, zipped
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_content import HEAD, Content, needs_whole
from clearpane.content.flow_nodes import SMALL, Context, Found, Meter, Place, Window
from clearpane.content.limits import Limits
from clearpane.content.member import Member

SEVEN = b"7z\xbc\xaf\x27\x1c"


def read(data: bytes, *, whole: int = 2 * SMALL, body: bool = False, depth: int = 0) -> list[Found]:
    limits = Limits()
    place = Place(Context(whole, limits, Meter(limits, fed=len(data)), Content), "x", "x", depth)
    node, out = Content(place, body=body), list[Found]()
    for at in range(0, len(data), 100_000):
        out += node.feed(data[at : at + 100_000])
    return [*out, *node.end()]


@pytest.mark.parametrize("size", [1, HEAD, SMALL], ids=["one byte", "a head", "a mebibyte"])
def test_what_is_small_comes_whole(size: int) -> None:
    assert read(bytes(size)) == [Member("x", bytes(size))]


def test_what_is_large_comes_in_windows() -> None:
    found = read(bytes(SMALL + 1))
    assert b"".join(w.body[w.fresh :] for w in found if isinstance(w, Window)) == bytes(SMALL + 1)
    assert all(isinstance(one, Window) for one in found)


def test_the_body_itself_comes_in_windows_and_whole() -> None:
    found = read(bytes(9), body=True)
    assert found == [Window("x", 0, bytes(9)), Member("x", bytes(9))]


def test_nothing_is_no_member() -> None:
    assert read(b"", body=True) == []


def test_what_must_be_whole_is_collected() -> None:
    data = SEVEN + bytes(SMALL + 9)
    assert read(data) == [Member("x", data)]


def test_what_must_be_whole_and_is_too_large_comes_in_windows() -> None:
    data = SEVEN + bytes(3 * SMALL)
    found = read(data)
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [Unread.TOO_BIG]
    assert b"".join(w.body[w.fresh :] for w in found if isinstance(w, Window)) == data


def test_a_reader_that_goes_too_deep_is_given_up() -> None:
    found = read(tarred({"a": bytes(2 * SMALL)}), depth=4)
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [Unread.LIMIT]
    assert any(isinstance(one, Window) for one in found)


def test_an_archive_in_the_middle_is_opened() -> None:
    assert Member("x/e", EICAR) in read(bytes(2 * SMALL) + zipped({"e": EICAR}))


WHOLE = {
    "7z": (SEVEN, True),
    "deb": (deb({"a": b"x"}), True),
    "cpio": (cpio({"a": b"x"}), True),
    "rpm": (rpm(b"x"), True),
    "pdf": (b"%PDF-1.7\n", True),
    "tar": (tarred({"a": b"x"}), False),
    "zip": (zipped({"a": b"x"}), False),
    "text": (b"text", False),
}


@pytest.mark.parametrize(("head", "whole"), WHOLE.values(), ids=WHOLE)
def test_some_formats_have_no_reader_for_parts(head: bytes, whole: bool) -> None:
    assert needs_whole(head) is whole
