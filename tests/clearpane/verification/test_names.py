import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import Spec, issue, p256, san
from clearpane.certificates.certificate import Certificate
from clearpane.verification.names import covers

KEY = p256()
V4, V6 = b"\xc0\x00\x02\x01", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01"


def certificate(*names: str | bytes) -> Certificate:
    spec = Spec(extensions=(san(*names),), key=lambda: KEY)
    return Certificate.parse(issue(None, spec).der)


COVERED = [
    pytest.param("www.test", "www.test", id="the same"),
    pytest.param("WWW.Test", "www.test", id="capitals in the certificate"),
    pytest.param("www.test", "WWW.TEST", id="capitals in the name"),
    pytest.param("www.test", "www.test.", id="a trailing dot in the name"),
    pytest.param("*.a.test", "www.a.test", id="a wildcard for one label"),
    pytest.param("*.A.test", "xn--bcher-kva.a.test", id="a wildcard for an IDNA label"),
    pytest.param("xn--bcher-kva.test", "bücher.test", id="IDNA, asked for in Unicode"),
    pytest.param("under_score.test", "under_score.test", id="an underscore"),
    pytest.param("localhost", "localhost", id="a single label"),
    pytest.param(V4, "192.0.2.1", id="IPv4"),
    pytest.param(V4, "::ffff:192.0.2.1", id="IPv4 asked for in IPv6"),
    pytest.param(V6, "2001:0DB8::1", id="IPv6 in another spelling"),
]

NOT_COVERED = [
    pytest.param("www.test", "test", id="the parent"),
    pytest.param("www.test", "a.www.test", id="a child"),
    pytest.param("*.a.test", "a.test", id="a wildcard's own parent"),
    pytest.param("*.a.test", "b.www.a.test", id="a wildcard for two labels"),
    pytest.param("*.test", "www.test", id="a wildcard right above the top"),
    pytest.param("*", "localhost", id="a wildcard alone"),
    pytest.param("w*.a.test", "www.a.test", id="part of a label at its start"),
    pytest.param("*w.a.test", "www.a.test", id="part of a label at its end"),
    pytest.param("www.*.test", "www.a.test", id="a wildcard in the middle"),
    pytest.param("*.*.test", "www.a.test", id="two wildcards"),
    pytest.param("www.test\0.evil.test", "www.test", id="a NUL in the certificate"),
    pytest.param("www.test", "www.test\0.evil.test", id="a NUL in the name"),
    pytest.param("www.test.", "www.test", id="a trailing dot in the certificate"),
    pytest.param("bücher.test", "bücher.test", id="Unicode in the certificate"),
    pytest.param(" www.test", "www.test", id="a blank in the certificate"),
    pytest.param("192.0.2.1", "192.0.2.1", id="an address as a dNSName"),
    pytest.param("192.0.2.1", "192.0.2.1.", id="an address with a trailing dot"),
    pytest.param("*.0.2.1", "192.0.2.1", id="an address under a wildcard"),
    pytest.param(bytes(10) + b"\xff\xff" + V4, "192.0.2.1", id="IPv6 for an IPv4 address"),
    pytest.param(V4, "192.0.2.2", id="another address"),
    pytest.param(b"www.", "www.", id="four octets that spell a name"),
    pytest.param("", "", id="the empty name"),
    pytest.param("*.a.test", "*.a.test", id="an asterisk asked for"),
    pytest.param("*.a.test", ".a.test", id="an empty label"),
]


@pytest.mark.parametrize(("held", "asked"), COVERED)
def test_covered(held: str | bytes, asked: str) -> None:
    assert covers(certificate("other.test", held), asked)


@pytest.mark.parametrize(("held", "asked"), NOT_COVERED)
def test_not_covered(held: str | bytes, asked: str) -> None:
    assert not covers(certificate("other.test", held), asked)


def test_the_common_name_does_not_count() -> None:
    spec = Spec(extensions=(), key=lambda: KEY)
    assert not covers(Certificate.parse(issue(None, spec).der), "www.test")


NAME = st.lists(st.sampled_from(("a", "b", "*", "a*", "", "\0")), max_size=4).map(".".join)


@given(NAME, NAME)
def test_nothing_matches_wider_than_a_whole_label(held: str, asked: str) -> None:
    if not covers(certificate(held), asked):
        return
    (ours, *rest), theirs = held.split("."), asked.removesuffix(".").split(".")
    assert rest == theirs[1:]
    assert ours == theirs[0] or (ours == "*" and len(rest) > 1)
    assert set(asked) <= set("ab.")
