"""Real handshakes in memory: every row of the table of reasons, then what a connection is."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from OpenSSL import SSL

from chains import (
    CERT_SIGN,
    CLIENT_AUTH,
    DAY,
    NOW,
    SERVER_AUTH,
    Party,
    Spec,
    authority,
    constraints,
    extension,
    issue,
    name,
    purpose,
    san,
    shake_hands,
)
from clearpane.certificates import der, pem
from clearpane.errors import ClearpaneError
from clearpane.verification.handshake import Handshake, Seen, TrustStore
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.protocol import ProtocolSettings, Version
from clearpane.verification.verdict import Verdict

PROFILE = DecryptionProfile()
TRUST, UNTRUST = "forward-trust", "forward-untrust"
GOOD = (san("www.test"), purpose(SERVER_AUTH))


@dataclass
class Case:
    """What the server sends, and what is trusted beside the root."""

    sent: tuple[Party, ...]
    anchors: tuple[Party, ...] = field(default=())


type Serve = Callable[..., SSL.Connection]
type Build = Callable[[Party, Party], Case]


def leaf(**changes: object) -> Build:
    """The good chain with a leaf that differs."""
    return lambda root, ica: Case((issue(ica, Spec(**changes)), ica))  # type: ignore[arg-type]


def above(**changes: object) -> Build:
    """The good leaf under an intermediate that differs."""

    def build(root: Party, _: Party) -> Case:
        ica = authority(root, "Other intermediate", **changes)
        return Case((issue(ica, Spec()), ica))

    return build


def misordered(root: Party, ica: Party) -> Case:
    lower = authority(ica, "Lower intermediate")
    return Case((issue(lower, Spec()), ica, lower))


def with_extras(root: Party, ica: Party) -> Case:
    served = issue(ica, Spec())
    return Case((served, served, authority(None, "Stranger"), ica, ica, root))


def cross_expired(root: Party, ica: Party) -> Case:
    """The server also sends the root's own key, certified by a root that has expired."""
    old = authority(None, "Old root", end=NOW - DAY, start=NOW - 900 * DAY)
    cross = issue(
        old,
        Spec(subject=root.subject, key=lambda: root.key, extensions=(constraints(True), CERT_SIGN)),
    )
    return Case((issue(ica, Spec()), ica, cross), (old,))


def eight(root: Party, _: Party) -> Case:
    chain = [root]
    for number in range(7):
        chain.append(authority(chain[-1], f"Intermediate {number}"))
    return Case((issue(chain[-1], Spec()), *chain[:0:-1]))


def trusted_intermediate(root: Party, _: Party) -> Case:
    ica = authority(authority(None, "Private root"), "Private intermediate")
    return Case((issue(ica, Spec()), ica), (ica,))


def under_an_expired_stranger(root: Party, _: Party) -> Case:
    """The trusted intermediate's own issuer is sent along, and is of no concern."""
    stranger = authority(None, "Private root", start=NOW - 90 * DAY, end=NOW - DAY, digest="sha1")
    ica = authority(stranger, "Private intermediate", digest="sha1")
    return Case((issue(ica, Spec()), ica, stranger), (ica,))


def trusted_leaf(root: Party, _: Party) -> Case:
    served = issue(None, Spec(key=lambda: rsa.generate_private_key(65537, 1024)))
    return Case((served,), (served,))


def trusted_leaf_of_a_stranger(root: Party, _: Party) -> Case:
    stranger = authority(None, "Private root", start=NOW - 90 * DAY, end=NOW - DAY)
    served = issue(stranger, Spec())
    return Case((served, stranger), (served,))


def trusted_leaf_that_expired(root: Party, _: Party) -> Case:
    served = issue(None, Spec(start=NOW - 9 * DAY, end=NOW - DAY))
    return Case((served,), (served,))


def self_signed(**changes: object) -> Build:
    return lambda root, ica: Case((issue(None, Spec(**changes)),))  # type: ignore[arg-type]


def unknown_root(*, send_root: bool) -> Build:
    def build(root: Party, _: Party) -> Case:
        stranger = authority(None, "Stranger")
        ica = authority(stranger, "Stranger's intermediate")
        return Case((issue(ica, Spec()), ica, *((stranger,) if send_root else ())))

    return build


