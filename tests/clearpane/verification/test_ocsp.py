from base64 import b64decode
from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509 import ocsp as library
from hypothesis import given
from hypothesis import strategies as st

from chains import (
    CERT_SIGN,
    DAY,
    NOW,
    SERVER_AUTH,
    Party,
    Spec,
    authority,
    extension,
    issue,
    name,
    purpose,
)
from clearpane.certificates import der
from clearpane.verification import ocsp
from damage import damaged, nested
from responders import HOUR, OCSP_SIGNING, UNKNOWN, Answer, parsed, refusal, revoked

ROOT = authority(None, "Root")
ICA = authority(ROOT, "Intermediate")
# The same name with another key.
TWIN = authority(ROOT, "Intermediate")
LEAF = issue(ICA, Spec())
RENAMED = Party(name("Another"), ICA.key)


def delegated(issuer: Party = ICA, **changes: object) -> Party:
    spec = {"subject": name("Responder"), "extensions": (purpose(OCSP_SIGNING),), **changes}
    return issue(issuer, Spec(**spec))  # type: ignore[arg-type]


RESPONDER = delegated()


def by(responder: Party, **changes: object) -> Answer:
    given = {"certificates": (responder,), **changes}
    return Answer(LEAF, ICA, responder, **given)  # type: ignore[arg-type]


def about(**changes: object) -> Answer:
    return Answer(LEAF, ICA, **changes)  # type: ignore[arg-type]


RSA = authority(ROOT, "RSA", key=lambda: rsa.generate_private_key(65537, 2048))
ED = authority(ROOT, "Ed25519", key=ed25519.Ed25519PrivateKey.generate)
OF_RSA, OF_ED = issue(RSA, Spec()), issue(ED, Spec())
NEGATIVE, HUGE = issue(ICA, Spec(serial=-5)), issue(ICA, Spec(serial=1 << 400))
NONCE = extension("1.3.6.1.5.5.7.48.1.2", der.octet_string(b"n" * 16), critical=True)
STRANGE = extension("1.2.3.4", b"\x05\x00", critical=True)
OTHERS = issue(ICA, Spec(serial=99))

