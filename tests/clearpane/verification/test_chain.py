from dataclasses import dataclass, field
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from chains import DAY, NOW, Party, Spec, authority, extension, issue, name, san
from clearpane.certificates import der
from clearpane.verification.chain import judge_chain
from clearpane.verification.faults import Fault

ROOT = authority(None, "Root", start=NOW - 900 * DAY, end=NOW + 900 * DAY)
ICA = authority(ROOT, "Intermediate")
LEAF = issue(ICA, Spec())
STRANGER = authority(None, "Stranger")
GOOD = (LEAF, ICA, ROOT)
ANCHORS = (ROOT,)


def access(url: bytes) -> bytes:
    method = der.oid("1.3.6.1.5.5.7.48.2")
    return extension(
        "1.3.6.1.5.5.7.1.1", der.sequence(der.sequence(method, der.element(0x86, url)))
    )


WITH_URL = authority(STRANGER, "With URL", extensions=(access(b"http://ca.test/"),))


@dataclass
class Chain:
    path: tuple[Party, ...] = GOOD
    faults: list[Fault] = field(default_factory=list)
    sent: tuple[Party, ...] = ()
    anchors: tuple[Party, ...] = ANCHORS
    name: str = "www.test"
    now: datetime = NOW


def judged(chain: Chain):  # type: ignore[no-untyped-def]
    return judge_chain(
        chain.faults,
        [party.der for party in chain.sent],
        [party.der for party in chain.path],
        chain.name,
        chain.now,
        {party.der for party in chain.anchors},
    )


def signed_by(issuer: Party, **changes: object) -> Party:
    return issue(issuer, Spec(**changes))  # type: ignore[arg-type]


def rsa_key(bits: int):  # type: ignore[no-untyped-def]
    return lambda: rsa.generate_private_key(65537, bits)


SHA1_ROOT = authority(None, "SHA-1 root", digest="sha1")
# A root's new key, certified by its old one: self-issued, and not self-signed.
ROLLED = authority(SHA1_ROOT, "SHA-1 root", digest="sha1")
TWICE = (extension("1.2.3", b"\x05\x00"),) * 2

