import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content import pdf_filters as filters
from clearpane.content.limits import MIB
from e2e.harness import papers

TEXT = b"the quick brown fox jumps over the lazy dog"


def lzw(data: bytes) -> bytes:
    return filters.lzw(data, MIB)


READ: dict[str, tuple[Callable[[bytes, int], bytes], bytes, bytes]] = {
    "hexadecimal": (filters.ascii_hex, TEXT.hex().encode() + b"> more", TEXT),
    "hexadecimal with blanks and an odd digit": (filters.ascii_hex, b"41 4\n2 4", b"AB@"),
    "ASCII 85": (filters.ascii_85, papers.ascii85(TEXT), TEXT),
    "ASCII 85 with zeros": (filters.ascii_85, b"<~z~>", bytes(4)),
    "ASCII 85 up to what is none": (filters.ascii_85, b"87cUR" + b"uuuuu" + b"87cUR", b"Hell"),
    "run lengths": (filters.run_length, b"\2abc\xfdx\x80rest", b"abcxxxx"),
    "run lengths that break off": (filters.run_length, b"\x10abc", b"abc"),
    "LZW": (filters.lzw, papers.lzw(TEXT), TEXT),
    # ISO 32000-1, 7.4.4.2, the example.
    "LZW of the standard": (
        filters.lzw,
        bytes.fromhex("800b6050220c0c8501"),
        bytes((45, 45, 45, 45, 45, 65, 45, 45, 45, 66)),
    ),
    "LZW with a code that is none": (filters.lzw, b"\xff" * 20, b""),
}


@pytest.mark.parametrize(("reader", "data", "expected"), READ.values(), ids=READ)
def test_filters(reader: Callable[[bytes, int], bytes], data: bytes, expected: bytes) -> None:
    assert reader(data, MIB) == expected


def test_output_is_bounded() -> None:
    assert len(filters.run_length(b"\x81a" * 10_000, 1000)) < 1200
    assert len(filters.ascii_85(b"z" * 100_000, 1000)) < 100_000


PARAMETERS = b"<< /Predictor 15 /Columns %d >>"
ROWS = {
    "none": (b"\0abc\0def", b"abcdef"),
    "sub": (b"\1a\1\1", b"abc"),
    "up": (b"\0abc\2\0\0\0", b"abcabc"),
    "average": (b"\3abc", bytes((97, (98 + 48) & 255, (99 + 73) & 255))),
    "Paeth": (b"\0abc\4\0\0\0", b"abcabc"),
}


@pytest.mark.parametrize(("data", "expected"), ROWS.values(), ids=ROWS)
def test_predictors(data: bytes, expected: bytes) -> None:
    assert filters.unpredict(data, PARAMETERS % 3) == expected


def test_a_predictor_of_a_document() -> None:
    packed = zlib.decompress(papers.predicted(TEXT))
    assert filters.unpredict(packed, PARAMETERS % len(TEXT)) == TEXT


def test_without_a_predictor_or_with_a_mad_one_nothing_changes() -> None:
    assert filters.unpredict(TEXT, b"<<>>") == TEXT
    assert filters.unpredict(TEXT, PARAMETERS % 999_999_999) == TEXT


@given(st.binary(max_size=300), st.integers(0, 300))
def test_whatever_comes_nothing_raises(data: bytes, columns: int) -> None:
    for reader in filters.SIMPLE.values():
        reader(data, MIB)
    filters.unpredict(data, PARAMETERS % columns)
