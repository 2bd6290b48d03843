import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content import objects
from clearpane.content.limits import Budget
from clearpane.content.member import WINDOW, Member
from e2e.harness import papers
from e2e.harness.bodies import EICAR

RTF = papers.rtf("eicar.com", EICAR)
DOCUMENTS: dict[str, bytes] = {
    "as it is": RTF,
    "blanks in front": b"\r\n " + RTF,
    "a broken first word": RTF.replace(b"{\\rtf1", b"{\\rt"),
    "control words between the digits": RTF.replace(b"\n", b"\\par1 \n"),
    "without its last brackets": RTF.rstrip(b"}"),
    "two objects": RTF[:-1] + b"{\\*\\objdata 00}}",
}


@pytest.mark.parametrize("data", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_package_in_a_document(data: bytes) -> None:
    assert objects.is_rtf(data)
    assert Member("object/eicar.com", EICAR) in list(objects.rtf(data, Budget()))


def test_a_document_without_objects() -> None:
    assert list(objects.rtf(b"{\\rtf1 text}", Budget())) == []


def test_files_in_a_section() -> None:
    data = papers.onenote(EICAR)
    assert list(objects.onenote(data + data, Budget())) == [Member("file", EICAR)] * 2


@given(st.binary(max_size=99), st.integers(0, 400))
def test_whatever_comes_nothing_raises(data: bytes, at: int) -> None:
    list(objects.rtf(RTF[:at] + data + RTF[at:], Budget()))
    list(objects.onenote(papers.onenote(EICAR)[: at + 1000] + data, Budget()))


def test_control_words_across_a_window() -> None:
    digits = b"41" + b"\\par1234567890 42" * (WINDOW // 8)
    (found, *_) = objects.rtf(b"{\\rtf1{\\*\\objdata " + digits + b"}}", Budget())
    assert isinstance(found, Member) and found.body == b"A" + b"B" * (WINDOW // 8)