def alone(root: Party, ica: Party) -> Case:
    return Case((issue(ica, Spec()),))


def anchor(**changes: object) -> Build:
    """The good leaf right under another anchor."""

    def build(root: Party, _: Party) -> Case:
        other = authority(None, "Other root", **changes)
        return Case((issue(other, Spec()),), (other,))

    return build


def no_ca(root: Party, ica: Party) -> Case:
    server = issue(ica, Spec(subject=name("server")))
    return Case((issue(server, Spec()), server, ica))


def too_long(root: Party, _: Party) -> Case:
    upper = authority(root, "Upper", extensions=(constraints(True, 0), CERT_SIGN))
    lower = authority(upper, "Lower")
    return Case((issue(lower, Spec()), lower, upper))


def permitted(suffix: bytes) -> bytes:
    subtree = der.sequence(der.element(der.context(2, False), suffix))
    return extension("2.5.29.30", der.sequence(der.element(der.context(0), subtree)), True)


def rsa_key(bits: int) -> Callable[[], rsa.RSAPrivateKey]:
    return lambda: rsa.generate_private_key(65537, bits)


CA = (constraints(True), CERT_SIGN)
EXPIRED = {"start": NOW - 60 * DAY, "end": NOW - DAY}
TO_COME = {"start": NOW + DAY, "end": NOW + 60 * DAY}
NO_DATE = der.element(der.UTC_TIME, b"260230000000Z")
ZONED = der.element(der.UTC_TIME, b"270101000000+0100")
NO_SAN = extension("2.5.29.17", b"\x30\x05rub")