ROWS = [
    pytest.param(about(), "good", id="signed by the issuer"),
    pytest.param(about(state=revoked()), "revoked", id="revoked"),
    pytest.param(about(state=UNKNOWN), "unknown", id="not known to the responder"),
    pytest.param(about(hashed_with="sha256"), "good", id="a CertID with SHA-256"),
    pytest.param(about(before=(Answer(OTHERS, ICA).single,)), "good", id="the second of two"),
    pytest.param(
        about(before=(about(state=revoked(), this_update=NOW).single,)),
        "revoked",
        id="the newer of two about the same",
    ),
    pytest.param(
        about(before=(Answer(OTHERS, ICA).single,) * 16), "unusable", id="behind too many others"
    ),
    pytest.param(Answer(OF_RSA, RSA), "good", id="signed with RSA"),
    pytest.param(Answer(OF_ED, ED), "good", id="signed with Ed25519"),
    pytest.param(Answer(NEGATIVE, ICA), "good", id="a negative serial number"),
    pytest.param(Answer(HUGE, ICA), "good", id="a huge serial number"),
    pytest.param(about(extensions=(NONCE,)), "good", id="a critical nonce"),
    # who signed
    pytest.param(by(RESPONDER), "good", id="a delegated responder"),
    pytest.param(
        by(RESPONDER, certificates=(LEAF, RESPONDER)), "good", id="a delegated one, sent second"
    ),
    pytest.param(by(RESPONDER, certificates=(LEAF,) * 4 + (RESPONDER,)), "unusable", id="or fifth"),
    pytest.param(by(delegated(), state=revoked()), "revoked", id="revoked, says a delegated one"),
    pytest.param(about(forged=True), "unusable", id="a forged signature"),
    pytest.param(about(signer=TWIN), "unusable", id="another key of the same name"),
    pytest.param(by(delegated(TWIN)), "unusable", id="delegated by another key"),
    pytest.param(by(delegated(ROOT)), "unusable", id="delegated by the issuer's issuer"),
    pytest.param(by(delegated(RENAMED)), "unusable", id="delegated under another name"),
    pytest.param(
        by(delegated(extensions=(purpose(SERVER_AUTH),))), "unusable", id="without OCSPSigning"
    ),
    pytest.param(by(delegated(extensions=())), "unusable", id="without any purpose"),
    pytest.param(by(LEAF), "unusable", id="signed by the certificate itself"),
    pytest.param(by(delegated(end=NOW - DAY)), "unusable", id="the responder's has expired"),
    pytest.param(by(delegated(start=NOW + DAY)), "unusable", id="the responder's is not valid yet"),
    pytest.param(by(delegated(forged=True)), "unusable", id="a forged responder's certificate"),
    pytest.param(by(delegated(digest="sha1")), "unusable", id="a responder's signed with SHA-1"),
    pytest.param(
        by(delegated(extensions=(purpose(OCSP_SIGNING), STRANGE))),
        "unusable",
        id="a responder's with a critical extension",
    ),
    pytest.param(
        by(delegated(extensions=(purpose(SERVER_AUTH), purpose(OCSP_SIGNING)))),
        "unusable",
        id="a responder's with an extension twice",
    ),
    pytest.param(
        by(delegated(extensions=(purpose(OCSP_SIGNING), CERT_SIGN))), "good", id="with key usages"
    ),
    pytest.param(
        Answer(LEAF, ICA, delegated()), "unusable", id="a responder's that is not sent along"
    ),
    pytest.param(about(digest="sha1"), "unusable", id="signed with SHA-1"),
    pytest.param(Answer(OF_RSA, RSA, digest="md5"), "unusable", id="signed with MD5"),
    # about what
    pytest.param(about(serial=99), "unusable", id="another serial number"),
    pytest.param(Answer(LEAF, TWIN, ICA), "unusable", id="another issuer's key"),
    pytest.param(about(extensions=(STRANGE,)), "unusable", id="an unknown critical extension"),
    # when
    pytest.param(about(this_update=NOW + 4 * HOUR / 60), "good", id="4 minutes ahead"),
    pytest.param(about(this_update=NOW + HOUR), "unusable", id="from the future"),
    pytest.param(about(next_update=NOW), "good", id="the last second"),
    pytest.param(about(next_update=NOW - HOUR / 60), "unusable", id="out of date"),
    pytest.param(
        about(state=revoked(), next_update=NOW - HOUR), "unusable", id="revoked, out of date"
    ),
    pytest.param(about(next_update=None), "good", id="no nextUpdate, an hour old"),
    pytest.param(
        about(next_update=None, this_update=NOW - 25 * HOUR), "unusable", id="and a day old"
    ),
    pytest.param(
        about(this_update=NOW - 9 * DAY, next_update=NOW + 90 * DAY), "good", id="9 days old"
    ),
    pytest.param(
        about(this_update=NOW - 11 * DAY, next_update=NOW + 90 * DAY), "unusable", id="11 days old"
    ),
    pytest.param(
        Answer(ICA, ROOT, this_update=NOW - 90 * DAY, next_update=NOW + 90 * DAY),
        "good",
        id="months old, about a CA",
    ),
]


def said_of(answer: Answer, octets: bytes | None = None):  # type: ignore[no-untyped-def]
    certificate, above = parsed(answer.about, ICA if answer.issuer is TWIN else answer.issuer)
    return ocsp.read(answer.der if octets is None else octets, certificate, above, NOW)


@pytest.mark.parametrize(("answer", "state"), ROWS)
def test_what_an_answer_is_worth(answer: Answer, state: str) -> None:
    status = said_of(answer)
    assert (status.state, bool(status.detail)) == (state, True), status


@pytest.mark.parametrize(
    ("answer", "until"),
    [
        pytest.param(about(), NOW + DAY, id="until nextUpdate"),
        pytest.param(about(state=revoked()), NOW + DAY, id="revoked too"),
        pytest.param(about(next_update=NOW + 90 * DAY), NOW - HOUR + 10 * DAY, id="ten days"),
        pytest.param(about(next_update=None), NOW + HOUR, id="an hour without nextUpdate"),
        pytest.param(about(state=UNKNOWN), None, id="unknown is not kept"),
        pytest.param(about(forged=True), None, id="unusable is not kept"),
    ],
)
def test_how_long_it_counts(answer: Answer, until: datetime | None) -> None:
    assert said_of(answer).until == until


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        pytest.param(refusal(3), "try later", id="tryLater"),
        pytest.param(refusal(1), "malformed request", id="malformedRequest"),
        pytest.param(refusal(6), "unauthorized", id="unauthorized"),
        pytest.param(refusal(9), "can't be read", id="a status that is none"),
        pytest.param(b"", "can't be read", id="nothing"),
        pytest.param(b"<html>", "can't be read", id="a web page"),
        pytest.param(b"\x30" * 70_000, "64 KiB", id="too much"),
    ],
)
def test_what_is_no_answer_is_unusable(octets: bytes, word: str) -> None:
    status = said_of(about(), octets)
    assert status.state == "unusable"
    assert word in status.detail


