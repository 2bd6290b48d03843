from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from chains import SERVER_AUTH, Spec, issue, purpose, san
from chains import authority as issuer
from clearpane.authorities import keys, leaf, make
from clearpane.authorities.authority import Authority, AuthorityName, chain
from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate
from damage import damaged

type Make = Callable[..., Certificate]
type OpenSSL = Callable[..., str]
type Handshake = Callable[..., str]


def text(**parts: str) -> bytes:
    """A subject in DER; the values are UTF8Strings."""
    oids = {"CN": "2.5.4.3", "C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11"}
    pairs = [
        der.sequence(der.oid(oids[key]), der.element(der.UTF8_STRING, value.encode()))
        for key, value in parts.items()
    ]
    return der.sequence(*(der.element(der.SET, pair) for pair in pairs))


def names(*found: tuple[int, bytes]) -> bytes:
    return der.sequence(*(der.element(tag, value) for tag, value in found))


DAY = timedelta(days=1)
NEXT_YEAR = f"{datetime.now(UTC) + 365 * DAY:%Y%m%d%H%M%S}Z".encode()  # noqa: TID251
DNS, ADDRESS = 0x82, 0x87
HOST = (DNS, b"www.test")
UNKNOWN_PART = der.element(
    der.SET, der.sequence(der.oid("1.3.6.1.4.1.99999.1"), der.element(der.UTF8_STRING, b"x"))
)
OTHER_NAMES = names(
    (0x81, b"mail@www.test"),
    HOST,
    (0x86, b"https://www.test/"),
    (0xA4, text(CN="directory")),
    (0xA0, der.oid("1.3.6.1.4.1.311.20.2.3") + der.element(0xA0, der.element(12, b"u@x"))),
    (0x88, der.oid("1.3.6.1.4.1.99999")[2:]),
)

# What servers were seen to send: each becomes a leaf that strict readers take.
SOUND = [
    pytest.param({}, id="an ordinary certificate"),
    pytest.param({"subject": text(O="Only")}, id="no common name"),
    pytest.param({"subject": text(CN="x" * 70)}, id="a common name of 70 characters"),
    pytest.param({"subject": text(CN="x" * 90)}, id="a common name of 90 characters"),
    pytest.param({"subject": text(C="DEU", CN="www.test")}, id="a country of three letters"),
    pytest.param({"subject": text(O="", OU="")}, id="empty values"),
    pytest.param({"subject": text(O='a"\r\n|=<b>')}, id="control characters and markup"),
    pytest.param(
        {"subject": der.sequence(text(OU="a")[2:], text(OU="a")[2:], UNKNOWN_PART)},
        id="a repeated unit and an unknown part",
    ),
    pytest.param({"subject": der.sequence()}, id="an empty subject"),
    pytest.param(
        {"san": names(*((DNS, b"h%d.test" % n) for n in range(999)), HOST)}, id="a thousand names"
    ),
    pytest.param(
        {"san": names(HOST, (ADDRESS, bytes((127, 0, 0, 1))), (ADDRESS, bytes(15) + b"\x01"))},
        id="addresses",
    ),
    pytest.param({"san": names(HOST, (DNS, b"xn--bcher-kva.test"))}, id="a name with an umlaut"),
    pytest.param({"san": names(HOST, (DNS, b"*.www.test"))}, id="a wildcard"),
    pytest.param({"san": names(HOST, (DNS, b"127.0.0.1"))}, id="an address as a dNSName"),
    pytest.param({"san": names(HOST, (DNS, b"bank.test\x00.evil.test"))}, id="a NUL in a name"),
    pytest.param({"san": names(HOST, (DNS, b"a" * 200))}, id="a name of 200 octets"),
    pytest.param({"san": OTHER_NAMES}, id="six kinds of names"),
    pytest.param({"serial": der.integer(-0x4321)}, id="a negative serial"),
    pytest.param({"serial": der.integer(1 << 170)}, id="a serial of 22 octets"),
    pytest.param({"serial": der.integer(0)}, id="the serial zero"),
    pytest.param({"start": datetime(1965, 3, 1, tzinfo=UTC)}, id="a start before 1970"),
    pytest.param({"start": datetime(1948, 3, 1, tzinfo=UTC)}, id="a start before UTCTime"),
    pytest.param({"end": datetime(2055, 3, 1, tzinfo=UTC)}, id="an end after UTCTime"),
    pytest.param({"end": der.element(24, NEXT_YEAR)}, id="a year before 2050 as GeneralizedTime"),
    pytest.param({"end": der.element(24, b"99991231235959Z")}, id="no end at all (RFC 5280)"),
]


