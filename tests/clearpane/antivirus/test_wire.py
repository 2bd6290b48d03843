"""What goes over comes out the same, and what no worker of ours would say is refused."""

import json

import pytest

from clearpane.antivirus.wire import (
    HEAD,
    LARGEST,
    MOST_VIEWS,
    Request,
    Setup,
    packed,
    sizes,
    unpacked,
)
from clearpane.content.data_patterns import Definition
from clearpane.content.detection import (
    DataSeen,
    Detection,
    FileSeen,
    Severity,
    Unread,
    Unscanned,
)
from clearpane.content.inspection import MOST_SEEN, Inspection

FULL = Inspection(
    (
        Detection("Ä worm\udcff", 123_456, "a/b", Severity.HIGH, "embedded"),
        Unscanned(Unread.ENCRYPTED, "c", "why"),
    ),
    (FileSeen("zip", "a"), DataSeen("cards", 3, "**11", "b")),
    (b"first", b"", b"\x00second"),
)


def over(inspection: Inspection, last: bool = False) -> tuple[Inspection, bool]:
    data = packed(inspection, last=last)
    text, views = sizes(data[: HEAD.size])
    end = HEAD.size + text
    assert len(data) == end + views
    return unpacked(data[HEAD.size : end], data[end:])


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("inspection", [FULL, Inspection()], ids=["much", "nothing"])
def test_an_answer_comes_over_as_it_is(inspection: Inspection, last: bool) -> None:
    assert over(inspection, last) == (inspection, last)


def test_the_longest_answer_is_not_too_long() -> None:
    name = "\U0001f600" * 70_000
    seen = tuple(DataSeen(f"p{number}", 1, name, name) for number in range(MOST_SEEN + 100))
    found, _ = over(Inspection((Unscanned(Unread.LIMIT, name, name),), seen))
    assert len(found.seen) == len(seen)


def test_a_request_comes_over_as_it_is() -> None:
    request = Request("a\n.zip", ("gzip", "br"), "text/plain; a=ü", True)
    data = request.packed()
    assert Request.of(data[HEAD.size :]) == request
    assert HEAD.unpack_from(data) == (len(data) - HEAD.size, 0)


def test_a_setup_comes_over_as_it_is() -> None:
    setup = Setup({"a.yar": "rule ä"}, True, (Definition("own", "a+", 3),), ("iban",))
    assert Setup.of(setup.packed()) == setup


def test_patterns_are_compiled_from_it() -> None:
    assert not Setup().patterns
    assert Setup(definitions=(Definition("own", "a+"),)).patterns


GOOD = {"last": False, "found": [], "seen": [], "views": []}
RUBBISH: dict[str, object] = {
    "no object": [],
    "nothing of it": {},
    "a finding that is none": GOOD | {"found": [["threat", "x"]]},
    "a reason that is none": GOOD | {"found": [["unscanned", "bored", "", ""]]},
    "a severity that is none": GOOD | {"found": [["threat", "x", 1, "", "worse", ""]]},
    "a number that is none": GOOD | {"found": [["threat", "x", "y", "", "low", ""]]},
    "findings that are a number": GOOD | {"found": 7},
    "a file without a name": GOOD | {"seen": [["file"]]},
    "a view that is not there": GOOD | {"views": [3]},
    "a view of less than nothing": GOOD | {"views": [-3, 5]},
    "views that are words": GOOD | {"views": ["a"]},
}


@pytest.mark.parametrize("said", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_is_refused(said: object) -> None:
    with pytest.raises(ValueError):
        unpacked(json.dumps(said).encode(), b"")


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 200_000], ids=repr)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        unpacked(text, b"")


@pytest.mark.parametrize("head", [(LARGEST + 1, 0), (0, MOST_VIEWS + 1)])
def test_an_answer_without_end_is_refused(head: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="such a size"):
        sizes(HEAD.pack(*head))