def test_the_detail_says_when_and_why() -> None:
    on = NOW - 9 * DAY
    assert (
        said_of(about(state=revoked())).detail == f"OCSP: revoked on {on:%Y-%m-%d} (keyCompromise)"
    )


@pytest.mark.parametrize("party", [LEAF, NEGATIVE, HUGE], ids=["usual", "negative", "huge"])
def test_the_request_names_the_certificate(party: Party) -> None:
    certificate, issuer = parsed(party, ICA)
    identifier, _ = der.first(der.only(Answer(party, ICA).single, der.SEQUENCE).content)
    assert ocsp.request(certificate, issuer).endswith(identifier.raw)


def test_the_library_reads_the_request() -> None:
    read = library.load_der_ocsp_request(ocsp.request(*parsed(LEAF, ICA)))
    assert (read.serial_number, read.hash_algorithm.name, len(read.extensions)) == (
        0x1234,
        "sha1",
        0,
    )


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        pytest.param("http://ocsp.test", "http://ocsp.test/", id="a bare host"),
        pytest.param("http://ocsp.test/a/", "http://ocsp.test/a/", id="a slash is not doubled"),
        pytest.param("http://ocsp.test/" + "a" * 200, None, id="over 255 octets"),
        pytest.param("http://ocsp.test/?a=b", None, id="a query"),
    ],
)
def test_when_get_is_possible(url: str, asks: str | None) -> None:
    request = ocsp.request(*parsed(LEAF, ICA))
    asking = ocsp.get_url(url, request)
    if asks is None:
        assert asking is None
    else:
        assert asking is not None and asking.startswith(asks) and len(asking) <= 255
        tail = asking.removeprefix(asks)
        assert "/" not in tail and "+" not in tail and b64decode(unquote(tail)) == request


SOUND = (about().der, by(delegated(), state=revoked()).der, refusal(3))
LARGER = timedelta(days=400)


@given(st.binary(max_size=300))
def test_any_octets_have_a_status(octets: bytes) -> None:
    assert said_of(about(), octets).state == "unusable"


@given(
    st.sampled_from(SOUND),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 900),
)
def test_a_spoilt_answer_is_never_good_for_another(
    sound: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    spoilt = bytearray(sound)
    for at, octet in changes:
        spoilt[at % len(spoilt)] = octet
    for octets in (bytes(spoilt), sound[: length % len(sound)]):
        status = ocsp.read(octets, *parsed(OTHERS, ICA), NOW)
        assert status.state == "unusable"
        assert said_of(about(), octets).state in ("good", "revoked", "unusable")
    assert ocsp.read(sound, *parsed(LEAF, ICA), NOW + LARGER).state == "unusable"


@given(damaged(*SOUND))
def test_a_damaged_answer_is_never_good_for_another(octets: bytes) -> None:
    """Cut, with lengths that lie, with parts that come again."""
    assert ocsp.read(octets, *parsed(OTHERS, ICA), NOW).state == "unusable"
    assert said_of(about(), octets).state in ("good", "revoked", "unusable")


HEADS = st.sampled_from(
    (b"\x30\x80", b"\xa0\x82\xff\xff", b"\x30\x84\x7f\xff\xff\xff", b"\x24\x80")
)


@given(nested(HEADS, 30_000))
def test_answers_in_answers_are_unusable(octets: bytes) -> None:
    assert said_of(about(), octets).state == "unusable"


def test_what_is_nested_soundly_is_unusable_and_quickly() -> None:
    inner = b""
    for _ in range(8000):
        inner = der.sequence(inner)
    basic = der.sequence(der.oid("1.3.6.1.5.5.7.48.1.1"), der.octet_string(inner))
    whole = der.sequence(der.element(0x0A, b"\x00"), der.element(der.context(0), basic))
    for octets in (inner, whole):
        assert said_of(about(), octets).state == "unusable"
