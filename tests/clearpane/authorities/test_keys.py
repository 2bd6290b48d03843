import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from clearpane.authorities import keys, make
from clearpane.authorities.authority import Authority


@pytest.fixture(params=["trust", "rsa_trust"])
def key(request: pytest.FixtureRequest) -> keys.PrivateKey:
    found: Authority = request.getfixturevalue(request.param)
    return found.key


def test_a_restart_derives_the_same_secret_and_leaf_key(key: keys.PrivateKey) -> None:
    again = load_pem_private_key(make.key_pem(key), None)
    assert isinstance(again, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    assert keys.secret(again) == keys.secret(key)
    one, other = (keys.leaf_key(keys.secret(k)) for k in (key, again))
    assert one.private_numbers() == other.private_numbers()


def test_an_rsa_key_whose_primes_are_stored_the_other_way_round_is_the_same_key(
    rsa_trust: Authority,
) -> None:
    assert isinstance(rsa_trust.key, rsa.RSAPrivateKey)
    numbers = rsa_trust.key.private_numbers()
    turned = rsa.RSAPrivateNumbers(
        p=numbers.q,
        q=numbers.p,
        d=numbers.d,
        dmp1=numbers.dmq1,
        dmq1=numbers.dmp1,
        iqmp=rsa.rsa_crt_iqmp(numbers.q, numbers.p),
        public_numbers=numbers.public_numbers,
    ).private_key()
    assert keys.secret(turned) == keys.secret(rsa_trust.key)


def test_another_authority_has_another_secret(trust: Authority, untrust: Authority) -> None:
    assert keys.secret(trust.key) != keys.secret(untrust.key)


def test_the_leaf_key_is_p256_and_not_the_authoritys(trust: Authority) -> None:
    leaf_key = keys.leaf_key(keys.secret(trust.key))
    assert leaf_key.curve.name == "secp256r1"
    assert keys.public_key(leaf_key) != keys.public_key(trust.key)


def test_the_derivation_stays_as_it_is_between_releases() -> None:
    # Nodes of two releases that share a key would otherwise show two leaves for one server.
    key = ec.derive_private_key(12345, ec.SECP256R1())
    assert keys.secret(key).hex() == (
        "801da660f8d55bf8258d0c6a5a460716e5e7106aeed2b85deccf4af618322c0b"
    )
    assert keys.leaf_key(bytes(32)).private_numbers().private_value == (
        0xC6940689F541CCBDBA38610BC77CD4B78210B7F60F7F909B01CED2D838E269CA
    )


def test_the_public_key_is_what_signatures_of_the_key_verify_with(
    leaf_key: ec.EllipticCurvePrivateKey,
) -> None:
    public = load_der_public_key(keys.public_key(leaf_key))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    algorithm = ec.ECDSA(hashes.SHA256())
    public.verify(leaf_key.sign(b"content", algorithm), b"content", algorithm)
