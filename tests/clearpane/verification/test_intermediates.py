import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from chains import authority
from clearpane.certificates import der, pem
from clearpane.verification.intermediates import LARGEST, MOST, parse
from damage import damaged, nested

ONE, TWO = (authority(None, name).der for name in ("One", "Two"))


def bag(*ders: bytes, encoding: Encoding = Encoding.DER) -> bytes:
    loaded = [x509.load_der_x509_certificate(each) for each in ders]
    return pkcs7.serialize_certificates(loaded, encoding)


def unordered(*ders: bytes) -> bytes:
    """The certificates in an order that DER does not have."""
    parts = (der.integer(1), der.element(der.SET), der.sequence(der.oid("1.2.840.113549.1.7.1")))
    signed = der.sequence(*parts, der.element(der.context(0), *ders), der.element(der.SET))
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.element(der.context(0), signed))


def text(*ders: bytes) -> bytes:
    return "".join(map(pem.to_pem, ders)).encode()


READ = {
    "one in DER": (ONE, [ONE]),
    "one in PEM": (text(ONE), [ONE]),
    "two in PEM": (text(ONE, TWO), [ONE, TWO]),
    "PEM after other text": (b"subject=CN=One\n" + text(ONE), [ONE]),
    "the same one twice": (text(ONE, ONE), [ONE]),
    "PKCS#7 in DER": (bag(ONE), [ONE]),
    "PKCS#7 with two, one way": (unordered(ONE, TWO), [ONE, TWO]),
    "PKCS#7 with two, the other way": (unordered(TWO, ONE), [TWO, ONE]),
    "PKCS#7 in PEM": (bag(ONE, encoding=Encoding.PEM), [ONE]),
    "PKCS#7 in PEM that says certificate": (text(bag(ONE)), [ONE]),
    "PKCS#7 with none": (unordered(), []),
    "PKCS#7 with junk beside it": (unordered(b"\x05\x00", ONE), [ONE]),
    "PKCS#7 with another type": (bag(ONE).replace(b"\x07\x02\xa0", b"\x07\x03\xa0", 1), []),
    "DER with something behind it": (ONE + b"\0", []),
    "DER cut short": (ONE[:-1], []),
    "PEM with broken base64": (text(ONE).replace(b"M", b"!", 1), []),
    "PEM with something else inside": (text(b"no certificate"), []),
    "HTML": (b"<html>not found</html>", []),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("body", "expected"), READ.values(), ids=READ)
def test_read(body: bytes, expected: list[bytes]) -> None:
    assert list(parse(body)) == expected


def test_ten_are_taken_and_no_more() -> None:
    ders = [authority(None, f"CA {number}").der for number in range(MOST + 1)]
    assert list(parse(unordered(*ders))) == ders[:MOST]
    assert list(parse(text(*ders))) == ders[:MOST]


def test_what_is_too_large_is_not_read() -> None:
    assert parse(text(ONE).ljust(LARGEST)) == (ONE,)
    assert parse(text(ONE).ljust(LARGEST + 1)) == ()


@given(st.binary(max_size=400))
def test_junk_is_nothing(junk: bytes) -> None:
    assert parse(junk) == ()


@given(
    st.sampled_from([ONE, text(ONE), bag(ONE, TWO), text(bag(TWO)), unordered(ONE, TWO)]),
    st.integers(0, 10_000),
    st.binary(max_size=3),
)
def test_damage_never_raises(body: bytes, at: int, put: bytes) -> None:
    at %= len(body)
    found = parse(body[:at] + put + body[at + 1 :])
    assert len(found) <= 2


@given(st.integers(0, 60), st.sampled_from([b"\x30\x80", b"\x30\x84\x7f\xff\xff\xff", b"\xa0\x82"]))
def test_odd_lengths_never_raise(depth: int, head: bytes) -> None:
    assert parse(head * depth) == ()
    assert parse(b"-----BEGIN PKCS7-----" + base64.b64encode(head * depth)) == ()


@given(damaged(ONE, text(ONE, TWO), bag(ONE, TWO), text(bag(TWO)), unordered(ONE, TWO)))
def test_damage_of_any_kind_never_raises(body: bytes) -> None:
    assert len(parse(body)) <= MOST


@given(
    nested(
        st.sampled_from((b"\x30\x80", b"\x24\x80", b"\xa0\x80", b"\x30\x84\0\0\xff\xff")), 15_000
    )
)
def test_bags_in_bags_are_nothing(body: bytes) -> None:
    assert parse(body) == ()


@pytest.mark.parametrize("ending", [b"", b"\0\0" * 5000], ids=["open", "closed"])
def test_a_bag_that_is_nested_soundly_is_nothing(ending: bytes) -> None:
    """With lengths of its own and with the indefinite ones of BER, as deep as the limit allows."""
    inner = b""
    for _ in range(10_000):
        inner = der.sequence(inner)
    bagged = unordered(inner)
    assert parse(bagged) == () and len(bagged) <= LARGEST
    kind = der.oid("1.2.840.113549.1.7.2")
    assert parse(b"\x30\x80" + kind + b"\xa0\x80" + b"\x30\x80" * 5000 + ending) == ()
