import base64
from datetime import datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import (
    DAY,
    NOW,
    Party,
    Spec,
    authority,
    constraints,
    extension,
    issue,
    key_usage,
    name,
)
from clearpane.certificates import der
from clearpane.verification import crl
from damage import damaged, nested
from responders import HOUR, List, entry, parsed, point, points, reason, scope, yes

ROOT = authority(None, "Root")
ICA = authority(ROOT, "Intermediate")
TWIN = authority(ROOT, "Intermediate")
RENAMED = Party(name("Another"), ICA.key)
MUTE = authority(ROOT, "Mute", extensions=(constraints(ca=True), key_usage(0x04)))
URL = "http://ca.test/one.crl"
LEAF = issue(ICA, Spec(extensions=(points(URL, "ldap://ca.test/"),)))
CA = authority(ICA, "CA", serial=0x1234)
NEGATIVE, HUGE = issue(ICA, Spec(serial=-5)), issue(ICA, Spec(serial=1 << 400))
SMALL = issue(ICA, Spec(serial=1))
OF_MUTE = issue(MUTE, Spec())
DELTA = extension("2.5.29.27", der.integer(3), critical=True)
MILD_DELTA = extension("2.5.29.27", der.integer(3))
STRANGE = extension("1.2.3.4", b"\x05\x00", critical=True)
OF_ANOTHER = extension("2.5.29.29", der.sequence(), critical=True)
REVOKED = entry(0x1234)


def scoped(*fields: bytes, **changes: object) -> List:
    return List(ICA, extensions=(scope(*fields),), **changes)  # type: ignore[arg-type]


ROWS = [
    pytest.param(List(ICA), LEAF, "good", id="an empty list"),
    pytest.param(List(ICA, (entry(1), entry(2))), LEAF, "good", id="others are revoked"),
    pytest.param(List(ICA, (entry(1), REVOKED)), LEAF, "revoked", id="revoked"),
    pytest.param(List(ICA, (entry(0x1234, reason(6)),)), LEAF, "revoked", id="on hold"),
    pytest.param(List(ICA, (entry(0x1234, reason(8)),)), LEAF, "good", id="removed from the CRL"),
    pytest.param(
        List(ICA, (entry(0x1234, reason(8)), REVOKED)), LEAF, "revoked", id="removed and back"
    ),
    pytest.param(List(ICA, (entry(-5),)), NEGATIVE, "revoked", id="a negative serial number"),
    pytest.param(List(ICA, (entry(1 << 400),)), HUGE, "revoked", id="a huge serial number"),
    pytest.param(List(ICA, (entry(5),)), NEGATIVE, "good", id="the same without its sign"),
    pytest.param(
        List(ICA, (entry(7, extension("1.2.3", der.integer(1))),)),
        SMALL,
        "good",
        id="its octets stand elsewhere in an entry",
    ),
    # whose
    pytest.param(List(ICA, forged=True), LEAF, "unusable", id="a forged signature"),
    pytest.param(List(ICA, signer=TWIN), LEAF, "unusable", id="another key of the same name"),
    pytest.param(List(ROOT), LEAF, "unusable", id="another issuer's"),
    pytest.param(List(RENAMED), LEAF, "unusable", id="another name with the same key"),
    pytest.param(List(ICA, inner=ICA.algorithm("sha1")), LEAF, "unusable", id="two algorithms"),
    pytest.param(List(ICA, digest="sha1"), LEAF, "unusable", id="signed with SHA-1"),
    pytest.param(List(MUTE), OF_MUTE, "unusable", id="an issuer that may sign no CRLs"),
    # when
    pytest.param(List(ICA, next_update=NOW - HOUR), LEAF, "unusable", id="out of date"),
    pytest.param(
        List(ICA, (REVOKED,), next_update=NOW - HOUR), LEAF, "unusable", id="revoked, out of date"
    ),
    pytest.param(List(ICA, this_update=NOW + HOUR), LEAF, "unusable", id="from the future"),
    pytest.param(List(ICA, next_update=None), LEAF, "good", id="no nextUpdate, an hour old"),
    pytest.param(
        List(ICA, this_update=NOW - 2 * DAY, next_update=None), LEAF, "unusable", id="2 days old"
    ),
    pytest.param(List(ICA, this_update=b"\x17\x01x"), LEAF, "unusable", id="no date"),
    # about what
    pytest.param(List(ICA, extensions=()), LEAF, "good", id="without extensions"),
    pytest.param(List(ICA, extensions=(DELTA,)), LEAF, "unusable", id="a delta CRL"),
    pytest.param(List(ICA, extensions=(MILD_DELTA,)), LEAF, "unusable", id="a delta, not critical"),
    pytest.param(List(ICA, extensions=(STRANGE,)), LEAF, "unusable", id="a critical extension"),
    pytest.param(scoped(yes(4)), LEAF, "unusable", id="an indirect CRL"),
    pytest.param(scoped(yes(6)), LEAF, "unusable", id="a scope that nobody knows"),
    pytest.param(
        List(ICA, (entry(0x1234, OF_ANOTHER),)), LEAF, "unusable", id="an entry of another issuer"
    ),
    pytest.param(
        scoped(der.element(der.context(3, False), b"\x00\x40")), LEAF, "unusable", id="some reasons"
    ),
    pytest.param(scoped(yes(5)), LEAF, "unusable", id="attribute certificates"),
    pytest.param(scoped(yes(2)), LEAF, "unusable", id="CAs only, about a server"),
    pytest.param(scoped(yes(2)), CA, "good", id="CAs only, about a CA"),
    pytest.param(scoped(yes(1)), CA, "unusable", id="servers only, about a CA"),
    pytest.param(scoped(yes(1)), LEAF, "good", id="servers only, about a server"),
    pytest.param(scoped(point(URL)), LEAF, "good", id="its distribution point"),
    pytest.param(scoped(point(URL), entries=(REVOKED,)), LEAF, "revoked", id="its point, revoked"),
    pytest.param(scoped(point(URL + "2")), LEAF, "unusable", id="another distribution point"),
    pytest.param(List(ICA, rest=der.integer(1)), LEAF, "unusable", id="something behind"),
]


