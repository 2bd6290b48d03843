import pytest

from chains import Spec, issue
from clearpane.certificates.certificate import Certificate
from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.verification.profile import (
    DecryptionProfile,
    ForwardProxy,
    InboundInspection,
    NoProxy,
    Outcome,
    judge,
    judge_passing,
    parse,
)
from clearpane.verification.protocol import ProtocolSettings, Version
from clearpane.verification.reasons import Reason
from clearpane.verification.verdict import Signer, Verdict

CERTIFICATE = Certificate.parse(issue(None, Spec()).der)


def verdict(*reasons: Reason) -> Verdict:
    return Verdict(reasons, CERTIFICATE)


def profiles(text: str) -> tuple[dict[str, DecryptionProfile], list[str]]:
    problems = Problems()
    document = read(text, "profiles.yaml", problems)
    assert document is not None, problems.found
    found = parse(document.mapping("decryption"))
    return found, [str(problem) for problem in problems.found]


def one(*lines: str) -> tuple[DecryptionProfile, list[str]]:
    found, said = profiles("\n    ".join(("decryption:\n  p:", *lines)))
    return found["p"], said


def test_nothing_written_is_the_profile_that_checks_nothing() -> None:
    assert parse(None) == {"default": DecryptionProfile()}
    assert profiles("decryption: {default: {}, other: {}}") == (
        {"default": DecryptionProfile(), "other": DecryptionProfile()},
        [],
    )


def test_best_practice_is_read() -> None:
    profile, said = one(
        "ssl-forward-proxy: {block-expired-certificate: true, block-untrusted-issuer: yes,",
        "  block-unknown-cert: true, block-timeout-cert: true, block-unsupported-version: true,",
        "  block-unsupported-cipher: true}",
        "ssl-protocol-settings: {min-version: tls1-2, max-version: max, keyxchg-algo-rsa: false,",
        "  enc-algo-3des: false, enc-algo-rc4: false, auth-algo-md5: false, auth-algo-sha1: false}",
    )
    assert said == []
    assert profile.forward_proxy == ForwardProxy(
        block_expired_certificate=True,
        block_untrusted_issuer=True,
        block_unknown_cert=True,
        block_timeout_cert=True,
        block_unsupported_version=True,
        block_unsupported_cipher=True,
    )
    assert profile.protocol == ProtocolSettings(keyxchg_algo_rsa=False, auth_algo_sha1=False)
    terms = profile.protocol.terms()
    assert (terms.oldest, terms.newest) == (Version.TLS1_2, Version.MAX)
    assert terms.suites[0] == "TLS_AES_128_GCM_SHA256"
    assert not any(cipher.endswith("-SHA") for cipher in terms.ciphers)


def test_every_part_is_read() -> None:
    profile, _ = one(
        "ssl-inbound-inspection: {block-if-no-resource: true}",
        "ssl-no-proxy: {block-untrusted-issuer: true}",
    )
    assert profile.inbound_inspection == InboundInspection(block_if_no_resource=True)
    assert profile.no_proxy == NoProxy(block_untrusted_issuer=True)


