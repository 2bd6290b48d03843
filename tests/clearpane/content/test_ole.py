import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content import ole
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget, ExhaustedError, Limits
from clearpane.content.member import Member, Part
from e2e.harness import papers
from e2e.harness.bodies import EICAR

NATIVE = "\x01Ole10Native"
FILE = papers.ole({"Contents": EICAR, "large": EICAR + b" " * 9000})


def read(data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(ole.members(data, Budget(limits or Limits())))


def test_streams_small_and_large() -> None:
    assert read(FILE) == [Member("Contents", EICAR), Member("large", EICAR + b" " * 9000)]


def test_the_file_in_a_package_has_its_name() -> None:
    found = read(papers.ole({NATIVE: papers.package("eicar.com", EICAR)}))
    assert found[1] == Member("eicar.com", EICAR)
    assert isinstance(found[0], Member) and found[0].name == "Ole10Native"


def test_a_package_without_its_fields_is_all_there_is() -> None:
    found = read(papers.ole({NATIVE: struct.pack("<I", 68) + EICAR}))
    assert found[1] == Member("", EICAR)


def test_names_of_an_installer_are_decoded() -> None:
    """As in `!_StringPool`; letters stand in pairs, the first one in the lower six bits."""
    letters = ole.MSI_LETTERS
    pairs = zip("_tigol"[::2] + "", "_tigol"[1::2], strict=True)
    packed = "".join(
        chr(0x3800 + letters.index(one) + (letters.index(two) << 6)) for one, two in pairs
    )
    (found,) = read(papers.ole({"\u4840" + packed: b"x"}))
    assert found == Member("!_tigol", b"x")


def test_an_attachment_has_its_long_name() -> None:
    name = "eicar.com".encode("utf-16-le")
    found = read(papers.ole({ole.ATTACHMENT: EICAR, ole.ATTACHED_AS: name}))
    assert Member("eicar.com", EICAR) in found


LOCKED: dict[str, dict[str, bytes]] = {
    "an OOXML document": {"EncryptedPackage": b"x" * 99, "EncryptionInfo": b"x"},
    "a presentation": {"EncryptedSummary": b"x"},
    "a text": {"WordDocument": bytes(11) + b"\1" + bytes(20)},
    "a table": {"Workbook": b"\x09\x08\2\0\0\0" + b"\x2f\0\2\0\0\0"},
}


@pytest.mark.parametrize("streams", LOCKED.values(), ids=LOCKED)
def test_documents_with_passwords_are_said(streams: dict[str, bytes]) -> None:
    found = [part.reason for part in read(papers.ole(streams)) if isinstance(part, Unscanned)]
    assert found == [Unread.ENCRYPTED]


def test_documents_without_passwords_are_not() -> None:
    streams = {"WordDocument": bytes(40), "Workbook": b"\x09\x08\2\0\0\0" + bytes(40)}
    assert not [part for part in read(papers.ole(streams)) if isinstance(part, Unscanned)]


def changed(at: int, value: int) -> bytes:
    return FILE[:at] + struct.pack("<I", value) + FILE[at + 4 :]


MALFORMED: dict[str, bytes] = {
    "the mark alone": ole.MARK,
    "cut off": FILE[:700],
    "a table larger than the file": changed(44, 0x7FFF_FFFF),
    "small sectors without number": changed(64, 0x7FFF_FFFF),
    "sectors of no known size": changed(30, 30),
    "a directory that is not there": changed(48, 0x00FF_FFFF),
    "two streams of one name": papers.ole({"a": b"x", "A": EICAR}),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_damaged_is_said(data: bytes) -> None:
    found = [part.reason for part in read(data) if isinstance(part, Unscanned)]
    assert set(found) == {Unread.MALFORMED}


def test_a_stream_that_is_too_large_is_a_limit() -> None:
    found = read(FILE, Limits(member=5000))
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [Unread.LIMIT]


def test_the_count_of_streams_is_limited() -> None:
    with pytest.raises(ExhaustedError):
        read(FILE, Limits(count=1))


@pytest.mark.parametrize("setting", ["MOST_ENTRIES", "MOST_STEPS"])
def test_very_many_entries_are_a_limit(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setattr(ole, setting, 2)
    assert [one.reason for one in read(FILE) if isinstance(one, Unscanned)] == [Unread.LIMIT]


@given(st.data())
def test_whatever_is_damaged_nothing_raises(data: st.DataObject) -> None:
    body = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(body[: data.draw(st.integers(0, len(body)))]))
    read(bytes(body))
