import datetime
from collections.abc import Callable
from hashlib import sha256

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import der, pem
from clearpane.certificates.certificate import (
    AUTHORITY_INFO_ACCESS,
    BASIC_CONSTRAINTS,
    SUBJECT_ALT_NAME,
    Certificate,
)
from clearpane.certificates.general_names import GeneralName, Kind
from damage import damaged, nested

type Make = Callable[..., bytes]


def dns(name: bytes) -> bytes:
    return der.element(der.context(2, constructed=False), name)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Works, Inc")


@pytest.fixture(scope="module")
def leaf(authority: trustme.CA) -> bytes:
    issued = authority.issue_cert("www.test", "*.www.test", "192.0.2.1", "::1", common_name="www")
    return pem.certificates(issued.cert_chain_pems[0].bytes())[0]


def test_an_ordinary_certificate_is_read_as_cryptography_reads_it(leaf: bytes) -> None:
    ours, theirs = Certificate.parse(leaf), x509.load_der_x509_certificate(leaf)
    public = theirs.public_key()
    assert ours.version == 3
    assert ours.serial == theirs.serial_number
    assert ours.subject == theirs.subject.public_bytes()
    assert ours.issuer == theirs.issuer.public_bytes()
    assert ours.subject_name == theirs.subject.rfc4514_string()
    assert ours.issuer_name == theirs.issuer.rfc4514_string()
    assert ours.not_before == theirs.not_valid_before_utc
    assert ours.not_after == theirs.not_valid_after_utc
    assert ours.spki == public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert ours.fingerprint == sha256(leaf).hexdigest()
    assert [(e.oid, e.critical) for e in ours.extensions] == [
        (e.oid.dotted_string, e.critical) for e in theirs.extensions
    ]


def test_what_an_ordinary_leaf_says(leaf: bytes) -> None:
    read = Certificate.parse(leaf)
    assert read.common_name == "www"
    assert read.names == (
        GeneralName(Kind.DNS, "www.test"),
        GeneralName(Kind.DNS, "*.www.test"),
        GeneralName(Kind.IP, "192.0.2.1"),
        GeneralName(Kind.IP, "::1"),
    )
    assert (read.key_type, read.key_bits, read.curve) == ("ec", 256, "secp256r1")
    assert (read.signature_algorithm, read.digest) == ("ecdsa-with-SHA256", "sha256")
    assert (read.is_ca, read.self_issued, read.duplicates, read.malformed) == (
        False,
        False,
        False,
        (),
    )


def test_what_an_ordinary_authority_says(authority: trustme.CA) -> None:
    read = Certificate.parse(pem.certificates(authority.cert_pem.bytes())[0])
    assert (read.is_ca, read.self_issued, read.san, read.names) == (True, True, None, ())


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        pytest.param(der.integer(-0x4321), -0x4321, id="negative"),
        pytest.param(der.integer(0), 0, id="zero"),
        pytest.param(der.integer(2**175), 2**175, id="22 octets"),
        pytest.param(b"\x02\x02\x00\x05", 5, id="not in the shortest form"),
    ],
)
def test_odd_serials_are_read(build: Make, serial: bytes, expected: int) -> None:
    assert Certificate.parse(build(serial=serial)).serial == expected


def test_raw_parts_stand_as_in_the_certificate(build: Make, extension: Make) -> None:
    subject = b"\x30\x81\x00"  # a length in a longer form
    san = der.sequence(dns(b"a\0b.test"), dns(b"\xff"))
    read = Certificate.parse(build(subject=subject, extensions=(extension(SUBJECT_ALT_NAME, san),)))
    assert (read.subject, read.subject_name, read.san) == (subject, "", san)
    assert [name.value for name in read.names] == ["a\0b.test", "\xff"]


BAD_NAME = der.sequence(der.integer(1))
BAD_DATES = der.sequence(der.element(der.UTC_TIME, b"2613"), der.time(datetime.datetime.min))
MALFORMED = [
    pytest.param({"validity": BAD_DATES}, "dates", id="dates"),
    pytest.param({"validity": der.sequence()}, "dates", id="no dates"),
    pytest.param({"subject": BAD_NAME}, "subject", id="subject"),
    pytest.param({"issuer": BAD_NAME}, "issuer", id="issuer"),
    pytest.param({"extensions": (der.integer(1),)}, "extensions", id="no extension"),
    pytest.param({"extensions": (der.sequence(der.oid("1.2")),)}, "extensions", id="no value"),
]


@pytest.mark.parametrize(("fields", "part"), MALFORMED)
def test_what_cannot_be_read_is_named(build: Make, fields: dict[str, bytes], part: str) -> None:
    assert Certificate.parse(build(**fields)).malformed == (part,)


@pytest.mark.parametrize(
    "san",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"rubbish", id="rubbish"),
        pytest.param(der.sequence(dns(b"a"))[:-1], id="cut short"),
    ],
)
def test_a_subject_alt_name_that_cannot_be_read_is_named(
    build: Make, extension: Make, san: bytes
) -> None:
    read = Certificate.parse(build(extensions=(extension(SUBJECT_ALT_NAME, san),)))
    assert (read.malformed, read.names, read.san) == (("subject-alt-name",), (), san)


def test_a_subject_alt_name_without_names_is_no_fault(build: Make, extension: Make) -> None:
    read = Certificate.parse(build(extensions=(extension(SUBJECT_ALT_NAME, der.sequence()),)))
    assert (read.malformed, read.names) == ((), ())


