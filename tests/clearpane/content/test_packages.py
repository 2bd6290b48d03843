from collections.abc import Callable, Iterator

import pytest

from archived import EICAR, cpio, deb, rpm
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget, ExhaustedError, Limits
from clearpane.content.member import Member, Part
from clearpane.content.packages import ar
from clearpane.content.packages import cpio as open_cpio
from clearpane.content.packages import rpm as open_rpm

TWO = {"a.txt": b"odd", "eicar.com": EICAR}
type Opener = Callable[[bytes, Budget], Iterator[Part]]


def found(opener: Opener, data: bytes) -> dict[str, bytes]:
    return {p.name: p.body for p in opener(data, Budget()) if isinstance(p, Member)}


def test_members_are_read() -> None:
    assert found(ar, deb(TWO)) == TWO
    assert found(open_cpio, cpio(TWO)) == TWO
    assert found(open_rpm, rpm(EICAR)) == {"payload": EICAR}


def test_what_is_behind_a_cpio_is_handed_out_and_padding_is_not() -> None:
    assert found(open_cpio, cpio({}) + bytes(300) + EICAR) == {"": EICAR}
    assert found(open_cpio, cpio({}) + bytes(300)) == {}


def test_what_is_cut_off_is_read_as_far_as_it_goes() -> None:
    assert found(ar, deb(TWO)[:-4]) == {"a.txt": b"odd", "eicar.com": EICAR[:-4]}


BROKEN: dict[str, tuple[Opener, bytes]] = {
    "ar": (ar, deb(TWO) + b"rubbish"),
    "ar without a size": (ar, deb(TWO).replace(b"68 ", b"x  ")),
    "cpio": (open_cpio, cpio(TWO)[:120] + b"rubbish" * 40),
    "rpm": (open_rpm, rpm(b"")[:96] + b"rubbish"),
}


@pytest.mark.parametrize(("opener", "data"), BROKEN.values(), ids=BROKEN)
def test_a_header_that_cannot_be_read_is_said(opener: Opener, data: bytes) -> None:
    unread = [p.reason for p in opener(data, Budget()) if isinstance(p, Unscanned)]
    assert unread == [Unread.MALFORMED]


@pytest.mark.parametrize(("opener", "data"), [(ar, deb(TWO)), (open_cpio, cpio(TWO))])
def test_members_are_counted(opener: Opener, data: bytes) -> None:
    with pytest.raises(ExhaustedError):
        list(opener(data, Budget(Limits(count=1))))