@pytest.mark.parametrize("parts", SOUND)
@pytest.mark.parametrize("anchor", ["trust", "rsa_trust"])
@pytest.mark.parametrize("key", ["leaf_key", "rsa_leaf_key"])
def test_every_leaf_is_one_to_strict_readers(
    parts: dict[str, bytes],
    anchor: str,
    key: str,
    real: Make,
    secret: bytes,
    now: datetime,
    request: pytest.FixtureRequest,
    openssl: OpenSSL,
    handshake: Handshake,
    tmp_path: Path,
) -> None:
    authority: Authority = request.getfixturevalue(anchor)
    own: keys.PrivateKey = request.getfixturevalue(key)
    server = real(**parts)
    forged = leaf.forge(server, authority, keys.public_key(own), secret, now)
    assert_is_leaf(forged, server, authority, own)
    (tmp_path / "ca.pem").write_text(pem.to_pem(authority.certificate.der))
    (tmp_path / "leaf.pem").write_text(pem.to_pem(forged))
    strict = ("-x509_strict", "-purpose", "sslserver", "-attime", str(int(now.timestamp())))
    openssl("verify", *strict, "-CAfile", "ca.pem", "leaf.pem")
    assert "<" not in openssl(
        "x509", "-in", "leaf.pem", "-noout", "-ext", "keyUsage,basicConstraints"
    )
    assert handshake(forged, own, authority, "www.test") == ""


def assert_is_leaf(
    forged: bytes, server: Certificate, authority: Authority, key: keys.PrivateKey
) -> None:
    """Ours in everything but subject, names and dates."""
    read, ours = x509.load_der_x509_certificate(forged), Certificate.parse(forged)
    above = x509.load_der_x509_certificate(authority.certificate.der)
    read.verify_directly_issued_by(above)
    assert read.version is x509.Version.v3
    assert isinstance(read.signature_hash_algorithm, hashes.SHA256)
    assert read.public_key() == key.public_key()
    assert ours.subject == server.subject
    assert ours.san == server.san
    assert 0 < ours.serial < 1 << 159
    found = read.extensions
    assert [(e.oid._name, e.critical) for e in found] == [
        ("keyUsage", True),
        ("extendedKeyUsage", False),
        ("basicConstraints", True),
        ("subjectKeyIdentifier", False),
        ("authorityKeyIdentifier", False),
        ("subjectAltName", not der.only(server.subject, der.SEQUENCE).content),
    ]
    usage = found.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment == (ours.key_type == "rsa")
    assert not (usage.key_cert_sign or usage.crl_sign or usage.key_agreement)
    purposes = found.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca
    issuer = found.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert (
        issuer == above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    )


MOMENT = datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
ENDS = [
    pytest.param("2027-06-01", "2027-06-01", id="within the authority's: as it is"),
    pytest.param("2055-01-01", "AUTHORITY", id="beyond the authority's: cut to it"),
    pytest.param("2015-06-01", "2015-06-01", id="expired before the authority was: as it is"),
    pytest.param("2026-11-25T12:04:59", "2026-11-25T12:04:59", id="expired this second: as it is"),
]


