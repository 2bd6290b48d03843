import pytest

from clearpane.authorities import names
from clearpane.certificates import der
from clearpane.certificates.der import DerError

CN = der.sequence(der.oid("2.5.4.3"), der.element(der.UTF8_STRING, b"x"))
DIRECTORY = der.sequence(der.element(der.SET, CN))
OID = der.oid("1.3.6.1.4.1.311.20.2.3")
VALUE = der.element(0xA0, der.element(der.UTF8_STRING, b"user@test"))
HOST = der.element(0x82, b"www.test")


def nested(depth: int) -> bytes:
    value = b""
    for _ in range(depth):
        value = der.sequence(value)
    return value


def directory(value: bytes) -> bytes:
    pair = der.sequence(der.oid("2.5.4.3"), value)
    return der.element(0xA4, der.sequence(der.element(der.SET, pair)))


COPIED = [
    pytest.param(HOST, id="a host"),
    pytest.param(der.element(0x82, b"*.www.test"), id="a wildcard"),
    pytest.param(der.element(0x82, b"bank.test\x00.evil.test"), id="a NUL in a host"),
    pytest.param(der.element(0x82, b"\xff\xfe"), id="a host that is not ASCII"),
    pytest.param(der.element(0x82, b""), id="an empty host"),
    pytest.param(der.element(0x82, b"a" * 300), id="a host of 300 octets"),
    pytest.param(der.element(0x87, bytes(4)), id="an IPv4 address"),
    pytest.param(der.element(0x87, bytes(16)), id="an IPv6 address"),
    pytest.param(der.element(0x81, b"a@b"), id="a mail address"),
    pytest.param(der.element(0x86, b"https://x/"), id="a URI"),
    pytest.param(der.element(0xA4, DIRECTORY), id="a directory name"),
    pytest.param(directory(der.element(der.BMP_STRING, b"\x00x")), id="a directory name in UTF-16"),
    pytest.param(der.element(0xA0, OID, VALUE), id="another name"),
    pytest.param(der.element(0x88, OID[2:]), id="a registered identifier"),
]


@pytest.mark.parametrize("name", COPIED)
def test_a_name_that_reads_strictly_is_copied_octet_for_octet(name: bytes) -> None:
    for san in (der.sequence(name), der.sequence(HOST, name), der.sequence(name, HOST)):
        assert names.copied(san) == san


DROPPED = [
    pytest.param(der.element(0x87, bytes(5)), id="an address of five octets"),
    pytest.param(der.element(0x87, bytes(8)), id="a network"),
    pytest.param(der.element(0x81, b"\xc3\xa4@b"), id="a mail address that is not ASCII"),
    pytest.param(der.element(0x86, b"http://\xff"), id="a URI that is not ASCII"),
    pytest.param(der.element(0xA4, b"\x30\x05\x31"), id="a directory name that is cut short"),
    pytest.param(der.element(0xA4, b""), id="a directory name without a name"),
    pytest.param(der.element(0xA4, DIRECTORY, DIRECTORY), id="two names in a directory name"),
    pytest.param(directory(der.integer(5)), id="a number in a directory name"),
    pytest.param(directory(der.element(der.UTF8_STRING, b"\xff")), id="a part that is not UTF-8"),
    pytest.param(directory(b"\x0c\x81\x01x"), id="a length not in its shortest form"),
    pytest.param(der.element(0xA0, OID), id="another name without a value"),
    pytest.param(der.element(0xA0, VALUE, OID), id="another name the wrong way round"),
    pytest.param(der.element(0xA0, OID, VALUE, VALUE), id="another name with two values"),
    pytest.param(der.element(0xA0, OID, der.element(0xA0, nested(1000))), id="a deep nest"),
    pytest.param(der.element(0x88, b"\x80"), id="an identifier that is cut short"),
    pytest.param(der.element(0x88, b""), id="an empty identifier"),
    pytest.param(der.element(0xA3, DIRECTORY), id="an X.400 address"),
    pytest.param(der.element(0xA5, DIRECTORY), id="an EDI party"),
    pytest.param(der.element(0x8A, b"x"), id="a kind that is none"),
]


@pytest.mark.parametrize("name", DROPPED)
def test_a_name_that_does_not_read_strictly_is_left_out(name: bytes) -> None:
    assert names.copied(der.sequence(name, HOST)) == der.sequence(HOST)
    assert names.copied(der.sequence(HOST, name)) == der.sequence(HOST)
    assert names.copied(der.sequence(name)) is None


def test_an_odd_length_of_a_name_is_written_in_its_shortest_form() -> None:
    assert names.copied(b"\x30\x81\x0b\x82\x81\x08www.test") == der.sequence(HOST)


def test_a_list_without_names_gives_none() -> None:
    assert names.copied(der.sequence()) is None


@pytest.mark.parametrize(
    "san",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x04\x02ab", id="no list"),
        pytest.param(b"\x30\x04\x82\x09ab", id="a name that is cut short"),
        pytest.param(b"\x30\x01\x82", id="a tag alone"),
        pytest.param(der.sequence(HOST) + b"x", id="something behind the list"),
    ],
)
def test_what_is_no_list_of_names_is_an_error(san: bytes) -> None:
    with pytest.raises(DerError):
        names.copied(san)


def test_an_empty_subject_is_told_from_others() -> None:
    assert names.is_empty(der.sequence())
    assert not names.is_empty(DIRECTORY)