ROWS = [
    # chain and name valid
    pytest.param(leaf(), (), TRUST, id="a good chain"),
    pytest.param(misordered, (), TRUST, id="intermediates in the wrong order"),
    pytest.param(with_extras, (), TRUST, id="duplicates, a stranger and the root sent along"),
    pytest.param(cross_expired, (), TRUST, id="an expired cross-certificate beside a good path"),
    pytest.param(eight, (), TRUST, id="eight certificates"),
    pytest.param(trusted_intermediate, (), TRUST, id="a trusted intermediate of no known root"),
    pytest.param(under_an_expired_stranger, (), TRUST, id="what is above a trusted intermediate"),
    pytest.param(trusted_leaf, (), TRUST, id="a trusted device with a weak key, as it stands"),
    pytest.param(trusted_leaf_of_a_stranger, (), TRUST, id="a trusted leaf of an unknown issuer"),
    pytest.param(anchor(digest="sha1"), (), TRUST, id="an anchor's own digest"),
    pytest.param(anchor(key=rsa_key(1024)), (), TRUST, id="an anchor's own key"),
    pytest.param(leaf(extensions=(san("www.test"),)), (), TRUST, id="no usage of any kind"),
    pytest.param(leaf(subject=der.sequence()), (), TRUST, id="an empty subject"),
    pytest.param(leaf(subject=name("x" * 70)), (), TRUST, id="a CommonName of 70 characters"),
    pytest.param(leaf(serial=-0x4321), (), TRUST, id="a negative serial"),
    pytest.param(leaf(serial=2**170), (), TRUST, id="a serial of 22 octets"),
    pytest.param(
        leaf(end=der.element(der.GENERALIZED_TIME, b"20450101000000Z")),
        (),
        TRUST,
        id="GeneralizedTime before 2050",
    ),
    pytest.param(
        leaf(extensions=(*GOOD, extension("1.3.6.1.5.5.7.1.1", b"rubbish"))),
        (),
        TRUST,
        id="an unreadable extension that is not critical",
    ),
    # the issuer
    pytest.param(unknown_root(send_root=True), ("unknown-issuer",), UNTRUST, id="unknown root"),
    pytest.param(
        unknown_root(send_root=False), ("unknown-issuer",), UNTRUST, id="unknown root, not sent"
    ),
    pytest.param(self_signed(), ("self-signed",), UNTRUST, id="self-signed"),
    pytest.param(alone, ("unknown-issuer", "incomplete-chain"), UNTRUST, id="incomplete chain"),
    pytest.param(leaf(forged=True), ("bad-signature",), UNTRUST, id="bad signature"),
    pytest.param(above(forged=True), ("bad-signature",), UNTRUST, id="bad signature above"),
    # path, purpose, constraints, extensions
    pytest.param(no_ca, ("constraints-violated", "invalid-purpose"), UNTRUST, id="no CA issues"),
    pytest.param(too_long, ("constraints-violated",), UNTRUST, id="path longer than allowed"),
    pytest.param(
        above(extensions=(*CA, permitted(b"else.test"))),
        ("constraints-violated",),
        UNTRUST,
        id="name outside the issuer's constraints",
    ),
    pytest.param(
        above(extensions=(*CA, permitted(b"www.test"))), (), TRUST, id="name inside of them"
    ),
    pytest.param(
        leaf(extensions=(san("www.test"), purpose(CLIENT_AUTH))),
        ("invalid-purpose",),
        UNTRUST,
        id="a client's certificate",
    ),
    pytest.param(
        leaf(extensions=(*GOOD, extension("1.2.3.4", b"\x05\x00", critical=True))),
        ("invalid-extension",),
        UNTRUST,
        id="unknown critical extension",
    ),
    pytest.param(
        above(extensions=(*CA, extension("1.2.3.4", b"\x05\x00", critical=True))),
        ("invalid-extension",),
        UNTRUST,
        id="unknown critical extension above",
    ),
    pytest.param(
        leaf(extensions=(*GOOD, *(extension("1.2.3.4", b"\x05\x00"),) * 2)),
        ("invalid-extension",),
        UNTRUST,
        id="an unknown extension twice",
    ),
    pytest.param(
        leaf(extensions=(*GOOD, san("other.test"))),
        ("invalid-extension",),
        UNTRUST,
        id="two lists of names",
    ),
    # strength
    pytest.param(leaf(key=rsa_key(1024)), ("weak-key",), UNTRUST, id="RSA 1024"),
    pytest.param(above(key=rsa_key(1024)), ("weak-key",), UNTRUST, id="RSA 1024 above"),
    pytest.param(leaf(digest="sha1"), ("weak-digest",), UNTRUST, id="SHA-1"),
    pytest.param(above(digest="sha1"), ("weak-digest",), UNTRUST, id="SHA-1 above"),
    # dates
    pytest.param(leaf(**EXPIRED), ("expired",), TRUST, id="expired leaf"),
    pytest.param(leaf(**TO_COME), ("not-yet-valid",), TRUST, id="leaf not yet valid"),
    pytest.param(
        leaf(start=NOW - DAY, end=NOW - 9 * DAY), ("expired",), TRUST, id="end before start"
    ),
    pytest.param(trusted_leaf_that_expired, ("expired",), TRUST, id="expired trusted device"),
    pytest.param(above(**EXPIRED), ("issuer-expired",), UNTRUST, id="expired intermediate"),
    pytest.param(
        above(**TO_COME), ("issuer-not-yet-valid",), UNTRUST, id="intermediate not yet valid"
    ),
    pytest.param(anchor(**EXPIRED), ("issuer-expired",), UNTRUST, id="expired anchor"),
    pytest.param(anchor(**TO_COME), ("issuer-not-yet-valid",), UNTRUST, id="anchor not yet valid"),
    # names
    pytest.param(
        leaf(extensions=(san("other.test"),)), ("name-mismatch",), TRUST, id="another host's name"
    ),
    pytest.param(
        leaf(extensions=(purpose(SERVER_AUTH),)), ("name-mismatch",), TRUST, id="CommonName alone"
    ),
    pytest.param(
        leaf(subject=der.sequence(), extensions=()), ("name-mismatch",), TRUST, id="no name at all"
    ),
    pytest.param(leaf(extensions=(san(),)), ("name-mismatch",), TRUST, id="an empty list of names"),
    pytest.param(
        leaf(extensions=(san("www.test\0.evil.test"),)), ("name-mismatch",), TRUST, id="a NUL"
    ),
    # several at once
    pytest.param(
        leaf(extensions=(san("other.test"),), **EXPIRED),
        ("expired", "name-mismatch"),
        TRUST,
        id="expired for another host",
    ),
    pytest.param(
        self_signed(**EXPIRED), ("self-signed", "expired"), UNTRUST, id="expired and self-signed"
    ),
    pytest.param(
        leaf(digest="sha1", key=rsa_key(1024), extensions=(san("other.test"),), **EXPIRED),
        ("weak-key", "weak-digest", "expired", "name-mismatch"),
        UNTRUST,
        id="four at once",
    ),
]


