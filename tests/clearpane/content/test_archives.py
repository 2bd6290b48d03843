import bz2
import gzip
import lzma
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from archived import EICAR, bomb, cpio, deb, nested, rpm, tarred, zipped
from clearpane.content.archives import UNOPENED, is_container, needs_whole, walk
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import MIB, Budget, Limits
from clearpane.content.member import Member
from e2e.harness import builders, papers

ZIP = zipped({"eicar.com": EICAR})


def names(body: bytes, name: str = "", content_type: str = "") -> list[str]:
    found = walk(body, name, content_type, Budget())
    return [part.name for part in found if isinstance(part, Member) and part.body == EICAR]


def unread(body: bytes, limits: Limits | None = None) -> list[Unscanned]:
    found = walk(body, "", "", Budget(limits or Limits()))
    return [part for part in found if isinstance(part, Unscanned)]


WHERE: dict[str, tuple[bytes, str, str]] = {
    "the body itself": (EICAR, "eicar.com", ""),
    "zip": (ZIP, "a.zip", "eicar.com"),
    "gzip names it by the outer name": (gzip.compress(EICAR), "eicar.com.gz", "eicar.com"),
    "bzip2": (bz2.compress(EICAR), "eicar.com.bz2", "eicar.com"),
    "xz": (lzma.compress(EICAR), "eicar.com.xz", "eicar.com"),
    "lzma": (lzma.compress(EICAR, lzma.FORMAT_ALONE), "eicar.com.lzma", "eicar.com"),
    "zstd": (zstandard.compress(EICAR), "eicar.com.ZST", "eicar.com"),
    "gzip without a name": (gzip.compress(EICAR), "download", ""),
    "tar": (tarred({"d/eicar.com": EICAR}), "a.tar", "d/eicar.com"),
    "tar in gzip": (tarred({"eicar.com": EICAR}, "w:gz"), "a.tgz", "a.tar/eicar.com"),
    "zip in tar in xz": (tarred({"d/a.zip": ZIP}, "w:xz"), "a.txz", "a.tar/d/a.zip/eicar.com"),
    "a Debian package": (
        deb({"data.tar.xz": tarred({"./usr/bin/eicar.com": EICAR}, "w:xz")}),
        "a.deb",
        "data.tar.xz/data.tar/./usr/bin/eicar.com",
    ),
    "an rpm package": (
        rpm(zstandard.compress(cpio({"./usr/bin/eicar.com": EICAR}))),
        "a.rpm",
        "payload/./usr/bin/eicar.com",
    ),
    "behind a compressed file": (gzip.compress(b"clean") + EICAR, "a.gz", ""),
    "an archive behind a compressed file": (gzip.compress(b"clean") + ZIP, "a.gz", "eicar.com"),
    "four levels": (nested(4, EICAR), "a.zip", "2.zip/1.zip/eicar.com"),
}


@pytest.mark.parametrize(("body", "name", "member"), WHERE.values(), ids=WHERE)
def test_where_the_file_is_found(body: bytes, name: str, member: str) -> None:
    assert any(found.endswith(member) for found in names(body, name)), names(body, name)


def test_parts_of_a_multipart_body_are_opened() -> None:
    body = b'--x\r\nContent-Disposition: form-data; filename="a.zip"\r\n\r\n' + ZIP + b"\r\n--x--"
    assert "a.zip/eicar.com" in names(body, "upload", "multipart/form-data; boundary=x")


def test_a_mail_in_an_archive_is_opened() -> None:
    mail = b"Content-Type: text/plain; name=eicar.com\n\n" + EICAR
    assert "m.eml/eicar.com" in names(zipped({"m.eml": mail}), "a.zip")


@pytest.mark.parametrize("levels", [5, 20])
def test_deeper_archives_are_a_limit(levels: int) -> None:
    found = unread(nested(levels, EICAR))
    assert [one.reason for one in found] == [Unread.LIMIT]
    assert "deeper than 4" in found[0].detail


def test_the_mark_of_an_archive_at_the_bottom_is_no_archive() -> None:
    assert unread(nested(4, b"the mark is PK\3\4, they say")) == []


@pytest.mark.parametrize(("word", "place", "mark"), UNOPENED, ids=[word for word, *_ in UNOPENED])
def test_archives_without_a_reader_are_said(word: str, place: int, mark: bytes) -> None:
    front = b"x" * max(0, place)
    found = unread(front + (mark + bytes(100) if place >= 0 else b"x" + mark.ljust(-place, b"x")))
    assert [one.reason for one in found] == [Unread.MALFORMED]
    assert found[0].detail == f"no reader for {word} archives"


