import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content import pdf, pdf_filters
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import MIB, Budget, Limits
from clearpane.content.member import Member, Part
from e2e.harness import papers
from e2e.harness.bodies import EICAR

FLATE = zlib.compress(EICAR)


def read(data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(pdf.members(data, Budget(limits or Limits())))


FOUND: dict[str, bytes] = {
    "as it is": papers.pdf(EICAR),
    "CR LF around it": b"%PDF-1.4 1 0 obj <<>> stream\r\n" + EICAR + b"\r\nendstream",
    "without a last keyword": b"%PDF-1.4 1 0 obj <<>> stream\n" + EICAR,
    "a length that is too short": papers.pdf(EICAR, length=3),
    "a length that is too long": papers.pdf(EICAR, length=9999),
    "Flate": papers.pdf(FLATE, "/FlateDecode"),
    "Flate that nobody names": papers.pdf(FLATE),
    "Flate with the keyword in it": papers.pdf(
        zlib.compress(EICAR + b" " * 40, 0).replace(b" " * 12, b"\nendstream  "[:12], 1),
        "/FlateDecode",
        length="8 0 R",
    ),
    "a filter in a comment's shadow": papers.pdf(FLATE, "%x\n/FlateDecode"),
    "a filter's name in escapes": papers.pdf(FLATE, "/#46lateDecode"),
    "the filter of another object": papers.pdf(
        papers.ascii85(FLATE), "[5 0 R /Fl]", more=b"5 0 obj /A85 endobj\n"
    ),
    "two filters, both tried": papers.pdf(FLATE, "/FlateDecode /Filter /ASCIIHexDecode"),
    "a predictor": papers.pdf(
        papers.predicted(EICAR), "/FlateDecode /DecodeParms << /Predictor 15 /Columns 68 >>"
    ),
    "the second of two streams": papers.pdf(b"clean", more=papers.pdf(EICAR)),
    "a stream in a stream": papers.pdf(b"1 0 obj <<>> stream\n" + EICAR),
}


@pytest.mark.parametrize("data", FOUND.values(), ids=FOUND)
def test_streams_are_found(data: bytes) -> None:
    bodies = [part.body for part in read(data) if isinstance(part, Member)]
    assert any(body.startswith(EICAR) for body in bodies), bodies


def test_a_stream_is_named_by_its_object() -> None:
    assert read(papers.pdf(EICAR)) == [Member("object 1", EICAR)]


FAULTS: dict[str, tuple[bytes, Unread]] = {
    "encrypted": (papers.pdf(b"x", more=b"trailer <</Encrypt 7 0 R>>\n"), Unread.ENCRYPTED),
    "encrypted, its streams unreadable": (
        papers.pdf(b"x", "/FlateDecode", more=b"<</Encrypt << /V 1 >> >>\n"),
        Unread.ENCRYPTED,
    ),
    "rubbish under a filter": (papers.pdf(b"rubbish", "/FlateDecode"), Unread.MALFORMED),
    "a filter that nobody knows": (papers.pdf(b"x", "/Mine"), Unread.MALFORMED),
    "a filter that is not there": (papers.pdf(b"x", "5 0 R"), Unread.MALFORMED),
    "a bomb": (papers.pdf(zlib.compress(bytes(20 * MIB)), "/FlateDecode"), Unread.LIMIT),
}


@pytest.mark.parametrize(("data", "reason"), FAULTS.values(), ids=FAULTS)
def test_what_can_not_be_read_is_said(data: bytes, reason: Unread) -> None:
    assert [one.reason for one in read(data) if isinstance(one, Unscanned)] == [reason]


def test_pictures_stay_as_they_are() -> None:
    assert read(papers.pdf(b"\xff\xd8pixels", "/DCTDecode")) == [
        Member("object 1", b"\xff\xd8pixels")
    ]


def test_the_mark_may_stand_in_the_first_kilobyte() -> None:
    assert pdf.is_pdf(bytes(1000) + b"%PDF-1.7")
    assert not pdf.is_pdf(bytes(2000) + b"%PDF-1.7")


@given(st.sampled_from(list(FOUND.values())), st.data())
def test_whatever_is_damaged_nothing_raises(seed: bytes, data: st.DataObject) -> None:
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(body))


def test_slow_filters_have_a_limit_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_filters, "SLOW", 20)
    member, fault = sorted(read(papers.pdf(EICAR.hex().encode(), "/AHx")), key=repr)
    assert member == Member("object 1", EICAR[:10])
    assert isinstance(fault, Unscanned) and fault.reason is Unread.LIMIT