def verdict_of(case: Case, root: Party, serve: Serve) -> Verdict:
    handshake = Handshake(TrustStore(b"", [party.der for party in (root, *case.anchors)]))
    client, server = (
        handshake.connection("www.test", [], PROFILE.protocol.terms()),
        serve(*case.sent),
    )
    shake_hands(client, server)
    return handshake.verdict(client, "www.test", NOW)


@pytest.mark.parametrize(("build", "reasons", "signer"), ROWS)
def test_each_row_of_the_table(
    build: Build,
    reasons: tuple[str, ...],
    signer: str,
    root: Party,
    intermediate: Party,
    serve: Serve,
) -> None:
    case = build(root, intermediate)
    verdict = verdict_of(case, root, serve)
    assert verdict.reasons == reasons
    assert verdict.signer == signer
    assert verdict.certificate is not None
    assert verdict.certificate.der == case.sent[0].der


MALFORMED = [
    pytest.param({"start": NO_DATE}, ("malformed-certificate",), id="a date that is none"),
    pytest.param({"end": ZONED}, ("malformed-certificate",), id="a date with a zone"),
    pytest.param(
        {"extensions": (NO_SAN,)},
        ("unknown-issuer", "malformed-certificate"),
        id="names that can't be read",
    ),
]


@pytest.mark.parametrize(("changes", "reasons"), MALFORMED)
def test_a_malformed_certificate_has_no_leaf(
    changes: dict[str, object],
    reasons: tuple[str, ...],
    root: Party,
    intermediate: Party,
    serve: Serve,
) -> None:
    verdict = verdict_of(leaf(**changes)(root, intermediate), root, serve)
    assert (verdict.reasons, verdict.signer) == (reasons, None)


def test_the_path_is_the_one_that_was_chosen(
    root: Party, intermediate: Party, serve: Serve
) -> None:
    case = with_extras(root, intermediate)
    verdict = verdict_of(case, root, serve)
    expected = (case.sent[0].der, intermediate.der, root.der)
    assert tuple(certificate.der for certificate in verdict.path) == expected
    assert (verdict.root_name, verdict.missing_issuer) == ("CN=Root", "")


@pytest.mark.parametrize("build", [trusted_intermediate, trusted_leaf])
def test_an_anchor_need_not_be_a_root(
    build: Build, root: Party, intermediate: Party, serve: Serve
) -> None:
    case = build(root, intermediate)
    handshake = Handshake(TrustStore(b"", [party.der for party in case.anchors]))
    client = handshake.connection("www.test", [], PROFILE.protocol.terms())
    shake_hands(client, serve(*case.sent))
    assert client.get_app_data() == Seen()  # OpenSSL itself finds no fault


def test_a_missing_issuer_is_named_with_his_addresses(
    root: Party, intermediate: Party, serve: Serve
) -> None:
    access = der.sequence(
        der.sequence(der.oid("1.3.6.1.5.5.7.48.2"), der.element(0x86, b"http://ca.test/ica"))
    )
    served = issue(intermediate, Spec(extensions=(*GOOD, extension("1.3.6.1.5.5.7.1.1", access))))
    verdict = verdict_of(Case((served,)), root, serve)
    assert verdict.missing_issuer == "CN=Intermediate"
    assert verdict.ca_issuers == ("http://ca.test/ica",)


@pytest.fixture(scope="module")
def handshake(root: Party) -> Handshake:
    return Handshake(TrustStore(b"", [root.der]))


def only(version: int) -> Callable[[SSL.Context], None]:
    def set_up(context: SSL.Context) -> None:
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)

    return set_up


KEYS = [
    pytest.param({"key": rsa_key(2048)}, (), id="RSA"),
    pytest.param({"key": rsa_key(1024)}, ("weak-key",), id="RSA 1024"),
    pytest.param({"key": rsa_key(2048), "pss": True}, (), id="RSASSA-PSS"),
    pytest.param({}, (), id="P-256"),
    pytest.param({"key": lambda: ec.generate_private_key(ec.SECP384R1())}, (), id="P-384"),
    pytest.param({"key": lambda: ec.generate_private_key(ec.SECP521R1())}, (), id="P-521"),
    pytest.param({"key": ed25519.Ed25519PrivateKey.generate}, (), id="Ed25519"),
]