def test_a_bomb_of_bombs_is_a_limit_and_ends_soon() -> None:
    inner = zipped({"zeros": bytes(20 * MIB)})
    middle = zipped({f"{n}.zip": inner for n in range(10)}, zipfile.ZIP_STORED)
    body = zipped({f"{n}.zip": middle for n in range(10)}, zipfile.ZIP_STORED)
    budget = Budget()
    found = [p for p in walk(body, "", "", budget) if isinstance(p, Unscanned)]
    assert {one.reason for one in found} == {Unread.LIMIT}
    assert budget.unpacked < 300 * MIB


def test_what_archives_in_archives_hold_together_is_limited() -> None:
    limits = Limits(held=500_000, floor=MIB)
    assert unread(gzip.compress(bytes(300_000)), limits) == []
    deep = tarred({"a.gz": gzip.compress(bytes(300_000)), "b": bytes(range(256)) * 1500})
    assert {one.reason for one in unread(deep, limits)} == {Unread.LIMIT}


def test_a_quine_ends() -> None:
    """Every level holds the next one, as in an archive that holds itself."""
    assert {one.reason for one in unread(nested(100, b"x"))} == {Unread.LIMIT}


def test_an_ordinary_file_beside_a_bomb_is_still_found() -> None:
    body = zipped({"zeros": bytes(20 * MIB), "eicar.com": EICAR})
    assert names(body) == ["eicar.com"]
    assert {one.reason for one in unread(body)} == {Unread.LIMIT}


def test_a_bomb_by_gzip_is_a_limit() -> None:
    assert {one.reason for one in unread(bomb(64))} == {Unread.LIMIT}


CLEAN: dict[str, bytes] = {
    "text": b"nothing to see here",
    "empty": b"",
    "a page": b"<!DOCTYPE html><p>" + EICAR,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a program": b"MZ" + bytes(range(256)) * 8,
    "settings": b"name: value\nother: value\n",
    "Python that begins like lzma": b"]\0\0" + b"x" * 40,
}


@pytest.mark.parametrize("body", CLEAN.values(), ids=CLEAN)
def test_what_is_no_archive_is_only_itself(body: bytes) -> None:
    assert list(walk(body, "", "", Budget())) == [Member("", body)]
    assert not is_container(body) or body.startswith(b"]")


def test_is_container() -> None:
    assert is_container(ZIP) and is_container(b"GIF89a" + ZIP)
    assert is_container(b"anything", "multipart/form-data; boundary=x")


SEEDS = [
    ZIP,
    nested(2, EICAR),
    tarred({"a": EICAR, "b": ZIP}),
    gzip.compress(EICAR),
    bz2.compress(EICAR),
    lzma.compress(EICAR),
    zstandard.compress(EICAR),
    deb({"a": EICAR}),
    cpio({"a": EICAR}),
    rpm(EICAR),
    b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--",
]


@given(st.sampled_from(SEEDS), st.data())
def test_whatever_is_damaged_nothing_raises(seed: bytes, data: st.DataObject) -> None:
    body = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.integers(0, len(body)))
    list(walk(bytes(body[:kept]), "a.bin", "", Budget()))
    list(walk(bytes(body), "a.bin", "multipart/mixed; boundary=x", Budget()))


WHOLE: dict[str, tuple[bytes, bool]] = {
    "7z": (builders.seven_zip("a", EICAR), True),
    "rar": (builders.rar5("a", EICAR), True),
    "cab": (builders.by_gcab("a", EICAR), True),
    "a disc image": (builders.by_bsdtar("iso9660", "a", EICAR)[:40_000], True),
    "a program that unpacks itself": (b"MZ" + bytes(5000) + builders.rar4("a", EICAR), True),
    "PDF": (papers.pdf(EICAR), True),
    "OLE": (papers.ole({"a": EICAR}), True),
    "without a reader": (b"MSWIM\0\0\0" + bytes(99), True),
    "zip": (ZIP, False),
    "tar": (tarred({"a": EICAR}), False),
    "gzip": (gzip.compress(EICAR), False),
    "xz": (lzma.compress(EICAR), False),
    "a program": (b"MZ" + bytes(5000), False),
    "text": (b"text", False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize(("head", "expected"), WHOLE.values(), ids=WHOLE)
def test_what_has_to_be_read_as_a_whole(head: bytes, expected: bool) -> None:
    assert needs_whole(head) is expected


def test_a_mail_by_its_type_alone_is_opened() -> None:
    mail = b"Subject: a\r\nContent-Disposition: attachment; filename=eicar.com\r\n\r\n" + EICAR
    assert names(mail) == []
    assert names(mail, "", "message/rfc822") == ["eicar.com"]
    assert is_container(mail, "message/rfc822")


def test_arj_has_no_reader() -> None:
    assert [one.detail for one in unread(builders.arj(EICAR))] == ["no reader for arj archives"]
