"""The Contexts that clients are shown; what a leaf says is tested where it is forged."""

import dataclasses
from concurrent.futures import Executor
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from mitmproxy.addons.tlsconfig import AppData
from OpenSSL import SSL

from chains import DAY, NOW, Spec, issue, shake_hands
from clearpane.authorities import make
from clearpane.authorities.authority import Authority, AuthorityName
from clearpane.authorities.inbound import InboundCertificate
from clearpane.certificates.certificate import Certificate
from clearpane.gateway.force import Force
from clearpane.gateway.leaves import Leaves
from clearpane.pipeline.connection import Course, Step
from clearpane.verification.profile import DecryptionProfile, ForwardProxy
from clearpane.verification.protocol import ProtocolSettings, Version

TRUST = Course(Step.DECRYPT, "forward-trust")
UNTRUST = Course(Step.DECRYPT, "forward-untrust")
PROFILE = DecryptionProfile()


@pytest.fixture
def leaves(base: Force, executor: Executor) -> Leaves:
    return Leaves(base.policy.authorities, executor)


@pytest.fixture
def real() -> Certificate:
    return Certificate.parse(issue(None, Spec()).der)


def shown(context: SSL.Context) -> x509.Certificate:
    """What a client gets to see."""
    server, client = SSL.Connection(context), SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    server.set_app_data(AppData(client_alpn=None, server_alpn=None, http2=True))
    server.set_accept_state()
    client.set_connect_state()
    shake_hands(client, server)
    certificate = client.get_peer_certificate(as_cryptography=True)
    assert certificate
    return certificate


def test_one_leaf_has_one_context(leaves: Leaves, real: Certificate) -> None:
    first = leaves.forged(real, TRUST, True, PROFILE, NOW)
    assert leaves.forged(real, TRUST, True, PROFILE, NOW + DAY) is first
    assert len(leaves) == 1


def test_another_certificate_has_another(leaves: Leaves, real: Certificate) -> None:
    other = Certificate.parse(issue(None, Spec()).der)
    first = leaves.forged(real, TRUST, True, PROFILE, NOW)
    assert leaves.forged(other, TRUST, True, PROFILE, NOW) is not first


@pytest.mark.parametrize(
    ("course", "issuer"), [(TRUST, "forward-trust"), (UNTRUST, "forward-untrust")]
)
def test_the_course_says_who_signs(
    leaves: Leaves, base: Force, real: Certificate, course: Course, issuer: str
) -> None:
    authority = base.policy.authorities.signer(issuer, "rsa").certificate
    leaf = shown(leaves.forged(real, course, True, PROFILE, NOW))
    assert leaf.issuer == x509.load_der_x509_certificate(authority.der).subject
    leaf.verify_directly_issued_by(x509.load_der_x509_certificate(authority.der))


def test_a_leaf_of_an_expired_certificate_is_another(leaves: Leaves) -> None:
    """Its end is the real one, past the authority's too; one that holds may be cut."""
    real = Certificate.parse(issue(None, Spec(end=NOW + DAY)).der)
    before = leaves.forged(real, TRUST, True, PROFILE, NOW)
    after = leaves.forged(real, TRUST, True, PROFILE, NOW + 2 * DAY)
    assert before is not after
    assert leaves.forged(real, TRUST, True, PROFILE, NOW + 3 * DAY) is after


def test_old_clients_get_an_rsa_key(leaves: Leaves, real: Certificate) -> None:
    ecdsa, old = (
        leaves.forged(real, TRUST, True, PROFILE, NOW),
        leaves.forged(real, TRUST, False, PROFILE, NOW),
    )
    assert isinstance(shown(ecdsa).public_key(), ec.EllipticCurvePublicKey)
    key = shown(old).public_key()
    assert isinstance(key, rsa.RSAPublicKey) and key.key_size == 2048


def test_never_the_authoritys_own_key(leaves: Leaves, base: Force, real: Certificate) -> None:
    own = base.policy.authorities.trust.key.public_key()
    assert shown(leaves.forged(real, TRUST, True, PROFILE, NOW)).public_key() != own


def test_two_gateways_forge_the_same_leaf(
    base: Force, executor: Executor, leaves: Leaves, real: Certificate
) -> None:
    other = Leaves(base.policy.authorities, executor)
    one = shown(leaves.forged(real, TRUST, True, PROFILE, NOW))
    assert one == shown(other.forged(real, TRUST, True, PROFILE, NOW))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("www.page.test", x509.DNSName, id="for a host"),
        pytest.param("192.0.2.7", x509.IPAddress, id="for an address"),
    ],
)
def test_a_page_leaf_is_for_the_name_alone(
    leaves: Leaves, base: Force, name: str, kind: type
) -> None:
    leaf = shown(leaves.page(name, True, NOW))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(kind)] == [name]
    trust = base.policy.authorities.trust.certificate
    leaf.verify_directly_issued_by(x509.load_der_x509_certificate(trust.der))


def test_a_page_leaf_is_made_anew_each_day(leaves: Leaves) -> None:
    morning = datetime(NOW.year, NOW.month, NOW.day, 6, tzinfo=NOW.tzinfo)
    one = leaves.page("www.page.test", True, morning)
    assert leaves.page("www.page.test", True, morning.replace(hour=7)) is one
    assert leaves.page("www.page.test", True, morning + DAY) is not one
    assert leaves.page("other.page.test", True, morning) is not one


def test_the_pair_that_fits_the_servers_key_signs(
    base: Force, executor: Executor, real: Certificate
) -> None:
    key = make.new_key(make.KeyKind.EC_P256)
    own = Certificate.parse(make.certificate(key, make.subject("Second pair"), NOW, 30))
    second = Authority(AuthorityName.TRUST, own, (), key)
    leaves = Leaves(dataclasses.replace(base.policy.authorities, trust_ecdsa=second), executor)
    old = issue(None, Spec(key=lambda: rsa.generate_private_key(65537, 2048)))
    by_rsa = shown(leaves.forged(Certificate.parse(old.der), TRUST, True, PROFILE, NOW))
    assert (
        shown(leaves.forged(real, TRUST, True, PROFILE, NOW)).issuer.rfc4514_string()
        == "CN=Second pair"
    )
    assert by_rsa.issuer.rfc4514_string() != "CN=Second pair"


PROFILES = [
    pytest.param(
        DecryptionProfile(protocol=ProtocolSettings(max_version=Version.TLS1_2)), id="versions"
    ),
    pytest.param(
        DecryptionProfile(forward_proxy=ForwardProxy(restrict_cert_exts=True)), id="extensions"
    ),
    pytest.param(
        DecryptionProfile(forward_proxy=ForwardProxy(auto_include_altname=True)), id="names"
    ),
]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_that_changes_what_is_shown_has_contexts_of_its_own(
    leaves: Leaves, real: Certificate, profile: DecryptionProfile
) -> None:
    plain = leaves.forged(real, TRUST, True, PROFILE, NOW)
    assert leaves.forged(real, TRUST, True, profile, NOW) is not plain
    assert leaves.forged(real, TRUST, True, PROFILE, NOW) is plain


def test_a_protected_servers_certificate_is_shown_as_it_stands(leaves: Leaves) -> None:
    own = issue(None, Spec())
    ours = InboundCertificate("www", Certificate.parse(own.der), (), own.key)
    context = leaves.inbound(ours, ProtocolSettings())
    assert shown(context).public_bytes(Encoding.DER) == own.der
    assert leaves.inbound(ours, ProtocolSettings()) is context
