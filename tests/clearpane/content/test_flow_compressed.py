import gzip
import zlib

import pytest

from archived import EICAR
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_compressed import Coding, Compressed
from clearpane.content.flow_content import Content
from clearpane.content.flow_nodes import Context, Found, Meter, Node, Place
from clearpane.content.limits import Limits
from clearpane.content.member import Member
from clearpane.content.series import Format

TEXT = b"abcdefgh" * 100


def place(file: str = "") -> Place:
    limits = Limits()
    return Place(Context(1 << 20, limits, Meter(limits, fed=1 << 20), Content), "", file)


def fed(node: Node, data: bytes, step: int = 3) -> list[Found]:
    out = list[Found]()
    for at in range(0, len(data), step):
        out += node.feed(data[at : at + step])
    return [*out, *node.end()]


NAMES = {
    "a.tar.gz": ("a.tar.gz", "", "a.tar"),
    "a.TGZ": ("a.TGZ", "", "a.tar"),
    "its own name": ("a.gz", "b.txt", "b.txt"),
    "none": ("a", "", ""),
}


@pytest.mark.parametrize(("file", "stored", "name"), NAMES.values(), ids=NAMES)
def test_what_is_in_a_file_is_named(file: str, stored: str, name: str) -> None:
    head = b"\x1f\x8b\x08\x08" + bytes(6) + stored.encode() + b"\0"
    packed = head + gzip.compress(TEXT)[10:] if stored else gzip.compress(TEXT)
    assert fed(Compressed(Format.GZIP, place(file), packed), packed) == [Member(name, TEXT)]


def test_the_first_stream_and_what_lies_behind_come_by_themselves() -> None:
    packed = gzip.compress(EICAR) + gzip.compress(TEXT) + bytes(40) + EICAR
    found = fed(Compressed(Format.GZIP, place(), packed), packed)
    assert found == [Member("", EICAR), Member("", EICAR + TEXT), Member("", EICAR)]


def test_what_only_looks_like_lzma_is_left_alone() -> None:
    assert fed(Compressed(Format.LZMA, place(), b""), b"\x5d" + b"\xff" * 99) == []


def coded(data: bytes, form: Format = Format.ZLIB) -> tuple[list[bytes], list[Unread], bool]:
    coding = Coding(form, Content(place()), place())
    found = fed(coding, data)
    bodies = [one.body for one in found if isinstance(one, Member)]
    return bodies, [one.reason for one in found if isinstance(one, Unscanned)], coding.odd


def stored(bare: bytes) -> bytes:
    """Bare deflate whose first bytes are a zlib header: the unused bits of a block tell."""
    length = len(bare)
    return b"\x78" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + bare


@pytest.mark.parametrize("wbits", [15, -15], ids=["zlib", "bare"])
def test_deflate_is_read_with_its_wrapper_and_without(wbits: int) -> None:
    assert coded(zlib.compress(TEXT, wbits=wbits)) == ([TEXT], [], False)


def test_deflate_that_is_both_is_named() -> None:
    size = next(n for n in range(1, 999) if (0x7800 | n & 255) % 31 == 0)
    _, reasons, odd = coded(stored(bytes(size)) + b"\1\0\0\xff\xff")
    assert (reasons[0], odd) == (Unread.MALFORMED, True)


def test_what_is_not_in_the_coding_is_looked_at_as_it_is() -> None:
    assert coded(TEXT, Format.GZIP) == ([TEXT], [Unread.MALFORMED], True)


def test_what_lies_behind_a_body_is_content_of_its_own() -> None:
    bodies, _, odd = coded(gzip.compress(TEXT) + EICAR, Format.GZIP)
    assert (bodies, odd) == ([TEXT, EICAR], True)
