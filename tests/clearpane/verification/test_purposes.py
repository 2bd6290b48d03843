"""What our check says, and that a handshake's own says the same."""

import pytest

from chains import (
    CERT_SIGN,
    CLIENT_AUTH,
    NOW,
    SERVER_AUTH,
    Party,
    Spec,
    authority,
    constraints,
    extension,
    issue,
    key_usage,
    purpose,
    san,
    shake_hands,
)
from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate
from clearpane.verification.handshake import Handshake, TrustStore
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.purposes import faults
from clearpane.verification.reasons import Reason

ANY = "2.5.29.37.0"
FIT, UNFIT = True, False

LEAVES = {
    "no usages": ((), FIT),
    "for servers": ((purpose(SERVER_AUTH),), FIT),
    "for servers and clients": ((purpose(CLIENT_AUTH, SERVER_AUTH),), FIT),
    "for clients": ((purpose(CLIENT_AUTH),), UNFIT),
    "for anything, which is not for servers": ((purpose(ANY),), UNFIT),
    "for nothing": ((purpose(),), UNFIT),
    "a key that signs": ((key_usage(0x80),), FIT),
    "a key that enciphers keys": ((key_usage(0x20),), FIT),
    "a key that agrees on keys": ((key_usage(0x08),), FIT),
    "a key that signs CRLs": ((key_usage(0x02),), UNFIT),
}


def shown(serve: object, root: Party, *chain: Party) -> bool:
    """Whether a handshake finds no fault with the purposes."""
    handshake = Handshake(TrustStore(pem.to_pem(root.der).encode()))
    client = handshake.connection("www.test", (), DecryptionProfile().protocol.terms())
    shake_hands(client, serve(*chain))  # type: ignore[operator]
    verdict = handshake.verdict(client, "www.test", NOW)
    return Reason.INVALID_PURPOSE not in verdict.reasons


def judged(*chain: Party) -> list[int]:
    """The depths at which something is unfit."""
    return [depth for _, depth in faults(Certificate.parse(each.der) for each in chain)]


@pytest.mark.parametrize(("extensions", "fit"), LEAVES.values(), ids=LEAVES)
def test_leaf(
    root: Party, intermediate: Party, serve: object, extensions: tuple[bytes, ...], fit: bool
) -> None:
    leaf = issue(intermediate, Spec(extensions=(san("www.test"), *extensions)))
    assert judged(leaf, intermediate, root) == ([] if fit else [0])
    assert shown(serve, root, leaf, intermediate) is fit


ABOVE = {
    "no extended usages": ((), FIT),
    "for servers": ((purpose(SERVER_AUTH),), FIT),
    "for clients": ((purpose(CLIENT_AUTH),), UNFIT),
}


@pytest.mark.parametrize(("extensions", "fit"), ABOVE.values(), ids=ABOVE)
def test_above(root: Party, serve: object, extensions: tuple[bytes, ...], fit: bool) -> None:
    made = (constraints(ca=True), CERT_SIGN, *extensions)
    issuing = authority(root, "Issuing", extensions=made)
    leaf = issue(issuing, Spec())
    assert judged(leaf, issuing, root) == ([] if fit else [1])
    assert shown(serve, root, leaf, issuing) is fit


UNREADABLE = {
    "extended usages": extension("2.5.29.37", b"\x30\x05abc"),
    "extended usages of another type": extension("2.5.29.37", der.integer(1)),
    "usages": extension("2.5.29.15", b"\x03"),
    "usages without content": extension("2.5.29.15", b"\x03\x00"),
}


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read_permits_nothing(root: Party, unreadable: bytes) -> None:
    assert judged(issue(root, Spec(extensions=(unreadable,))), root) == [0]
