import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import der, general_names
from clearpane.certificates.general_names import GeneralName, Kind

AD_OCSP = "1.3.6.1.5.5.7.48.1"
AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"


def plain(number: int, content: bytes) -> bytes:
    return der.element(der.context(number, constructed=False), content)


OTHER_NAME = der.element(der.context(0), der.oid("1.2.3"), der.element(der.context(0), b"\x05\x00"))
DIRECTORY_NAME = der.element(der.context(4), der.sequence())

ROWS = [
    pytest.param(plain(2, b"A.test"), Kind.DNS, "A.test", id="dNSName, case kept"),
    pytest.param(plain(2, b"a\0b"), Kind.DNS, "a\0b", id="a NUL is kept"),
    pytest.param(plain(2, b"b\xfccher"), Kind.DNS, "b\xfccher", id="octets above ASCII are kept"),
    pytest.param(plain(1, b"a@b.test"), Kind.EMAIL, "a@b.test", id="rfc822Name"),
    pytest.param(plain(6, b"http://a/"), Kind.URI, "http://a/", id="URI"),
    pytest.param(plain(7, bytes((192, 0, 2, 1))), Kind.IP, "192.0.2.1", id="IPv4"),
    pytest.param(plain(7, bytes(15) + b"\1"), Kind.IP, "::1", id="IPv6"),
    pytest.param(plain(8, b"\x2a\x03"), Kind.OTHER, "88022a03", id="registeredID"),
    pytest.param(OTHER_NAME, Kind.OTHER, OTHER_NAME.hex(), id="otherName"),
    pytest.param(DIRECTORY_NAME, Kind.OTHER, "a4023000", id="directoryName"),
]


@pytest.mark.parametrize(("encoded", "kind", "value"), ROWS)
def test_each_kind_is_read(encoded: bytes, kind: Kind, value: str) -> None:
    assert general_names.parse(der.sequence(encoded)) == (GeneralName(kind, value),)


def test_names_keep_their_order_and_an_empty_list_is_empty() -> None:
    names = general_names.parse(der.sequence(plain(2, b"b"), plain(2, b"a")))
    assert [name.value for name in names] == ["b", "a"]
    assert general_names.parse(der.sequence()) == ()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(der.sequence(plain(9, b"x")), id="a ninth kind"),
        pytest.param(der.sequence(der.integer(1)), id="an integer"),
        pytest.param(der.sequence(plain(7, bytes(5))), id="an address of five octets"),
        pytest.param(der.sequence(plain(1, b"\xfc@b.test")), id="a mail address beyond ASCII"),
        pytest.param(der.sequence(plain(6, b"http://\xfc/")), id="a URI beyond ASCII"),
        pytest.param(der.sequence(plain(2, b"a"))[:-1], id="cut short"),
        pytest.param(der.sequence(plain(2, b"a")) + b"\0", id="something behind"),
        pytest.param(der.octet_string(plain(2, b"a")), id="no sequence"),
    ],
)
def test_what_are_no_names_is_a_der_error(data: bytes) -> None:
    with pytest.raises(der.DerError):
        general_names.parse(data)


@given(st.binary(max_size=100))
def test_random_bytes_raise_nothing_but_der_errors(data: bytes) -> None:
    for read in (general_names.parse, lambda d: general_names.access_urls(d, AD_OCSP)):
        try:
            read(der.sequence(data))
        except der.DerError:
            continue


def description(method: str, location: bytes) -> bytes:
    return der.sequence(der.oid(method), location)


def test_access_urls_are_those_of_the_method() -> None:
    descriptions = der.sequence(
        description(AD_CA_ISSUERS, plain(6, b"http://one/")),
        description(AD_OCSP, plain(6, b"http://ocsp/")),
        description(AD_CA_ISSUERS, DIRECTORY_NAME),
        description(AD_CA_ISSUERS, plain(6, b"ldap://two/")),
    )
    assert general_names.access_urls(descriptions, AD_CA_ISSUERS) == ("http://one/", "ldap://two/")
    assert general_names.access_urls(descriptions, AD_OCSP) == ("http://ocsp/",)
