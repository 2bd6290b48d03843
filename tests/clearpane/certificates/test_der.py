from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import der


@given(st.integers())
def test_an_integer_is_read_as_it_was_written(value: int) -> None:
    element = der.only(der.integer(value), der.INTEGER)
    assert der.read_integer(element.content) == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        pytest.param(0, "020100", id="zero has one octet"),
        pytest.param(127, "02017f", id="the largest of one octet"),
        pytest.param(128, "02020080", id="a set top bit needs a zero before it"),
        pytest.param(-128, "020180", id="the smallest of one octet"),
        pytest.param(-129, "0202ff7f", id="the first negative of two octets"),
    ],
)
def test_integers_take_the_shortest_form(value: int, encoded: str) -> None:
    assert der.integer(value).hex() == encoded


@given(
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, 2**64), max_size=5),
)
def test_an_oid_is_read_as_it_was_written(top: int, second: int, arcs: list[int]) -> None:
    dotted = ".".join(map(str, (top, second, *arcs)))
    assert der.read_oid(der.only(der.oid(dotted), der.OID).content) == dotted


def test_an_oid_below_2_may_have_a_large_second_arc() -> None:
    assert der.oid("2.999.3").hex() == "0603883703"
    assert der.read_oid(bytes.fromhex("883703")) == "2.999.3"


@given(st.binary(max_size=70_000))
def test_content_of_any_length_comes_back(content: bytes) -> None:
    encoded = der.octet_string(content)
    assert der.only(encoded, der.OCTET_STRING) == (der.OCTET_STRING, content, encoded)


@pytest.mark.parametrize("length", [127, 128, 255, 256, 65_535, 65_536])
def test_lengths_take_the_shortest_form(length: int) -> None:
    encoded = der.octet_string(bytes(length))
    octets = 0 if length < 128 else (length.bit_length() + 7) // 8
    assert len(encoded) == length + 2 + octets


def test_elements_are_told_apart_in_order() -> None:
    content = der.integer(1) + der.boolean(True) + der.element(der.NULL)
    assert [e.tag for e in der.items(content)] == [der.INTEGER, der.BOOLEAN, der.NULL]
    assert b"".join(e.raw for e in der.items(content)) == content


def test_what_follows_an_element_is_handed_back() -> None:
    element, rest = der.first(der.integer(1) + b"rest")
    assert (element.content, rest) == (b"\x01", b"rest")


def test_a_length_that_is_not_the_shortest_is_read() -> None:
    assert der.only(bytes.fromhex("0482000161"), der.OCTET_STRING).content == b"a"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("30", id="a tag alone"),
        pytest.param("3003020101ff", id="something behind"),
        pytest.param("3004020101", id="content cut short"),
        pytest.param("3080020101 0000", id="indefinite length"),
        pytest.param("3082ff", id="length cut short"),
        pytest.param("30850000000000", id="a length of five octets"),
        pytest.param("020101", id="another tag"),
    ],
)
def test_broken_elements_are_der_errors(data: str) -> None:
    with pytest.raises(der.DerError):
        der.only(bytes.fromhex(data), der.SEQUENCE)


def test_a_tag_of_several_octets_is_not_taken_for_one_of_one() -> None:
    with pytest.raises(der.DerError, match="tags above 30"):
        der.first(bytes.fromhex("3f0100"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x88", id="cut within an arc"),
        pytest.param(b"\x81" * 70 + b"\x01", id="longer than any that is used"),
    ],
)
def test_broken_oids_are_der_errors(content: bytes) -> None:
    with pytest.raises(der.DerError):
        der.read_oid(content)


def test_an_empty_integer_is_a_der_error() -> None:
    with pytest.raises(der.DerError):
        der.read_integer(b"")


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_der_errors(data: bytes) -> None:
    try:
        elements = list(der.items(data))
        first, rest = der.first(data) if data else (None, b"")
    except der.DerError:
        return
    assert b"".join(e.raw for e in elements) == data
    assert first is None or first.raw + rest == data


@pytest.mark.parametrize(
    ("moment", "encoded"),
    [
        pytest.param(
            datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
            b"\x17\x0d491231235959Z",
            id="2049 is the last year in UTCTime",
        ),
        pytest.param(
            datetime(2050, 1, 1, tzinfo=UTC),
            b"\x18\x0f20500101000000Z",
            id="2050 is the first in GeneralizedTime",
        ),
        pytest.param(
            datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z", id="1950 is in UTCTime"
        ),
        pytest.param(
            datetime(1949, 12, 31, tzinfo=UTC), b"\x18\x0f19491231000000Z", id="1949 is not"
        ),
        pytest.param(
            datetime(33, 4, 3, tzinfo=UTC), b"\x18\x0f00330403000000Z", id="years have four digits"
        ),
    ],
)
def test_times_take_the_form_that_rfc_5280_wants(moment: datetime, encoded: bytes) -> None:
    assert der.time(moment) == encoded


def test_bit_strings_say_how_many_bits_are_unused() -> None:
    assert der.bit_string(b"\x80", unused=7).hex() == "03020780"
    assert der.bit_string(b"").hex() == "030100"
