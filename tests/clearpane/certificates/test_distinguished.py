import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import der, distinguished

CN, O, C = "2.5.4.3", "2.5.4.10", "2.5.4.6"  # noqa: E741


def pair(oid: str, value: bytes, tag: int = der.UTF8_STRING) -> bytes:
    return der.sequence(der.oid(oid), der.element(tag, value))


def name(*relatives: bytes) -> bytes:
    return der.sequence(*(der.element(der.SET, relative) for relative in relatives))


ROWS = [
    pytest.param(name(), "", id="the empty name"),
    pytest.param(name(pair(C, b"NL"), pair(CN, b"a")), "CN=a,C=NL", id="the last part comes first"),
    pytest.param(name(pair(C, b"USA")), "C=USA", id="a country of three letters"),
    pytest.param(name(pair(O, b"")), "O=", id="an empty part"),
    pytest.param(name(pair(O, b"a") + pair(CN, b"b")), "O=a+CN=b", id="two in one part"),
    pytest.param(name(pair("1.2.3.4", b"x")), "1.2.3.4=x", id="an unknown attribute"),
    pytest.param(
        name(pair(O, b'a,b+c"d\\e;f<g>h')), 'O=a\\,b\\+c\\"d\\\\e\\;f\\<g\\>h', id="RFC 4514"
    ),
    pytest.param(name(pair(O, b" a ")), "O=\\ a\\ ", id="blanks at the ends"),
    pytest.param(name(pair(O, b" ")), "O=\\ ", id="one blank"),
    pytest.param(name(pair(O, b"#1")), "O=\\#1", id="a number sign"),
    pytest.param(name(pair(O, b"a\r\nb\0")), "O=a\\0d\\0ab\\00", id="control characters"),
    pytest.param(name(pair(O, b"\xc2\x85")), "O=\\c2\\85", id="control characters above ASCII"),
    pytest.param(name(pair(O, b"\0\xe9\0t", der.BMP_STRING)), "O=\xe9t", id="BMPString"),
    pytest.param(name(pair(O, b"\0\xe9\0", der.BMP_STRING)), "O=\xe9\ufffd", id="half a character"),
    pytest.param(name(pair(O, b"\xd8\0", der.BMP_STRING)), "O=\ufffd", id="a lone surrogate"),
    pytest.param(name(pair(O, b"\xff")), "O=\ufffd", id="broken UTF-8"),
    pytest.param(name(pair(O, b"\xe9", der.T61_STRING)), "O=\xe9", id="T61String as Latin-1"),
    pytest.param(name(pair(O, b"\0\0\0a", der.UNIVERSAL_STRING)), "O=a", id="UniversalString"),
    pytest.param(name(pair(O, b"\x05", der.INTEGER)), "O=#020105", id="no string at all"),
]


@pytest.mark.parametrize(("encoded", "expected"), ROWS)
def test_names_are_shown_in_one_line(encoded: bytes, expected: str) -> None:
    assert distinguished.parse(encoded).text == expected


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        pytest.param(name(pair(O, b"a")), "", id="none"),
        pytest.param(name(pair(CN, b"first"), pair(CN, b"second")), "first", id="the first of two"),
        pytest.param(name(pair(CN, b"a,b")), "a,b", id="as it stands, not escaped"),
        pytest.param(name(pair(CN, b"\x05", der.INTEGER)), "", id="no string"),
    ],
)
def test_the_common_name(encoded: bytes, expected: str) -> None:
    assert distinguished.parse(encoded).common_name == expected


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(der.octet_string(b""), id="no sequence"),
        pytest.param(der.sequence(pair(CN, b"a")), id="no set"),
        pytest.param(name(der.oid(CN)), id="no pair"),
        pytest.param(name(der.sequence(der.oid(CN))), id="no value"),
        pytest.param(name(der.sequence(der.integer(1), der.integer(1))), id="no identifier"),
        pytest.param(name(pair(CN, b"a")[:1] + b"\x0a" + pair(CN, b"a")[2:] + b"\5\0"), id="three"),
        pytest.param(name(pair(CN, b"a"))[:-1], id="cut short"),
    ],
)
def test_a_broken_structure_is_a_der_error(data: bytes) -> None:
    with pytest.raises(der.DerError):
        distinguished.parse(data)


@given(st.text())
def test_no_text_can_break_out_of_its_line(text: str) -> None:
    shown = distinguished.parse(name(pair(O, text.encode(errors="replace")))).text
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in shown)
