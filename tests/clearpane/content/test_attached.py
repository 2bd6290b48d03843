import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content import attached
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget
from clearpane.content.member import WINDOW, Member, Part
from e2e.harness import papers
from e2e.harness.bodies import EICAR

NAME = "eicar.com"
UU, YENC = papers.uuencoded(NAME, EICAR), papers.yenc(NAME, EICAR)
FOUND = [Member(NAME, EICAR)]


def texts(data: bytes) -> list[Part]:
    return list(attached.texts(data, Budget()))


TEXTS: dict[str, bytes] = {
    "uuencode": UU,
    "uuencode in a text": b"see this:\r\n\r\n" + UU + b"that was it\n",
    "uuencode with CR LF": UU.replace(b"\n", b"\r\n"),
    "uuencode without its end": UU.partition(b"`")[0],
    "uuencode with blanks for accents": UU.replace(b"`", b" "),
    "uuencode across a window": b"x" * (WINDOW - 8) + b"\n" + UU,
    "base64 by uuencode": b"begin-base64 644 "
    + b"d/eicar.com\n"
    + base64.encodebytes(EICAR)
    + b"====\n",
    "yEnc": YENC,
    "yEnc in a text": b"see this:\r\n" + YENC,
    "yEnc of a part": YENC.replace(b".com\r\n", b".com\r\n=ypart begin=1 end=68\r\n", 1),
}


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS)
def test_files_in_text(data: bytes) -> None:
    assert texts(data) == FOUND
    assert attached.has_text(data)


def test_two_files_in_a_row() -> None:
    assert texts(UU + b"\n" + UU) == FOUND * 2


@pytest.mark.parametrize("data", [b"", b"let us begin 644 times\n", b"begin with\n", b"=ybegin"])
def test_words_are_no_files(data: bytes) -> None:
    assert not attached.has_text(data)


def test_attachments_of_outlook() -> None:
    data = papers.tnef("d\\eicar.com", EICAR)
    assert list(attached.tnef(data, Budget())) == FOUND


def test_attachments_that_are_cut_off() -> None:
    fault, *rest = attached.tnef(papers.tnef(NAME, EICAR)[:-20], Budget())
    assert isinstance(fault, Unscanned) and fault.reason is Unread.MALFORMED
    assert isinstance(rest[0], Member) and EICAR.startswith(rest[0].body)


@given(st.binary(max_size=200), st.integers(0, 150))
def test_whatever_comes_nothing_raises(data: bytes, at: int) -> None:
    for whole in (UU, YENC, b"begin-base64 644 a\n"):
        texts(whole[:at] + data + whole[at:])
    list(attached.tnef(papers.tnef(NAME, EICAR)[:at] + data, Budget()))


def test_escapes_across_a_window() -> None:
    body = bytes(range(256)) * 9 + b"\xd6" * WINDOW
    assert texts(papers.yenc("a", body)) == [Member("a", body)]