ROWS = [
    pytest.param(Chain(), (), id="nothing found"),
    pytest.param(Chain(name="other.test"), ("name-mismatch",), id="another name"),
    # faults of OpenSSL, by depth
    pytest.param(Chain(faults=[(10, 0)]), ("expired",), id="a fault of the leaf"),
    pytest.param(Chain(faults=[(10, 1)]), ("issuer-expired",), id="a fault of an issuer"),
    pytest.param(Chain(faults=[(10, 0), (10, 0)]), ("expired",), id="a fault told twice"),
    pytest.param(
        Chain(faults=[(10, 0), (7, 0)]),
        ("bad-signature", "expired"),
        id="two, in the order of records",
    ),
    # no issuer
    pytest.param(
        Chain((LEAF,), [(20, 0), (21, 0)], (LEAF,)),
        ("unknown-issuer", "incomplete-chain"),
        id="a leaf alone",
    ),
    pytest.param(
        Chain((LEAF,), [(20, 0)], (LEAF, STRANGER)),
        ("unknown-issuer", "incomplete-chain"),
        id="a leaf with a stranger",
    ),
    pytest.param(
        Chain((LEAF,), [(20, 0)], (LEAF, ICA)),
        ("unknown-issuer",),
        id="a leaf whose issuer was sent and not taken",
    ),
    pytest.param(
        Chain((LEAF, ICA), [(20, 1)], (LEAF, ICA), ()),
        ("unknown-issuer",),
        id="an intermediate of an unknown root",
    ),
    pytest.param(
        Chain((signed_by(WITH_URL), WITH_URL), [(2, 1)]),
        ("unknown-issuer", "incomplete-chain"),
        id="an intermediate that says where its issuer is",
    ),
    pytest.param(
        Chain(GOOD, [(19, 2)], GOOD, ()), ("unknown-issuer",), id="an unknown root that was sent"
    ),
    # anchors
    pytest.param(
        Chain(GOOD, [(19, 2), (10, 2)], GOOD, (ICA,)), (), id="faults above a trusted intermediate"
    ),
    pytest.param(Chain(GOOD, [(10, 1)], GOOD, (LEAF,)), (), id="faults above a trusted leaf"),
    pytest.param(
        Chain(GOOD, [(10, 1)], GOOD, (ICA,)),
        ("issuer-expired",),
        id="a trusted intermediate's own date",
    ),
    # dates at the given time
    pytest.param(Chain(now=NOW + 400 * DAY), ("issuer-expired", "expired"), id="a year later"),
    pytest.param(
        Chain(now=NOW - 60 * DAY), ("issuer-not-yet-valid", "not-yet-valid"), id="months earlier"
    ),
    pytest.param(Chain(now=NOW + 300 * DAY), (), id="the very second of the end"),
    pytest.param(
        Chain(now=NOW + 301 * DAY, anchors=(LEAF,)), ("expired",), id="a trusted leaf expires too"
    ),
    # strength
    pytest.param(
        Chain((signed_by(ROOT, key=rsa_key(2048)), ROOT)), (), id="RSA 2048 is strong enough"
    ),
    pytest.param(
        Chain((signed_by(ROOT, key=rsa_key(1024)), ROOT)), ("weak-key",), id="RSA 1024 is not"
    ),
    pytest.param(
        Chain((signed_by(ROOT, key=rsa_key(1024), pss=True), ROOT)), ("weak-key",), id="nor as PSS"
    ),
    pytest.param(
        Chain((signed_by(ROOT, key=lambda: ec.generate_private_key(ec.SECP192R1())), ROOT)),
        ("weak-key",),
        id="P-192",
    ),
    pytest.param(
        Chain((signed_by(ROOT, key=lambda: ec.generate_private_key(ec.SECP224R1())), ROOT)),
        (),
        id="P-224",
    ),
    pytest.param(
        Chain((signed_by(ROOT, key=lambda: dsa.generate_private_key(2048)), ROOT)),
        ("weak-key",),
        id="DSA of any size",
    ),
    pytest.param(Chain((signed_by(ROOT, digest="sha1"), ROOT)), ("weak-digest",), id="SHA-1"),
    pytest.param(
        Chain((signed_by(SHA1_ROOT), SHA1_ROOT), anchors=(SHA1_ROOT,)), (), id="an anchor's digest"
    ),
    pytest.param(
        Chain((signed_by(SHA1_ROOT), SHA1_ROOT), [(19, 1)]),
        ("unknown-issuer",),
        id="an unknown root's own digest",
    ),
    pytest.param(
        Chain((signed_by(ROLLED), ROLLED, SHA1_ROOT), anchors=(SHA1_ROOT,)),
        ("weak-digest",),
        id="a self-issued certificate's digest below an anchor",
    ),
    pytest.param(
        Chain((signed_by(ROOT, key=rsa_key(1024), digest="sha1"),), anchors=()),
        ("weak-key", "weak-digest"),
        id="a chain that has no anchor is judged whole",
    ),
    # contents
    pytest.param(
        Chain((signed_by(ROOT, extensions=(san("www.test"), *TWICE)), ROOT)),
        ("invalid-extension",),
        id="an extension twice",
    ),
    pytest.param(
        Chain((LEAF, authority(ROOT, "Twice", extensions=TWICE), ROOT)),
        ("invalid-extension",),
        id="an extension twice above",
    ),
    pytest.param(
        Chain((signed_by(ROOT, subject=der.sequence(der.integer(1))), ROOT)),
        ("malformed-certificate",),
        id="a malformed subject",
    ),
    pytest.param(
        Chain((signed_by(ROOT, extensions=(extension("2.5.29.17", b"x"),)), ROOT), [(41, 0)]),
        ("malformed-certificate",),
        id="malformed names are no mismatch and no unreadable extension",
    ),
    pytest.param(
        Chain((signed_by(ROOT, start=b"\x17\x00"), ROOT), [(13, 0)]),
        ("malformed-certificate",),
        id="a malformed date",
    ),
]


@pytest.mark.parametrize(("chain", "reasons"), ROWS)
def test_what_is_said_of_a_chain(chain: Chain, reasons: tuple[str, ...]) -> None:
    assert judged(chain).reasons == reasons


@pytest.mark.parametrize(
    "path",
    [
        pytest.param((), id="none was sent"),
        pytest.param((Party(name("x"), LEAF.key, b"\x30\x80"),), id="not DER"),
        pytest.param((LEAF, Party(name("x"), LEAF.key, b"\x30\x80")), id="an issuer is not DER"),
    ],
)
def test_a_chain_that_cannot_be_read_has_no_leaf(path: tuple[Party, ...]) -> None:
    verdict = judged(Chain(path))
    assert (verdict.reasons, verdict.certificate) == (("malformed-certificate",), None)
    assert verdict.signer is None


def test_the_path_ends_with_the_anchor() -> None:
    verdict = judged(Chain(anchors=(ICA, ROOT)))
    assert [certificate.der for certificate in verdict.path] == [LEAF.der, ICA.der]
    assert (verdict.certificate, verdict.root_name) == (verdict.path[0], "CN=Intermediate")


def test_a_missing_issuer_is_named() -> None:
    verdict = judged(Chain((signed_by(WITH_URL), WITH_URL), [(2, 1)]))
    assert (verdict.missing_issuer, verdict.ca_issuers) == ("CN=Stranger", ("http://ca.test/",))
    assert verdict.root_name == ""


def test_an_issuer_that_was_sent_is_not_named_as_missing() -> None:
    verdict = judged(Chain((LEAF,), [(20, 0)], (LEAF, ICA)))
    assert (verdict.missing_issuer, verdict.ca_issuers) == ("", ())