@pytest.mark.parametrize(
    "version",
    [pytest.param(SSL.TLS1_2_VERSION, id="1.2"), pytest.param(SSL.TLS1_3_VERSION, id="1.3")],
)
@pytest.mark.parametrize(("changes", "reasons"), KEYS)
def test_servers_with_any_key_are_reached(
    changes: dict[str, object],
    reasons: tuple[str, ...],
    version: int,
    handshake: Handshake,
    intermediate: Party,
    serve: Serve,
) -> None:
    served = issue(intermediate, Spec(**changes))  # type: ignore[arg-type]
    client = handshake.connection("www.test", [], PROFILE.protocol.terms())
    shake_hands(client, serve(served, intermediate, set_up=only(version)))
    verdict = handshake.verdict(client, "www.test", NOW)
    assert verdict.reasons == reasons
    assert (
        verdict.version == {SSL.TLS1_2_VERSION: "TLSv1.2", SSL.TLS1_3_VERSION: "TLSv1.3"}[version]
    )


OLD = DecryptionProfile(protocol=ProtocolSettings(min_version=Version.TLS1_0))
STRICT = DecryptionProfile(protocol=ProtocolSettings(min_version=Version.TLS1_3))
NO_AEAD = DecryptionProfile(
    protocol=ProtocolSettings(
        enc_algo_aes_128_gcm=False, enc_algo_aes_256_gcm=False, enc_algo_chacha20_poly1305=False
    )
)
CHACHA = DecryptionProfile(
    protocol=ProtocolSettings(enc_algo_aes_128_gcm=False, enc_algo_aes_256_gcm=False)
)
AGREED = [
    pytest.param(PROFILE, only(SSL.TLS1_2_VERSION), "TLSv1.2", id="1.2 by default"),
    pytest.param(PROFILE, only(SSL.TLS1_1_VERSION), None, id="no 1.1 by default"),
    pytest.param(PROFILE, only(SSL.TLS1_VERSION), None, id="no 1.0 by default"),
    pytest.param(OLD, only(SSL.TLS1_VERSION), "TLSv1", id="1.0 where the profile allows it"),
    pytest.param(STRICT, only(SSL.TLS1_2_VERSION), None, id="no 1.2 where 1.3 is the least"),
    pytest.param(NO_AEAD, lambda _: None, "TLSv1.2", id="no 1.3 where no suite of it is left"),
    pytest.param(CHACHA, lambda _: None, "TLSv1.3", id="1.3 with the suite that is left"),
    pytest.param(
        PROFILE,
        lambda context: (only(SSL.TLS1_2_VERSION)(context), context.set_cipher_list(b"kDHE"))[1],
        None,
        id="no DHE by default",
    ),
]


@pytest.mark.parametrize(("profile", "set_up", "version"), AGREED)
def test_the_profile_limits_what_is_agreed(
    profile: DecryptionProfile,
    set_up: Callable[[SSL.Context], None],
    version: str | None,
    handshake: Handshake,
    intermediate: Party,
    serve: Serve,
) -> None:
    served = issue(intermediate, Spec(key=rsa_key(2048)))
    client = handshake.connection("www.test", [], profile.protocol.terms())
    server = serve(served, intermediate, set_up=set_up)
    if version is None:
        with pytest.raises(SSL.Error):
            shake_hands(client, server)
    else:
        shake_hands(client, server)
        assert handshake.verdict(client, "www.test", NOW).version == version


def test_what_was_agreed_is_in_the_verdict(
    handshake: Handshake, intermediate: Party, serve: Serve
) -> None:
    def set_up(context: SSL.Context) -> None:
        context.set_alpn_select_callback(lambda _, offered: offered[0])

    client = handshake.connection("www.test", [b"h2", b"http/1.1"], CHACHA.protocol.terms())
    server = serve(issue(intermediate, Spec()), intermediate, set_up=set_up)
    shake_hands(client, server)
    verdict = handshake.verdict(client, "www.test", NOW)
    assert (verdict.version, verdict.cipher) == ("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256")
    assert (verdict.group, verdict.alpn) == ("X25519MLKEM768", "h2")
    assert server.get_servername() == b"www.test"