@pytest.mark.parametrize(("end", "forged_end"), ENDS)
def test_the_end_is_the_real_one_but_for_the_authoritys(
    end: str,
    forged_end: str,
    real: Make,
    authority: Callable[..., Authority],
    secret: bytes,
    leaf_key: keys.PrivateKey,
) -> None:
    signer = authority(now=MOMENT)
    start = datetime(2014, 6, 1, tzinfo=UTC)
    server = real(start=start, end=datetime.fromisoformat(end).replace(tzinfo=UTC))
    forged = Certificate.parse(
        leaf.forge(server, signer, keys.public_key(leaf_key), secret, MOMENT)
    )
    last = signer.certificate.not_after
    expected = last if forged_end == "AUTHORITY" else datetime.fromisoformat(forged_end)
    assert expected is not None
    assert forged.not_after == expected.replace(tzinfo=UTC)
    assert forged.not_before == start


def test_an_expired_leaf_is_not_cut_though_its_authority_has_expired_earlier(
    real: Make, authority: Callable[..., Authority], secret: bytes, leaf_key: keys.PrivateKey
) -> None:
    born = datetime(2010, 1, 1, tzinfo=UTC)
    old = authority(now=born, days=100)
    end = born + 200 * DAY
    for now, expected in ((born + 150 * DAY, born + 100 * DAY), (born + 201 * DAY, end)):
        server = real(start=born, end=end)
        forged = leaf.forge(server, old, keys.public_key(leaf_key), secret, now)
        assert Certificate.parse(forged).not_after == expected


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(datetime(2022, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC), id="past"),
        pytest.param(
            datetime(2035, 1, 1, tzinfo=UTC), datetime(2034, 12, 1, tzinfo=UTC), id="next"
        ),
        pytest.param(
            datetime(2099, 1, 1, tzinfo=UTC), datetime(2098, 1, 1, tzinfo=UTC), id="later"
        ),
    ],
)
def test_inverted_dates_stay_inverted(
    start: datetime,
    end: datetime,
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    server = real(start=start, end=end)
    forged = Certificate.parse(leaf.forge(server, trust, keys.public_key(leaf_key), secret, now))
    assert forged.not_before == start
    assert forged.not_after is not None
    assert forged.not_after < start


def test_the_client_sees_the_real_sites_expiry(
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
    handshake: Handshake,
) -> None:
    server = real(start=datetime(2014, 1, 1, tzinfo=UTC), end=datetime(2015, 1, 1, tzinfo=UTC))
    forged = leaf.forge(server, trust, keys.public_key(leaf_key), secret, now)
    assert handshake(forged, leaf_key, trust, "www.test") == "certificate has expired"


def test_the_client_sees_the_real_sites_wrong_name(
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
    handshake: Handshake,
) -> None:
    server = real(san=names((DNS, b"bank.test\x00.www.test"), (DNS, b"other.test")))
    forged = leaf.forge(server, trust, keys.public_key(leaf_key), secret, now)
    for host in ("bank.test", "www.test"):
        assert "mismatch" in handshake(forged, leaf_key, trust, host)


def test_a_client_that_trusts_forward_trust_is_warned_of_untrust(
    real: Make,
    trust: Authority,
    untrust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
    handshake: Handshake,
) -> None:
    forged = leaf.forge(real(), untrust, keys.public_key(leaf_key), secret, now)
    assert "unable to get local issuer" in handshake(forged, leaf_key, trust, "www.test")


@pytest.mark.parametrize(
    "san",
    [pytest.param(None, id="no names"), pytest.param(der.sequence(), id="an empty list of names")],
)
@pytest.mark.parametrize("subject", [text(CN="www.test"), der.sequence()])
def test_no_name_is_invented(
    san: bytes | None,
    subject: bytes,
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    server = real(subject=subject, san=san)
    forged = Certificate.parse(leaf.forge(server, trust, keys.public_key(leaf_key), secret, now))
    assert forged.san is None
    assert forged.subject == subject


# OpenSSL takes these from servers and clients; cryptography does not.
UNSOUND_SUBJECTS = [
    pytest.param(
        der.sequence(der.element(der.SET, text(O="zz")[4:], text(CN="a")[4:])),
        id="a set out of order",
    ),
    pytest.param(
        der.sequence(
            der.element(der.SET, der.sequence(der.oid("2.5.4.3"), der.element(19, b"a@\xe4")))
        ),
        id="a PrintableString with an umlaut",
    ),
    pytest.param(b"\x30\x81" + text(CN="www.test")[1:], id="a length not in its shortest form"),
]


@pytest.mark.parametrize("subject", UNSOUND_SUBJECTS)
def test_a_subject_that_breaks_rules_is_copied_as_it_is(
    subject: bytes,
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
    handshake: Handshake,
) -> None:
    server = real(subject=subject)
    forged = leaf.forge(server, trust, keys.public_key(leaf_key), secret, now)
    assert Certificate.parse(forged).subject == server.subject
    assert handshake(forged, leaf_key, trust, "www.test") == ""


def test_nothing_else_of_the_real_certificate_is_copied(
    real: Make, trust: Authority, secret: bytes, leaf_key: keys.PrivateKey, now: datetime
) -> None:
    oids = {
        "1.3.6.1.4.1.11129.2.4.2": "signed certificate timestamps",
        "1.3.6.1.5.5.7.1.24": "must-staple",
        "1.3.6.1.5.5.7.1.1": "authority information access",
        "2.5.29.31": "CRL distribution points",
        "2.5.29.32": "policies",
        "2.5.29.19": "basic constraints",
        "1.2.3.4": "an unknown critical one",
    }
    extensions = b"".join(
        der.sequence(der.oid(oid), der.boolean(True), der.octet_string(b"\x30\x03\x01\x01\xff"))
        for oid in oids
    )
    public = keys.public_key(leaf_key)
    plain = Certificate.parse(leaf.forge(real(), trust, public, secret, now))
    full = Certificate.parse(leaf.forge(real(extensions=extensions), trust, public, secret, now))
    assert full.extensions == plain.extensions


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"end": der.element(23, b"nonsense")}, id="an end that is no date"),
        pytest.param({"start": der.element(24, b"20269999000000Z")}, id="a start that is no date"),
        pytest.param({"subject": b"\x04\x00"}, id="a subject that is none"),
        pytest.param({"san": b"\x30\x05\x82\x09www"}, id="names that are cut short"),
    ],
)
def test_what_cannot_be_read_is_not_stood_for(
    parts: dict[str, bytes],
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    with pytest.raises(ValueError, match="malformed"):
        leaf.forge(real(**parts), trust, keys.public_key(leaf_key), secret, now)


def test_the_same_input_gives_the_same_octets_on_every_node(
    real: Make, authority: Callable[..., Authority], now: datetime
) -> None:
    for kind in ("ec-p256", "ec-p384", "rsa-2048"):
        signer = authority(kind)
        forged = set()
        for _node in range(3):
            secret = keys.secret(signer.key)
            public = keys.public_key(keys.leaf_key(secret))
            forged.add(leaf.forge(real(), signer, public, secret, now + _node * DAY))
        assert len(forged) == 1


def serial(forged: bytes) -> int:
    return Certificate.parse(forged).serial


def test_a_leaf_of_another_authority_key_or_secret_has_another_serial(
    real: Make,
    trust: Authority,
    authority: Callable[..., Authority],
    secret: bytes,
    leaf_key: keys.PrivateKey,
    rsa_leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    public = keys.public_key(leaf_key)
    renewed = make.certificate(trust.key, make.subject("Test Forward Trust"), now, 3000)
    serials = [
        serial(leaf.forge(real(), trust, public, secret, now)),
        serial(leaf.forge(real(), authority(), public, secret, now)),
        serial(
            leaf.forge(
                real(), replace(trust, certificate=Certificate.parse(renewed)), public, secret, now
            )
        ),
        serial(leaf.forge(real(), trust, keys.public_key(rsa_leaf_key), secret, now)),
        serial(leaf.forge(real(), trust, public, b"another secret", now)),
        serial(leaf.page("www.test", trust, public, secret, now)),
    ]
    assert len(set(serials)) == len(serials)


@given(data=st.data())
def test_a_leaf_for_a_certificate_that_differs_in_one_octet_has_another_serial(
    data: st.DataObject,
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    server = real(san=names(HOST, (DNS, b"more.test")))
    place = data.draw(st.integers(0, len(server.der) - 1))
    octet = data.draw(st.integers(0, 255).filter(lambda o: o != server.der[place]))
    changed = server.der[:place] + bytes((octet,)) + server.der[place + 1 :]
    public = keys.public_key(leaf_key)
    try:
        other = leaf.forge(Certificate.parse(changed), trust, public, secret, now)
    except ValueError:
        return
    assert 0 < serial(other) < 1 << 127
    assert serial(other) != serial(leaf.forge(server, trust, public, secret, now))


REAL = issue(
    issuer(None, "Any issuer"),
    Spec(
        subject=text(C="CH", O="Zürich AG", CN="www.test"),
        extensions=(san("www.test", "*.www.test", bytes((192, 0, 2, 1))), purpose(SERVER_AUTH)),
    ),
).der


def entries(found: bytes | None, *tags: int) -> list[tuple[int, bytes]]:
    """Tag and content of the names in a subjectAltName, of these tags or of all."""
    inner = der.items(der.only(found, der.SEQUENCE).content) if found else ()
    return [each[:2] for each in inner if not tags or each.tag in tags]


@given(data=damaged(REAL))
def test_a_damaged_certificate_is_copied_octet_for_octet_or_not_at_all(
    data: bytes, trust: Authority, secret: bytes, leaf_key: keys.PrivateKey, now: datetime
) -> None:
    try:
        server = Certificate.parse(data)
    except der.DerError:
        return
    try:
        forged = leaf.forge(server, trust, keys.public_key(leaf_key), secret, now)
    except ValueError:
        assert {"dates", "subject", "subject-alt-name"}.intersection(server.malformed)
        return
    copy = Certificate.parse(forged)
    assert (copy.subject, copy.not_before) == (server.subject, server.not_before)
    assert entries(copy.san, DNS, ADDRESS) == entries(server.san, DNS, ADDRESS)
    assert set(entries(copy.san)) <= set(entries(server.san))
    end, ours = server.not_after, trust.certificate.not_after
    assert end and ours
    assert copy.not_after == (end if end < now else min(end, ours))


@given(subject=st.binary(max_size=80), san=st.binary(max_size=80), number=st.integers())
def test_no_certificate_makes_the_forge_fail_otherwise(
    subject: bytes,
    san: bytes,
    number: int,
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    try:
        server = real(subject=der.sequence(subject), san=san, serial=der.integer(number))
        forged = leaf.forge(server, trust, keys.public_key(leaf_key), secret, now)
    except ValueError:
        return
    assert Certificate.parse(forged).subject == server.subject


@pytest.mark.parametrize(
    ("host", "asked", "common_name"),
    [
        pytest.param("www.test", "www.test", "www.test", id="a host"),
        pytest.param("WWW.Test.", "www.test", "www.test", id="capitals and the last dot"),
        pytest.param("bücher.test", "xn--bcher-kva.test", "xn--bcher-kva.test", id="an umlaut"),
        pytest.param("127.0.0.1", "127.0.0.1", "127.0.0.1", id="an IPv4 address"),
        pytest.param("::1", "::1", "::1", id="an IPv6 address"),
        pytest.param(f"{'a' * 60}.test", f"{'a' * 60}.test", "", id="too long for a common name"),
        pytest.param(
            "under_score.test", "under_score.test", "under_score.test", id="an underscore"
        ),
    ],
)
def test_a_page_is_served_under_the_name_that_was_asked_for(
    host: str,
    asked: str,
    common_name: str,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
    handshake: Handshake,
) -> None:
    made = leaf.page(host, trust, keys.public_key(leaf_key), secret, now)
    read = Certificate.parse(made)
    assert read.common_name == common_name
    san = x509.load_der_x509_certificate(made).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert san.critical == (not common_name)
    assert handshake(made, leaf_key, trust, asked) == ""


def test_a_page_lives_for_a_week_and_is_the_same_all_day(
    trust: Authority, secret: bytes, leaf_key: keys.PrivateKey
) -> None:
    public = keys.public_key(leaf_key)
    noon = datetime(2026, 12, 24, 12, tzinfo=UTC)
    made = leaf.page("www.test", trust, public, secret, noon)
    read = Certificate.parse(made)
    assert read.not_before == datetime(2026, 12, 23, tzinfo=UTC)
    assert read.not_after == datetime(2026, 12, 31, tzinfo=UTC)
    assert leaf.page("www.test", trust, public, secret, noon + timedelta(hours=11)) == made
    assert leaf.page("www.test", trust, public, secret, noon + DAY) != made


def test_a_page_does_not_outlive_its_authority(
    authority: Callable[..., Authority], secret: bytes, leaf_key: keys.PrivateKey, now: datetime
) -> None:
    short = authority(days=1)
    made = Certificate.parse(leaf.page("x.test", short, keys.public_key(leaf_key), secret, now))
    assert made.not_before == short.certificate.not_before
    assert made.not_after == short.certificate.not_after


@pytest.mark.parametrize("host", ["", "a b", "x" * 300, "a..b", "*.test", "a\x00b"])
def test_a_page_under_no_name_is_a_mistake(
    host: str, trust: Authority, secret: bytes, leaf_key: keys.PrivateKey, now: datetime
) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        leaf.page(host, trust, keys.public_key(leaf_key), secret, now)


def test_a_subordinate_authority_sends_its_chain(
    company: Authority,
    signed: Make,
    real: Make,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
    handshake: Handshake,
) -> None:
    key = make.new_key(make.KeyKind.EC_P256)
    own = signed("Subordinate", key, company)
    below = Authority(AuthorityName.TRUST, own, chain(own, [company.certificate.der]), key)
    forged = leaf.forge(real(), below, keys.public_key(leaf_key), secret, now)
    assert handshake(forged, leaf_key, company, "www.test", below.chain) == ""
    assert "unable to get local issuer" in handshake(forged, leaf_key, company, "www.test")


def oids(forged: Certificate) -> set[str]:
    return {extension.oid for extension in forged.extensions}


def test_a_restricted_leaf_has_what_browsers_need_and_a_serial_of_its_own(
    real: Make, trust: Authority, secret: bytes, leaf_key: keys.PrivateKey, now: datetime
) -> None:
    public = keys.public_key(leaf_key)
    plain = leaf.forge(real(), trust, public, secret, now)
    restricted = leaf.forge(real(), trust, public, secret, now, leaf.Flags(restricted=True))
    assert oids(Certificate.parse(restricted)) == {"2.5.29.15", "2.5.29.37", "2.5.29.17"}
    assert serial(restricted) != serial(plain)


@pytest.mark.parametrize(
    ("subject", "san", "expected"),
    [
        pytest.param(text(CN="www.test"), None, ["www.test"], id="a host name"),
        pytest.param(text(CN="192.0.2.1"), None, ["192.0.2.1"], id="an address"),
        pytest.param(text(CN="AnyDesk Client"), None, [], id="no host name"),
        pytest.param(der.sequence(), None, [], id="no name at all"),
        pytest.param(text(CN="other.test"), names(HOST), ["www.test"], id="names of its own"),
    ],
)
def test_a_common_name_is_appended_where_a_profile_says_so(
    subject: bytes,
    san: bytes | None,
    expected: list[str],
    real: Make,
    trust: Authority,
    secret: bytes,
    leaf_key: keys.PrivateKey,
    now: datetime,
) -> None:
    flags, server = leaf.Flags(altname=True), real(subject=subject, san=san)
    forged = leaf.forge(server, trust, keys.public_key(leaf_key), secret, now, flags)
    assert [each.value for each in Certificate.parse(forged).names] == expected