def said_of(data: bytes, party: Party = LEAF, now: datetime = NOW):  # type: ignore[no-untyped-def]
    certificate, issuer = parsed(party, MUTE if party is OF_MUTE else ICA)
    return crl.read(data, certificate, issuer, now)


@pytest.mark.parametrize(("made", "party", "state"), ROWS)
def test_what_a_list_is_worth(made: List, party: Party, state: str) -> None:
    status = said_of(made.der, party)
    assert (status.state, bool(status.detail)) == (state, True), status
    assert status.until == (None if state == "unusable" else made.next_update or NOW + HOUR)


def as_pem(data: bytes) -> bytes:
    body = base64.encodebytes(data)
    return b"-----BEGIN X509 CRL-----\n" + body + b"-----END X509 CRL-----\n"


def test_a_list_may_be_pem() -> None:
    assert said_of(as_pem(List(ICA, (REVOKED,)).der)).state == "revoked"
    assert said_of(as_pem(List(ICA).der)).state == "good"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "can't be read", id="nothing"),
        pytest.param(b"<html>", "can't be read", id="a web page"),
        pytest.param(b"-----BEGIN X509 CRL-----\n", "can't be read", id="half a PEM"),
        pytest.param(LEAF.der, "", id="a certificate"),
        pytest.param(bytes(crl.LARGEST + 1), "8 MiB", id="too much"),
    ],
)
def test_what_is_no_list_is_unusable(data: bytes, why: str) -> None:
    status = said_of(data)
    assert status.state == "unusable"
    assert why in status.detail


def test_the_detail_says_when() -> None:
    assert said_of(List(ICA, (REVOKED,)).der).detail == f"CRL: revoked on {NOW - 9 * DAY:%Y-%m-%d}"


def with_points(value: bytes) -> Party:
    return issue(ICA, Spec(extensions=(extension("2.5.29.31", value),)))


REASONS = der.element(der.context(1, False), b"\x00\x40")
RELATIVE = der.element(der.context(0), der.element(der.context(1), b""))


@pytest.mark.parametrize(
    ("party", "urls"),
    [
        pytest.param(LEAF, (URL, "ldap://ca.test/"), id="two points"),
        pytest.param(issue(ICA, Spec(extensions=())), (), id="none"),
        pytest.param(
            with_points(der.sequence(der.sequence(point("http://a/", "http://b/")))),
            ("http://a/", "http://b/"),
            id="one point with two addresses",
        ),
        pytest.param(
            with_points(der.sequence(der.sequence(point(URL), REASONS))), (), id="some reasons only"
        ),
        pytest.param(with_points(der.sequence(der.sequence(RELATIVE))), (), id="a relative name"),
        pytest.param(with_points(b"\x30\x80"), (), id="unreadable"),
        pytest.param(with_points(der.sequence(der.sequence(point()[:2]))), (), id="cut short"),
    ],
)
def test_where_lists_are(party: Party, urls: tuple[str, ...]) -> None:
    assert crl.urls(*parsed(party)) == urls


def test_a_list_near_the_limit_is_read_quickly() -> None:
    entries = [entry(number << 96 | 5) for number in range(1, 200_000)]
    large = List(ICA, (b"".join(entries),)).der
    assert 6 << 20 < len(large) < crl.LARGEST
    started = perf_counter()
    assert said_of(large).state == "good"
    assert said_of(large, issue(ICA, Spec(serial=199_999 << 96 | 5))).state == "revoked"
    assert perf_counter() - started < 10


SOUND = List(ICA, (entry(0x1234, reason(1)),), extensions=(scope(point(URL)),)).der


@given(st.binary(max_size=300))
def test_any_octets_have_a_status(data: bytes) -> None:
    assert said_of(data).state == "unusable"
    assert said_of(as_pem(data)).state == "unusable"


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 500),
)
def test_a_spoilt_list_never_makes_a_revoked_certificate_good(
    changes: list[tuple[int, int]], length: int
) -> None:
    spoilt = bytearray(SOUND)
    for at, octet in changes:
        spoilt[at % len(spoilt)] = octet
    assert said_of(bytes(spoilt)).state in ("revoked", "unusable")
    assert said_of(SOUND[: length % len(SOUND)]).state == "unusable"
    assert said_of(SOUND, now=NOW + timedelta(days=400)).state == "unusable"


@given(damaged(SOUND))
def test_a_damaged_list_never_makes_a_revoked_certificate_good(data: bytes) -> None:
    """Cut, with lengths that lie, with parts that come again."""
    assert said_of(data).state in ("revoked", "unusable")
    assert said_of(as_pem(data)).state in ("revoked", "unusable")


HEADS = st.sampled_from(
    (b"\x30\x80", b"\x30\x82\xff\xff", b"\x30\x84\x7f\xff\xff\xff", b"\xa0\x80")
)


@given(nested(HEADS, 30_000))
def test_lists_in_lists_are_unusable(data: bytes) -> None:
    assert said_of(data).state == "unusable"


def test_what_is_nested_soundly_is_unusable() -> None:
    inner = b""
    for _ in range(8000):
        inner = der.sequence(inner)
    assert said_of(inner).state == "unusable"
    within = List(ICA, extensions=(scope(der.element(der.context(0), inner)),)).der
    assert said_of(within).state == "unusable"
