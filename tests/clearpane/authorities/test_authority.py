from collections.abc import Callable
from dataclasses import replace
from hashlib import sha1

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from clearpane.authorities import authority as authorities
from clearpane.authorities import make
from clearpane.authorities.authority import Authorities, Authority, AuthorityName
from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate, Extension

type Make = Callable[..., Authority]
type Signed = Callable[..., Certificate]


@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384"])
def test_an_ecdsa_signature_verifies_and_is_always_the_same(kind: str, authority: Make) -> None:
    signer = authority(kind)
    assert isinstance(signer.key, ec.EllipticCurvePrivateKey)
    signature = signer.sign(b"content")
    signer.key.public_key().verify(signature, b"content", ec.ECDSA(hashes.SHA256()))
    assert signer.sign(b"content") == signature
    assert signer.sign(b"other") != signature


def test_an_rsa_signature_verifies_and_is_always_the_same(rsa_trust: Authority) -> None:
    assert isinstance(rsa_trust.key, rsa.RSAPrivateKey)
    signature = rsa_trust.sign(b"content")
    public = rsa_trust.key.public_key()
    public.verify(signature, b"content", padding.PKCS1v15(), hashes.SHA256())
    assert rsa_trust.sign(b"content") == signature


def test_leaves_name_the_authoritys_key_by_its_own_identifier(trust: Authority) -> None:
    read = x509.load_der_x509_certificate(trust.certificate.der)
    named = read.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert trust.key_identifier == named.value.digest


@pytest.mark.parametrize("value", [None, b"\x30\x00", b""])
def test_an_authority_without_an_identifier_gets_the_usual_one(
    value: bytes | None, trust: Authority
) -> None:
    extensions = () if value is None else (Extension("2.5.29.14", False, value),)
    signer = replace(trust, certificate=replace(trust.certificate, extensions=extensions))
    bits = authorities.key_bits(trust.certificate.spki)
    assert signer.key_identifier == sha1(bits).digest()


@pytest.mark.parametrize(
    ("name", "key_type", "pairs", "signer"),
    [
        ("forward-trust", "rsa", "both", "trust"),
        ("forward-trust", "ec", "both", "trust_ecdsa"),
        ("forward-untrust", "ec", "both", "untrust_ecdsa"),
        ("forward-untrust", "rsa", "both", "untrust"),
        ("forward-untrust", "ed25519", "both", "untrust"),
        ("forward-trust", "ec", "one", "trust"),
        ("forward-untrust", "ec", "one", "untrust"),
    ],
)
def test_the_pair_that_fits_the_servers_key_signs(
    name: str, key_type: str, pairs: str, signer: str, authority: Make
) -> None:
    trust, untrust = authority("rsa-2048"), authority("rsa-2048", which=AuthorityName.UNTRUST)
    both = Authorities(
        trust,
        untrust,
        authority() if pairs == "both" else None,
        authority(which=AuthorityName.UNTRUST) if pairs == "both" else None,
    )
    assert both.signer(name, key_type) is getattr(both, signer)
    assert len(both.all) == (4 if pairs == "both" else 2)


def test_a_signer_that_is_none_is_a_mistake(trust: Authority, untrust: Authority) -> None:
    with pytest.raises(ValueError, match="inbound"):
        Authorities(trust, untrust).signer("inbound", "ec")


def test_a_self_signed_authority_sends_nothing_along(trust: Authority, untrust: Authority) -> None:
    assert authorities.chain(trust.certificate, [untrust.certificate.der]) == ()


def test_a_chain_is_put_in_order_without_root_and_strangers(
    company: Authority, untrust: Authority, signed: Signed
) -> None:
    keys = [make.new_key(make.KeyKind.EC_P256) for _ in range(2)]
    middle = Authority(AuthorityName.TRUST, signed("Middle", keys[0], company), (), keys[0])
    own = signed("Own", keys[1], middle)
    came = [c.der for c in (untrust.certificate, company.certificate, middle.certificate, own)]
    assert authorities.chain(own, came) == (own.der, middle.certificate.der)
    assert authorities.chain(own, []) == (own.der,)


def test_a_namesake_that_did_not_sign_is_not_sent(company: Authority, signed: Signed) -> None:
    keys = [make.new_key(make.KeyKind.EC_P256) for _ in range(3)]
    namesake = signed("Middle", keys[0], company)
    middle = Authority(AuthorityName.TRUST, signed("Middle", keys[1], company), (), keys[1])
    own = signed("Own", keys[2], middle)
    came = [namesake.der, middle.certificate.der]
    assert authorities.chain(own, came) == (own.der, middle.certificate.der)


def test_a_chain_that_goes_round_ends(company: Authority, signed: Signed) -> None:
    keys = [make.new_key(make.KeyKind.EC_P256) for _ in range(2)]
    two = Authority(AuthorityName.TRUST, signed("Two", keys[1], company), (), keys[1])
    one = Authority(AuthorityName.TRUST, signed("One", keys[0], two), (), keys[0])
    round_trip = signed("Two", keys[1], one)
    found = authorities.chain(one.certificate, [round_trip.der, one.certificate.der])
    assert found == (one.certificate.der, round_trip.der)


def test_a_key_matches_its_certificate_alone(trust: Authority, rsa_trust: Authority) -> None:
    assert authorities.matches(trust.certificate, trust.key)
    assert authorities.matches(rsa_trust.certificate, rsa_trust.key)
    assert not authorities.matches(trust.certificate, rsa_trust.key)
    assert not authorities.matches(replace(trust.certificate, spki=b"rubbish"), trust.key)


def test_the_algorithm_names_what_signs(trust: Authority, rsa_trust: Authority) -> None:
    assert trust.algorithm == der.sequence(der.oid("1.2.840.10045.4.3.2"))
    assert rsa_trust.algorithm == der.sequence(
        der.oid("1.2.840.113549.1.1.11"), der.element(der.NULL)
    )