SAID = [
    pytest.param(
        "ssl-forward-proxies: {}",
        '3:5: error: decryption profile "p": unknown key ssl-forward-proxies '
        '(did you mean "ssl-forward-proxy"? else remove it)',
        id="an unknown part",
    ),
    pytest.param(
        "ssl-forward-proxy: {block-expired-certificates: true}",
        "unknown key block-expired-certificates "
        '(did you mean "block-expired-certificate"? else remove it)',
        id="an unknown check",
    ),
    pytest.param(
        "ssl-no-proxy: {block-client-cert: true}",
        "unknown key block-client-cert",
        id="a check of another part",
    ),
    pytest.param(
        "ssl-forward-proxy: {block-untrusted-issuer: maybe}",
        "3:49: error:",
        id="a check that is neither on nor off",
    ),
    pytest.param(
        "ssl-protocol-settings: {min-version: tls1.2}",
        'min-version must be tls1-0, tls1-1, tls1-2 or tls1-3 (did you mean "tls1-2"?)',
        id="an unknown version",
    ),
    pytest.param(
        "ssl-protocol-settings: {min-version: max}",
        "min-version must be tls1-0, tls1-1, tls1-2 or tls1-3",
        id="max is no least version",
    ),
    pytest.param(
        "ssl-protocol-settings: {min-version: tls1-3, max-version: tls1-2}",
        "min-version tls1-3 is newer than max-version tls1-2",
        id="versions in the wrong order",
    ),
    pytest.param(
        "ssl-protocol-settings: {min-version: tls1-3, keyxchg-algo-ecdhe: false}",
        "the toggles leave no cipher suite of TLS 1.3",
        id="1.3 without a suite",
    ),
    pytest.param(
        "ssl-protocol-settings: {keyxchg-algo-ecdhe: false, keyxchg-algo-rsa: false}",
        "the toggles leave no cipher suite",
        id="no suite at all",
    ),
    pytest.param(
        "ssl-protocol-settings: {enc-algo-3des: true}",
        'warning: decryption profile "p": enc-algo-3des has no effect: OpenSSL has no suite',
        id="what OpenSSL has no more",
    ),
]


@pytest.mark.parametrize(("line", "message"), SAID)
def test_what_is_wrong_is_said_once_with_its_place(line: str, message: str) -> None:
    _, said = one(line)
    assert len(said) == 1
    assert message in said[0]


EXPIRING = DecryptionProfile(ForwardProxy(block_expired_certificate=True))
UNTRUSTED = DecryptionProfile(ForwardProxy(block_untrusted_issuer=True))
BOTH = DecryptionProfile(ForwardProxy(block_expired_certificate=True, block_untrusted_issuer=True))
OFF = DecryptionProfile()
ELSEWHERE = DecryptionProfile(no_proxy=NoProxy(True, True))

TRUST, UNTRUST = "forward-trust", "forward-untrust"
R = Reason
OUTCOMES = [
    pytest.param(OFF, (), TRUST, (), id="no reason"),
    pytest.param(BOTH, (), TRUST, (), id="no reason under checks"),
    pytest.param(OFF, (R.SELF_SIGNED, R.EXPIRED), UNTRUST, (), id="reasons without a check"),
    pytest.param(EXPIRING, (R.EXPIRED,), None, (R.EXPIRED,), id="expired is blocked"),
    pytest.param(EXPIRING, (R.NOT_YET_VALID,), None, (R.NOT_YET_VALID,), id="so is not yet valid"),
    pytest.param(EXPIRING, (R.ISSUER_EXPIRED,), None, (R.ISSUER_EXPIRED,), id="and an issuer's"),
    pytest.param(EXPIRING, (R.SELF_SIGNED,), UNTRUST, (), id="dates are not issuers"),
    pytest.param(UNTRUSTED, (R.ISSUER_EXPIRED,), UNTRUST, (), id="issuers are not dates"),
    pytest.param(UNTRUSTED, (R.WEAK_KEY,), None, (R.WEAK_KEY,), id="every other Untrust reason"),
    pytest.param(
        UNTRUSTED, (R.SELF_SIGNED, R.EXPIRED), None, (R.SELF_SIGNED,), id="only what is asked for"
    ),
    pytest.param(BOTH, (R.NAME_MISMATCH,), TRUST, (), id="a mismatch blocks nothing by itself"),
    pytest.param(
        BOTH,
        (R.SELF_SIGNED, R.EXPIRED, R.NAME_MISMATCH),
        None,
        (R.SELF_SIGNED, R.EXPIRED),
        id="both checks",
    ),
    pytest.param(
        OFF, (R.MALFORMED_CERTIFICATE,), None, (R.MALFORMED_CERTIFICATE,), id="malformed, always"
    ),
    pytest.param(OFF, (R.REVOKED,), None, (R.REVOKED,), id="revoked, always"),
    pytest.param(ELSEWHERE, (R.EXPIRED,), TRUST, (), id="a check of another part"),
]


