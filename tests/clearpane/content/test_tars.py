import io
import tarfile

import pytest

from archived import EICAR, tarred
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget, ExhaustedError, Limits
from clearpane.content.member import Member
from clearpane.content.tars import is_tar, members

TWO = tarred({"a.txt": b"a" * 700, "eicar.com": EICAR})


def found(data: bytes) -> dict[str, bytes]:
    return {p.name: p.body for p in members(data, Budget()) if isinstance(p, Member)}


def fixed(header: bytes, signed: bool = False) -> bytes:
    """The header with a checksum that is right, or right for characters with a sign."""
    header = header[:148] + b" " * 8 + header[156:]
    total = sum(header) - (256 * sum(byte > 127 for byte in header) if signed else 0)
    return header[:148] + b"%06o\0 " % total + header[156:]


def formatted(form: int, name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(EICAR)
        archive.addfile(info, io.BytesIO(EICAR))
    return out.getvalue()


def test_members_are_read() -> None:
    assert found(TWO) == {"a.txt": b"a" * 700, "eicar.com": EICAR}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_every_format(form: int) -> None:
    name = "folder/" * 12 + "ü" * 30 if form != tarfile.USTAR_FORMAT else "folder/" * 12 + "a.com"
    assert found(formatted(form, name)) == {name: EICAR}


HIDDEN: dict[str, bytes] = {
    "behind a header that is wrong": TWO[:1536] + bytes([1]) * 512 + TWO[1536:],
    "in a second archive behind the first": tarred({"a.txt": b"a"}) + TWO,
    "behind the end, as it is": tarred({"a.txt": b"a"}) + EICAR,
    "cut off behind it": TWO[:2116],
    "with a checksum of signed characters": TWO[:1536] + fixed(
        b"\xfc" + TWO[1537:2048], signed=True
    ) + TWO[2048:],
    "with its size in binary": TWO[:1536] + fixed(
        TWO[1536:1660] + b"\x80" + bytes(10) + b"\x44" + TWO[1672:2048]
    ) + TWO[2048:],
}  # fmt: skip


@pytest.mark.parametrize("data", HIDDEN.values(), ids=HIDDEN)
def test_the_file_is_found(data: bytes) -> None:
    assert EICAR in found(data).values()


def test_two_sizes_are_two_readings() -> None:
    """A reader of POSIX takes the size of the extended header, an older one the member's own."""
    record = b"12 size=68\n"
    extended = tarred({"x": record})[:1024]
    extended = fixed(extended[:156] + b"x" + extended[157:512]) + extended[512:]
    empty = fixed(TWO[1536:1660] + b"00000000000\0" + TWO[1672:2048])
    readings = [p.body for p in members(extended + empty + TWO[2048:], Budget())
                if isinstance(p, Member)]  # fmt: skip
    assert EICAR in readings


UNREAD: dict[str, bytes] = {
    "a size that is no number": fixed(TWO[:124] + b"what is it?\0" + TWO[136:512]) + TWO[512:],
    "a sparse member": fixed(TWO[:156] + b"S" + TWO[157:512]) + TWO[512:],
}


@pytest.mark.parametrize("data", UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_said(data: bytes) -> None:
    unread = [p.reason for p in members(data, Budget()) if isinstance(p, Unscanned)]
    assert Unread.MALFORMED in unread


NO_TAR = {"text": b"a" * 2000, "zeros": bytes(2048), "too short": TWO[:300], "nothing": b""}


@pytest.mark.parametrize("data", NO_TAR.values(), ids=NO_TAR)
def test_what_is_no_tar(data: bytes) -> None:
    assert is_tar(TWO)
    assert not is_tar(data)


def test_members_without_end_end_the_scan() -> None:
    with pytest.raises(ExhaustedError, match="more than 5 members"):
        list(members(tarred({str(n): b"" for n in range(9)}), Budget(Limits(count=5))))