def test_a_key_exchange_without_a_group_has_none(
    handshake: Handshake, intermediate: Party, serve: Serve
) -> None:
    profile = DecryptionProfile(protocol=ProtocolSettings(keyxchg_algo_ecdhe=False))
    client = handshake.connection("www.test", [], profile.protocol.terms())
    shake_hands(client, serve(issue(intermediate, Spec(key=rsa_key(2048))), intermediate))
    verdict = handshake.verdict(client, "www.test", NOW)
    assert (verdict.group, verdict.cipher) == ("", "AES128-GCM-SHA256")


@pytest.mark.parametrize(
    ("asked", "octets", "reasons"),
    [
        pytest.param("192.0.2.1", b"\xc0\x00\x02\x01", (), id="IPv4"),
        pytest.param("2001:db8::1", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01", (), id="IPv6"),
        pytest.param("192.0.2.2", b"\xc0\x00\x02\x01", ("name-mismatch",), id="another address"),
    ],
)
def test_an_address_is_never_sent_as_a_name_and_compared_as_an_address(
    asked: str,
    octets: bytes,
    reasons: tuple[str, ...],
    handshake: Handshake,
    intermediate: Party,
    serve: Serve,
) -> None:
    served = issue(intermediate, Spec(extensions=(san(octets),)))
    client, server = (
        handshake.connection(asked, [], PROFILE.protocol.terms()),
        serve(served, intermediate),
    )
    shake_hands(client, server)
    assert server.get_servername() is None
    assert handshake.verdict(client, asked, NOW).reasons == reasons


def test_without_a_name_none_is_sent_and_none_matches(
    handshake: Handshake, intermediate: Party, serve: Serve
) -> None:
    client = handshake.connection("", [], PROFILE.protocol.terms())
    server = serve(issue(intermediate, Spec()), intermediate)
    shake_hands(client, server)
    assert server.get_servername() is None
    assert handshake.verdict(client, "", NOW).reasons == ("name-mismatch",)


def test_connections_of_one_profile_do_not_share_faults(
    handshake: Handshake, intermediate: Party, serve: Serve
) -> None:
    good, bad = issue(intermediate, Spec()), issue(None, Spec())
    first, second = (
        handshake.connection("www.test", [], PROFILE.protocol.terms()) for _ in range(2)
    )
    assert first.get_context() is second.get_context()
    shake_hands(first, serve(bad))
    shake_hands(second, serve(good, intermediate))
    assert handshake.verdict(first, "www.test", NOW).reasons == ("self-signed",)
    assert handshake.verdict(second, "www.test", NOW).reasons == ()


def test_a_server_cannot_show_another_certificate_later(
    handshake: Handshake, intermediate: Party, serve: Serve
) -> None:
    served = issue(intermediate, Spec())
    client = handshake.connection("www.test", [], PROFILE.protocol.terms())
    server = serve(served, intermediate, set_up=only(SSL.TLS1_2_VERSION))
    shake_hands(client, server)
    server.renegotiate()
    with contextlib.suppress(SSL.WantReadError):
        server.do_handshake()
    client.bio_write(server.bio_read(1 << 20))
    with contextlib.suppress(SSL.WantReadError):
        client.recv(1)
    # What the client answers is an alert (content type 21), not a hello (22).
    assert client.bio_read(1 << 20)[0] == 21


def test_anchors_come_from_the_bundle_too(root: Party, intermediate: Party, serve: Serve) -> None:
    handshake = Handshake(TrustStore(pem.to_pem(root.der).encode()))
    client = handshake.connection("www.test", [], PROFILE.protocol.terms())
    shake_hands(client, serve(issue(intermediate, Spec()), intermediate))
    assert handshake.verdict(client, "www.test", NOW).reasons == ()


@pytest.mark.parametrize(
    ("bundle", "extra"),
    [
        pytest.param(b"", [b"rubbish"], id="no certificate"),
        pytest.param(pem.to_pem(b"rubbish").encode(), [], id="no certificate in the bundle"),
        pytest.param(pem.to_pem(b"abc").replace("Y", "?").encode(), [], id="no base64"),
    ],
)
def test_an_anchor_that_cannot_be_read_is_refused(bundle: bytes, extra: list[bytes]) -> None:
    with pytest.raises(ClearpaneError, match="trusted root"):
        TrustStore(bundle, extra)
