import gzip
import random

import pytest

from archived import EICAR, cpio, deb, rpm, tarred, zipped
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_content import HEAD, Content, needs_whole
from clearpane.content.flow_nodes import SMALL, Context, Found, Meter, Place, Whole, Window
from clearpane.content.limits import Limits
from clearpane.content.member import Member

NOISE = random.Random(1).randbytes(2 * HEAD)
SEVEN = b"7z\xbc\xaf\x27\x1c"


def read(data: bytes, *, whole: int = 2 * SMALL, body: bool = False, depth: int = 0) -> list[Found]:
    limits = Limits()
    place = Place(Context(whole, limits, Meter(limits, fed=len(data)), Content), "x", "x", depth)
    node, out = Content(place, body=body), list[Found]()
    for at in range(0, len(data), 100_000):
        out += node.feed(data[at : at + 100_000])
    return [*out, *node.end()]


def body_of(data: bytes, content_type: str = "") -> Content:
    limits = Limits()
    place = Place(Context(SMALL, limits, Meter(limits, fed=len(data)), Content), "x", "x")
    node = Content(place, content_type, body=True)
    list(node.feed(data))
    return node


@pytest.mark.parametrize("size", [1, HEAD, SMALL], ids=["one byte", "a head", "a mebibyte"])
def test_what_is_small_comes_whole(size: int) -> None:
    assert read(bytes(size)) == [Member("x", bytes(size))]


def test_what_is_large_comes_in_windows() -> None:
    found = read(bytes(SMALL + 1))
    assert b"".join(w.body[w.fresh :] for w in found if isinstance(w, Window)) == bytes(SMALL + 1)
    assert all(isinstance(one, Window) for one in found)


@pytest.mark.parametrize(
    ("before", "data", "plain"),
    [
        pytest.param(b"", NOISE[:HEAD], True, id="too little to recognise it by"),
        pytest.param(b"", NOISE[: HEAD + 1], False, id="to be recognised"),
        pytest.param(NOISE, NOISE, True, id="noise"),
        pytest.param(gzip.compress(NOISE), NOISE, False, id="behind gzip data"),
        pytest.param(NOISE, b"a" + zipped({"a": b"b"}), False, id="an archive begins"),
        pytest.param(NOISE + b"PK\3", b"\4abc", False, id="an archive begins between two"),
        pytest.param(NOISE + zipped({"a": NOISE}), NOISE, False, id="behind an archive"),
    ],
)
def test_whether_anything_is_taken_apart_is_known_before(
    before: bytes, data: bytes, plain: bool
) -> None:
    node = body_of(before)
    assert node.is_plain(data) is plain


def test_what_has_parts_is_never_plain() -> None:
    assert not body_of(b"", "multipart/form-data; boundary=x").is_plain(b"a")


def test_the_body_itself_comes_in_windows_and_whole() -> None:
    found = read(bytes(9), body=True)
    assert found == [Window("x", 0, bytes(9)), Whole("x", bytes(9))]


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
