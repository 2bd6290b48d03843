import builtins
import random
from typing import Any

import pytest

from clearpane.content import foreign, marks
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import MIB, Budget, ExhaustedError, Limits
from clearpane.content.member import Member, Part
from e2e.harness import builders as made
from e2e.harness.bodies import EICAR

NAME = "eicar.com"
ARCHIVES = {
    "7z": made.by_bsdtar("7zip", NAME, EICAR),
    "rar 4": made.rar4(NAME, EICAR),
    "rar 5": made.rar5(NAME, EICAR),
    "cab": made.by_gcab(NAME, EICAR, "-z"),
    "a disc image": made.by_bsdtar("iso9660", NAME, EICAR),
    "xar": made.by_bsdtar("xar", NAME, EICAR),
    "lha": made.lha(NAME, EICAR),
    "old cpio": made.by_bsdtar("odc", NAME, EICAR),
}
STREAMS = {
    "lz4": made.by_bsdtar("raw", NAME, EICAR, "--lz4"),
    "lzip": made.by_bsdtar("raw", NAME, EICAR, "--lzip"),
    "compress": made.compressed(EICAR),
}


def read(data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(foreign.members(data, Budget(limits or Limits())))


@pytest.mark.parametrize("data", ARCHIVES.values(), ids=ARCHIVES)
def test_members_have_their_names(data: bytes) -> None:
    assert set(read(data)) == {Member(NAME, EICAR)}


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
def test_compressed_files_have_no_names(data: bytes) -> None:
    assert read(data) == [Member("", EICAR)]


LOCKED = {
    "rar 4": (made.rar4(NAME, EICAR, encrypted=True), NAME),
    "rar 5": (made.rar5(NAME, EICAR, encrypted=True), ""),
    "7z": (made.seven_zip(NAME, EICAR, encrypted=True), NAME),
    "7z, its names too": (made.seven_zip(NAME, EICAR, hidden=True), ""),
}


@pytest.mark.parametrize(("data", "name"), LOCKED.values(), ids=LOCKED)
def test_what_is_encrypted_is_said(data: bytes, name: str) -> None:
    faults = [part for part in read(data) if isinstance(part, Unscanned)]
    assert [(one.reason, one.member) for one in faults] == [(Unread.ENCRYPTED, name)]


@pytest.mark.parametrize("data", ARCHIVES.values(), ids=ARCHIVES)
def test_what_is_cut_off_is_said(data: bytes) -> None:
    found = read(data[: data.find(EICAR) + 40 if EICAR in data else len(data.rstrip(b"\0")) // 2])
    assert Member(NAME, EICAR) not in found
    assert {one.reason for one in found if isinstance(one, Unscanned)} == {Unread.MALFORMED}


def test_one_of_several_volumes_is_read_as_far_as_it_goes() -> None:
    first, member = read(made.rar5(NAME, EICAR, volume=True))
    assert isinstance(first, Unscanned) and "several volumes" in first.detail
    assert member == Member(NAME, EICAR)


def test_an_archive_of_nothing_is_said() -> None:
    found = read(b"7z\xbc\xaf\x27\x1c" + bytes(99))
    assert [str(one) for one in found] == [
        "unscanned-malformed: nothing in a 7z archive can be read"
    ]


def test_a_bomb_is_a_limit_and_its_head_is_kept() -> None:
    head, fault = read(made.by_bsdtar("7zip", "zeros", bytes(20 * MIB)))
    assert isinstance(head, Member) and len(head.body) == MIB
    assert isinstance(fault, Unscanned) and fault.reason is Unread.LIMIT


def test_the_count_of_members_is_limited() -> None:
    with pytest.raises(ExhaustedError):
        read(ARCHIVES["rar 5"], Limits(count=1))


def test_without_the_library_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system without libarchive, where the package can't be loaded."""
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("libarchive"):
            raise AttributeError("archive_version_number")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    (fault,) = read(ARCHIVES["7z"])
    assert isinstance(fault, Unscanned) and fault.reason is Unread.MALFORMED
    assert fault.detail == "no reader for 7z archives: libarchive is not installed"


def test_formats_that_start_programs_or_read_files_are_off() -> None:
    enabled = {word for pair in foreign.FORMATS.values() for word in pair}
    assert not enabled & {"all", "mtree", "lrzip", "grzip", "lzop", "warc"}
    assert {word for word, *_ in (*marks._FIRST, *marks._ANYWHERE)} == set(foreign.FORMATS)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_damaged_nothing_raises(seed: int) -> None:
    chance = random.Random(seed)
    for data in (*ARCHIVES.values(), *STREAMS.values()):
        for _ in range(20):
            body = bytearray(data)
            for _ in range(chance.randint(1, 6)):
                body[chance.randrange(len(body))] = chance.randrange(256)
            read(bytes(body[: chance.randint(0, len(body))]))
            read(bytes(body))
