"""Everybody sees every member, once, and what a body can put on record is bounded."""

import gzip
from collections.abc import Iterator

import pytest

from archived import nested, zipped
from clearpane.content.detection import (
    DataSeen,
    Detection,
    FileSeen,
    Finding,
    Seen,
    Unread,
    Unscanned,
)
from clearpane.content.inspection import MOST_PARTS, MOST_SEEN, Inspection, inspect, together
from clearpane.content.limits import Budget, Limits
from clearpane.content.member import Member

FORM = "multipart/form-data; boundary=x"


class Names:
    """Notes the members that it is shown; a body that says `threat` is one."""

    def __init__(self) -> None:
        self.seen = list[str]()

    def see(self, member: Member) -> Iterator[Finding | Seen]:
        self.seen.append(member.name)
        if member.body == b"threat":
            yield Detection("Threat", 200_000, member.name)


class Sizes:
    """Says how large each member is, as if that were a pattern."""

    def see(self, member: Member) -> Iterator[Finding | Seen]:
        yield DataSeen("size", len(member.body), member=member.name)


def form(*bodies: bytes) -> bytes:
    head = b"--x\r\nContent-Disposition: form-data; name=f; filename=%d.bin\r\n\r\n"
    return b"".join(head % n + body + b"\r\n" for n, body in enumerate(bodies)) + b"--x--\r\n"


def test_every_member_is_shown_to_every_inspector() -> None:
    first, second = Names(), Names()
    body = zipped({"a": b"a", "b.zip": zipped({"c": b"threat"})})
    found = inspect(body, inspectors=(first, second))
    assert first.seen == second.seen == ["", "a", "b.zip", "b.zip/c"]
    assert found.findings == (Detection("Threat", 200_000, "b.zip/c"),)


def test_codings_and_parts_are_taken_off() -> None:
    names = Names()
    body = gzip.compress(form(b"hello", zipped({"c": b"threat"})))
    found = inspect(body, encodings=("gzip",), content_type=FORM, inspectors=(names,))
    assert names.seen[:4] == ["", "0.bin", "1.bin", "1.bin/c"]
    assert [str(finding) for finding in found.findings] == ["Threat(200000)"]


def test_what_is_seen_is_told_from_what_is_found() -> None:
    found = inspect(zipped({"c": b"threat"}), inspectors=(Names(), Sizes()))
    assert [type(one) for one in found.findings] == [Detection]
    assert DataSeen("size", 6, member="c") in found.seen


@pytest.mark.parametrize(
    ("for_daemon", "expected"),
    [
        pytest.param(False, (), id="nobody asks for them"),
        pytest.param(True, (b"hello", b"threat"), id="for a daemon"),
    ],
)
def test_the_parts_of_a_form_are_views(for_daemon: bool, expected: tuple[bytes, ...]) -> None:
    body = form(b"hello", b"threat")
    views = inspect(body, content_type=FORM, for_daemon=for_daemon).views
    assert views == (body, *expected)


def test_views_are_without_codings() -> None:
    assert inspect(gzip.compress(b"hello"), encodings=("gzip",)).views == (b"hello",)


def test_parts_without_end_are_a_limit_for_a_daemon() -> None:
    found = inspect(form(*[b"a"] * (MOST_PARTS + 1)), content_type=FORM, for_daemon=True)
    assert [one.reason for one in found.findings if isinstance(one, Unscanned)] == [Unread.LIMIT]
    assert len(found.views) == MOST_PARTS + 1


def test_what_cannot_be_read_is_said_without_any_inspector() -> None:
    (finding,) = inspect(b"hello", encodings=("sdch",)).findings
    assert isinstance(finding, Unscanned) and finding.reason is Unread.MALFORMED


def test_the_budget_holds() -> None:
    found = inspect(nested(3, b"a"), budget=Budget(Limits(depth=1)))
    assert [one.reason for one in found.findings if isinstance(one, Unscanned)] == [Unread.LIMIT]


def test_an_empty_body_is_clean() -> None:
    assert inspect(b"") == Inspection(views=(b"",))


TOGETHER: dict[str, tuple[tuple[Seen, ...], tuple[Seen, ...]]] = {
    "a kind counts once": (
        (FileSeen("zip"), FileSeen("pdf", "a"), FileSeen("zip", "b")),
        (FileSeen("zip"), FileSeen("pdf", "a")),
    ),
    "a pattern counts in each member": (
        (DataSeen("p", 1, "x", "a"), DataSeen("p", 2, "y", "b"), DataSeen("p", 3, "z", "a")),
        (DataSeen("p", 4, "x", "a"), DataSeen("p", 2, "y", "b")),
    ),
    "a kind and a pattern of one name": (
        (FileSeen("zip"), DataSeen("zip", 1)),
        (FileSeen("zip"), DataSeen("zip", 1)),
    ),
}


@pytest.mark.parametrize(("seen", "expected"), TOGETHER.values(), ids=TOGETHER)
def test_together(seen: tuple[Seen, ...], expected: tuple[Seen, ...]) -> None:
    assert together(seen) == expected


def test_members_without_end_lose_no_match() -> None:
    seen = together(DataSeen("p", 2, member=str(number)) for number in range(3 * MOST_SEEN))
    assert len(seen) == MOST_SEEN
    assert sum(one.count for one in seen if isinstance(one, DataSeen)) == 6 * MOST_SEEN