@pytest.mark.parametrize(("profile", "reasons", "signer", "blocked"), OUTCOMES)
def test_outcomes(
    profile: DecryptionProfile,
    reasons: tuple[Reason, ...],
    signer: str | None,
    blocked: tuple[Reason, ...],
) -> None:
    outcome = judge(Verdict(reasons, CERTIFICATE), profile)
    assert (outcome.signer, outcome.blocked) == (signer, blocked)
    assert outcome.page is (signer is None)


SWITCHES = [
    *("block-unsupported-version", "block-unsupported-cipher", "block-client-cert"),
    *("block-if-no-resource", "strip-alpn", "restrict-cert-exts", "auto-include-altname"),
]


@pytest.mark.parametrize("switch", SWITCHES)
def test_no_switch_is_read_and_not_acted_on(switch: str) -> None:
    profile, said = one(f"ssl-forward-proxy: {{{switch}: true}}")
    assert said == []
    assert getattr(profile.forward_proxy, switch.replace("-", "_"))


STATUS = [
    pytest.param(Reason.STATUS_UNKNOWN, "block_unknown_cert", id="unknown status"),
    pytest.param(Reason.STATUS_TIMEOUT, "block_timeout_cert", id="no status in time"),
]


@pytest.mark.parametrize(("reason", "switch"), STATUS)
def test_an_uncertain_status_blocks_where_the_profile_says_so(reason: Reason, switch: str) -> None:
    found = verdict(reason)
    assert judge(found, DecryptionProfile()) == Outcome(Signer.FORWARD_TRUST)
    strict = DecryptionProfile(forward_proxy=ForwardProxy(**{switch: True}))
    assert judge(found, strict) == Outcome(None, (reason,))


PASSING = [
    pytest.param(NoProxy(), (Reason.EXPIRED, Reason.SELF_SIGNED), (), id="nothing is checked"),
    pytest.param(
        NoProxy(block_expired_certificate=True),
        (Reason.EXPIRED, Reason.SELF_SIGNED), (Reason.EXPIRED,), id="dates",
    ),
    pytest.param(
        NoProxy(block_untrusted_issuer=True),
        (Reason.SELF_SIGNED, Reason.EXPIRED, Reason.NAME_MISMATCH), (Reason.SELF_SIGNED,),
        id="the issuer, and no name",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("checks", "reasons", "blocked"), PASSING)
def test_what_ends_a_session_that_is_not_decrypted(
    checks: NoProxy, reasons: tuple[Reason, ...], blocked: tuple[Reason, ...]
) -> None:
    assert judge_passing(verdict(*reasons), DecryptionProfile(no_proxy=checks)) == blocked
    assert checks.looks == (checks != NoProxy())


UNSUPPORTED = [
    pytest.param(Reason.UNSUPPORTED_VERSION, "block_unsupported_version", id="version"),
    pytest.param(Reason.UNSUPPORTED_CIPHER, "block_unsupported_cipher", id="cipher"),
]


@pytest.mark.parametrize(("reason", "switch"), UNSUPPORTED)
def test_each_part_has_its_own_switch_for_what_is_unsupported(reason: Reason, switch: str) -> None:
    forward = DecryptionProfile(forward_proxy=ForwardProxy(**{switch: True}))
    inbound = DecryptionProfile(inbound_inspection=InboundInspection(**{switch: True}))
    assert forward.blocks_unsupported(reason, inbound=False)
    assert not forward.blocks_unsupported(reason, inbound=True)
    assert inbound.blocks_unsupported(reason, inbound=True)
    assert not inbound.blocks_unsupported(reason, inbound=False)