def test_the_first_of_two_extensions_counts_and_both_are_noted(
    build: Make, extension: Make
) -> None:
    first, second = der.sequence(dns(b"first")), der.sequence(dns(b"second"))
    read = Certificate.parse(
        build(extensions=(extension(SUBJECT_ALT_NAME, first), extension(SUBJECT_ALT_NAME, second)))
    )
    assert (read.duplicates, read.san, len(read.extensions)) == (True, first, 2)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"rubbish", id="rubbish"),
        pytest.param(b"", id="nothing"),
        pytest.param(der.sequence(der.sequence(der.oid("1.2"))), id="no location"),
    ],
)
@pytest.mark.parametrize("oid", [AUTHORITY_INFO_ACCESS, BASIC_CONSTRAINTS])
def test_other_unreadable_extensions_are_no_fault(
    build: Make, extension: Make, oid: str, value: bytes
) -> None:
    read = Certificate.parse(build(extensions=(extension(oid, value),)))
    assert (read.malformed, read.ca_issuers, read.ocsp, read.is_ca) == ((), (), (), False)


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        pytest.param(der.sequence(der.boolean(True)), True, id="a CA"),
        pytest.param(der.sequence(der.boolean(True), der.integer(0)), True, id="with a length"),
        pytest.param(der.sequence(der.boolean(False)), False, id="spelled out that it is none"),
        pytest.param(der.sequence(), False, id="none"),
        pytest.param(der.sequence(der.integer(1)), False, id="a length alone"),
    ],
)
def test_who_is_a_ca(build: Make, extension: Make, constraints: bytes, expected: bool) -> None:
    read = Certificate.parse(build(extensions=(extension(BASIC_CONSTRAINTS, constraints, True),)))
    assert (read.is_ca, read.extensions[0].critical) == (expected, True)


def test_where_the_issuer_and_the_responder_are_found(build: Make, extension: Make) -> None:
    def location(method: str, url: bytes) -> bytes:
        uri = der.element(der.context(6, constructed=False), url)
        return der.sequence(der.oid("1.3.6.1.5.5.7.48." + method), uri)

    access = der.sequence(location("1", b"http://ocsp/"), location("2", b"http://ca/"))
    read = Certificate.parse(build(extensions=(extension(AUTHORITY_INFO_ACCESS, access),)))
    assert (read.ca_issuers, read.ocsp) == (("http://ca/",), ("http://ocsp/",))


def test_a_certificate_without_extensions_is_read(build: Make) -> None:
    read = Certificate.parse(build(extensions=None))
    assert (read.extensions, read.san, read.malformed) == ((), None, ())


def test_a_certificate_that_names_no_version_is_of_the_first(build: Make) -> None:
    tbs, *rest = der.items(der.only(build(extensions=None), der.SEQUENCE).content)
    fields = list(der.items(tbs.content))[1:]
    first = der.sequence(der.sequence(*(f.raw for f in fields)), *(part.raw for part in rest))
    assert Certificate.parse(first).version == 1


def test_a_key_that_nobody_knows_is_unknown(build: Make) -> None:
    assert Certificate.parse(build(spki=der.sequence())).key_type == "unknown"


def test_certificates_are_equal_by_their_der(build: Make) -> None:
    data = build()
    assert Certificate.parse(data) == Certificate.parse(bytes(bytearray(data)))
    assert Certificate.parse(data) != Certificate.parse(build(serial=der.integer(8)))
    assert len({Certificate.parse(data), Certificate.parse(data)}) == 1


def test_one_parse_serves_all_who_ask(build: Make) -> None:
    assert Certificate.parse(build()) is Certificate.parse(build())


def test_a_large_certificate_is_read_too(build: Make, extension: Make) -> None:
    san = der.sequence(*(dns(b"host-%d.test" % number) for number in range(2000)))
    data = build(extensions=(extension(SUBJECT_ALT_NAME, san),))
    assert len(Certificate.parse(data).names) == 2000
    assert Certificate.parse(data) == Certificate.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"-----BEGIN CERTIFICATE-----", id="text"),
        pytest.param(der.sequence(), id="an empty sequence"),
        pytest.param(der.sequence(der.sequence(), der.sequence()), id="two parts"),
        pytest.param(der.sequence(der.sequence(), der.sequence(), b"\x03\x00"), id="no fields"),
    ],
)
def test_a_broken_outer_structure_is_a_der_error(data: bytes) -> None:
    with pytest.raises(der.DerError):
        Certificate.parse(data)


def test_what_follows_a_certificate_is_a_der_error(build: Make) -> None:
    with pytest.raises(der.DerError):
        Certificate.parse(build() + b"\x00")


@given(data=st.data())
def test_a_damaged_certificate_raises_nothing_but_der_errors(
    data: st.DataObject, leaf: bytes
) -> None:
    try:
        read = Certificate.parse(data.draw(damaged(leaf)))
    except der.DerError:
        return
    assert all(part in read.der for part in (read.subject, read.issuer, read.spki))
    assert read.san is None or read.san in read.der
    assert (read.not_before is None or read.not_after is None) == ("dates" in read.malformed)


HEADS = st.sampled_from(
    (b"\x30\x80", b"\x30\x82\xff\xff", b"\x30\x84\x7f\xff\xff\xff", b"\xa0\x83\1\0\0")
)


@given(nested(HEADS, 30_000))
def test_certificates_in_certificates_raise_nothing_but_der_errors(data: bytes) -> None:
    with pytest.raises(der.DerError):
        Certificate.parse(data)


def test_what_is_nested_soundly_a_thousand_times_is_read_without_recursion(
    build: Make, extension: Make
) -> None:
    inner = b""
    for _ in range(5000):
        inner = der.sequence(inner)
    for oid in (SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, AUTHORITY_INFO_ACCESS):
        read = Certificate.parse(build(extensions=(extension(oid, inner),)))
        assert read.extensions[0].value == inner
    assert "subject" in Certificate.parse(build(subject=inner)).malformed
