"""The order of one connection and of one message, under real policies."""

import dataclasses
import shutil
from collections.abc import Sequence

import pytest

from chains import NOW, Spec, issue, name, san
from clearpane.authorities import store
from clearpane.authorities.inbound import InboundCertificate
from clearpane.certificates.certificate import Certificate
from clearpane.configuration.configuration import Configuration
from clearpane.hello import Hello, address
from clearpane.pipeline.connection import (
    UNSEEN,
    Course,
    Opening,
    Step,
    at_failure,
    at_hello,
    at_server,
    differs,
    looks,
    server_of,
)
from clearpane.rulebase.decision import Action as Decided
from clearpane.rulebase.decision import Decision, RuleType
from clearpane.rulebase.decision import Reason as Because
from clearpane.rulebase.learned import Cause, LearnedExclusions
from clearpane.verification.profile import DecryptionProfile, ForwardProxy, NoProxy
from clearpane.verification.reasons import Reason
from clearpane.verification.verdict import Verdict
from gateways import SiteNow
from sites import SHIPPED

DECRYPT, BYPASS, BLOCK = Step.DECRYPT, Step.BYPASS, Step.BLOCK
TRUST, UNTRUST = "forward-trust", "forward-untrust"
NOTHING_CHECKED = DecryptionProfile()
STRICT = DecryptionProfile(
    ForwardProxy(block_expired_certificate=True, block_untrusted_issuer=True)
)
EXCLUSIONS = """
exclusions:
  - {name: "*.pinned.test", description: "pinned: pinned-cert"}
  - {name: "Odd Client", description: "pinned: pinned-cert"}
  - {name: "old.test", description: "no longer", expires: 2020-01-01}
predefined: {}
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    """The shipped rules with three exclusions."""
    folder = tmp_path_factory.mktemp("site")
    site = SiteNow()
    site.rules, site.ca = folder / "rules", folder / "ca"
    shutil.copytree(SHIPPED, site.rules)
    store.create(site.ca, store.missing(site.ca), NOW)
    site.write("exclusions.yaml", EXCLUSIONS)
    site.write("categories/custom-no-decrypt.txt", "bank.test\n")
    return site.load()


@pytest.mark.parametrize(
    ("host", "source", "reason", "rule"),
    [
        pytest.param("www.test", "10.0.0.1", "", "decrypt-outbound", id="decrypted"),
        pytest.param("www.bank.test", "10.0.0.1", "rule", "no-decrypt-private", id="by category"),
        pytest.param("api.pinned.test", "10.0.0.1", "excluded-custom", "", id="excluded"),
        pytest.param("old.test", "10.0.0.1", "", "decrypt-outbound", id="excluded no longer"),
        pytest.param("www.test", "203.0.113.1", "no-rule", "", id="from elsewhere"),
    ],
)
def test_at_the_hello(
    policy: Configuration, host: str, source: str, reason: str, rule: str
) -> None:
    hello = Hello(address(source), address("198.51.100.7"), 443, sni=host)
    decision = at_hello(policy, hello, NOW).decision
    assert (decision.reason, decision.rule) == (reason, rule)
    assert decision.decrypts is (reason == "")


def certificate_of(common_name: str, *names: str) -> Certificate:
    spec = Spec(subject=name(common_name), extensions=(san(*names),))
    return Certificate.parse(issue(None, spec).der)


def certificate_without_names(common_name: str) -> Certificate:
    return Certificate.parse(issue(None, Spec(subject=name(common_name), extensions=())).der)


def verdict(*reasons: Reason, names: Sequence[str] = ("www.test",)) -> Verdict:
    return Verdict(reasons, certificate_of(names[0], *names))


def profiled(policy: Configuration, profile: DecryptionProfile) -> Configuration:
    return dataclasses.replace(policy, decryption_profiles={"p": profile})


def asking(*reasons: Reason) -> Verdict:
    return dataclasses.replace(verdict(*reasons), asks_for_certificate=True)


def checks(**switches: bool) -> DecryptionProfile:
    return DecryptionProfile(ForwardProxy(**switches))


WANTED = Decision(Decided.DECRYPT, Because.NONE, "wanted", profile="p")
LEFT = Decision(Decided.NO_DECRYPT, Because.RULE, "left", profile="p", category="bank")
INBOUND = dataclasses.replace(WANTED, type=RuleType.INBOUND_INSPECTION, certificates=("www",))
ASKS = ("client-certificate-required",)


@pytest.mark.parametrize(
    ("found", "profile", "expected"),
    [
        pytest.param(verdict(), STRICT, Course(DECRYPT, TRUST), id="all is well"),
        pytest.param(
            verdict(Reason.EXPIRED), NOTHING_CHECKED, Course(DECRYPT, TRUST, ("expired",)),
            id="what the leaf shows is Trust",
        ),
        pytest.param(
            verdict(Reason.UNKNOWN_ISSUER, Reason.EXPIRED), NOTHING_CHECKED,
            Course(DECRYPT, UNTRUST, ("unknown-issuer", "expired")),
            id="one row of Untrust is enough",
        ),
        pytest.param(
            verdict(Reason.UNKNOWN_ISSUER, Reason.NAME_MISMATCH), STRICT,
            Course(BLOCK, reasons=("unknown-issuer",)), id="a block names what blocks",
        ),
        pytest.param(
            verdict(Reason.NAME_MISMATCH), STRICT, Course(DECRYPT, TRUST, ("name-mismatch",)),
            id="a wrong name blocks nothing",
        ),
        pytest.param(
            verdict(Reason.MALFORMED_CERTIFICATE), NOTHING_CHECKED,
            Course(BLOCK, reasons=("malformed-certificate",)), id="no leaf can show it",
        ),
        pytest.param(
            Verdict((Reason.UNKNOWN_ISSUER,)), NOTHING_CHECKED,
            Course(BLOCK, reasons=("unknown-issuer",)), id="there is no certificate",
        ),
        pytest.param(
            asking(), NOTHING_CHECKED, Course(BYPASS, reasons=ASKS, learn=True),
            id="a client's certificate is asked for",
        ),
        pytest.param(
            asking(), checks(block_client_cert=True), Course(BLOCK, reasons=ASKS),
            id="and that is barred",
        ),
        pytest.param(
            asking(Reason.EXPIRED), STRICT, Course(BLOCK, reasons=("expired",)),
            id="a server that is barred anyway buys no passage by asking",
        ),
        pytest.param(
            verdict(Reason.REVOKED), NOTHING_CHECKED, Course(BLOCK, reasons=("revoked",)),
            id="revoked",
        ),
        pytest.param(
            verdict(Reason.STATUS_UNKNOWN), NOTHING_CHECKED,
            Course(DECRYPT, TRUST, ("status-unknown",)), id="an unknown status passes by default",
        ),
        pytest.param(
            Verdict((Reason.NAME_MISMATCH,), certificate_without_names("www.test")),
            checks(auto_include_altname=True), Course(DECRYPT, TRUST),
            id="the CommonName is appended, so it counts",
        ),
        pytest.param(
            Verdict((Reason.NAME_MISMATCH,), certificate_without_names("other.test")),
            checks(auto_include_altname=True), Course(DECRYPT, TRUST, ("name-mismatch",)),
            id="another CommonName does not",
        ),
    ],
)  # fmt: skip
def test_at_the_server(
    policy: Configuration, found: Verdict, profile: DecryptionProfile, expected: Course
) -> None:
    course = at_server(profiled(policy, profile), Opening(WANTED), found, "www.test", NOW)
    assert course == dataclasses.replace(expected, decision=WANTED)


@pytest.mark.parametrize(
    ("found", "step"),
    [
        pytest.param(
            verdict(names=("www.test", "api.pinned.test")), BYPASS, id="a name that is excluded"
        ),
        pytest.param(
            verdict(Reason.UNKNOWN_ISSUER, names=("www.test", "api.pinned.test")), DECRYPT,
            id="anybody can write it into a certificate of his own",
        ),
        pytest.param(
            verdict(Reason.SELF_SIGNED, names=("Odd Client",)), BYPASS,
            id="a name that is no host's stands in no other certificate",
        ),
        pytest.param(verdict(names=("old.test",)), DECRYPT, id="excluded no longer"),
        pytest.param(Verdict((Reason.UNKNOWN_ISSUER,)), BLOCK, id="no certificate, no name"),
    ],
)  # fmt: skip
def test_names_that_the_server_shows(policy: Configuration, found: Verdict, step: Step) -> None:
    opening = Opening(WANTED)
    course = at_server(profiled(policy, NOTHING_CHECKED), opening, found, "www.test", NOW)
    assert course.step is step
    assert (course.decision is not WANTED) is (step is BYPASS)
    assert step is not BYPASS or course.reasons == ("excluded-custom",)
    assert not course.learn


@pytest.mark.parametrize(
    ("opening", "found", "expected"),
    [
        pytest.param(
            Opening(LEFT), verdict(Reason.EXPIRED),
            Course(BYPASS, reasons=("rule",), decision=LEFT),
            id="nothing was to be checked",
        ),
        pytest.param(
            Opening(LEFT, WANTED), verdict(Reason.INCOMPLETE_CHAIN),
            Course(BYPASS, reasons=("rule",), decision=LEFT),
            id="the name is the server's own, whoever signed it",
        ),
        pytest.param(
            Opening(LEFT, WANTED), verdict(names=("evil.test",)),
            Course(DECRYPT, TRUST, decision=WANTED), id="the name was borrowed",
        ),
        pytest.param(
            Opening(LEFT, WANTED), Verdict((Reason.MALFORMED_CERTIFICATE,)),
            Course(BLOCK, reasons=("malformed-certificate",), decision=WANTED),
            id="nothing shows whose it is",
        ),
    ],
)  # fmt: skip
def test_a_claimed_name_is_no_passport(
    policy: Configuration, opening: Opening, found: Verdict, expected: Course
) -> None:
    policy = profiled(policy, NOTHING_CHECKED)
    assert at_server(policy, opening, found, "www.test", NOW) == expected


def test_a_session_that_is_left_alone_may_still_end(policy: Configuration) -> None:
    strict = DecryptionProfile(no_proxy=NoProxy(block_expired_certificate=True))
    policy = profiled(policy, strict)
    ended = at_server(policy, Opening(LEFT), verdict(Reason.EXPIRED), "www.test", NOW)
    assert ended == Course(BLOCK, reasons=("expired",), decision=LEFT)
    passed = at_server(policy, Opening(LEFT), verdict(Reason.SELF_SIGNED), "www.test", NOW)
    assert passed == Course(BYPASS, reasons=("rule",), decision=LEFT)


@pytest.mark.parametrize(
    ("opening", "profile", "expected"),
    [
        pytest.param(Opening(WANTED), NOTHING_CHECKED, True, id="to be decrypted"),
        pytest.param(Opening(LEFT), NOTHING_CHECKED, False, id="left alone, nothing to check"),
        pytest.param(
            Opening(LEFT, WANTED), NOTHING_CHECKED, True, id="left alone for its category"
        ),
        pytest.param(
            Opening(LEFT), DecryptionProfile(no_proxy=NoProxy(block_untrusted_issuer=True)), True,
            id="left alone, with a check",
        ),
        pytest.param(
            Opening(dataclasses.replace(LEFT, reason=Because.EXCLUDED_CUSTOM)),
            DecryptionProfile(no_proxy=NoProxy(block_untrusted_issuer=True)), False,
            id="an exclusion is never looked at",
        ),
    ],
)  # fmt: skip
def test_whose_certificate_must_be_seen(
    policy: Configuration, opening: Opening, profile: DecryptionProfile, expected: bool
) -> None:
    assert looks(profiled(policy, profile), opening) is expected


VERSION, CIPHER = "unsupported-version", "unsupported-cipher"


@pytest.mark.parametrize(
    ("reason", "asked", "profile", "expected"),
    [
        pytest.param(
            VERSION, False, NOTHING_CHECKED, Course(BYPASS, reasons=(VERSION,), learn=True),
            id="an old server passes and is learned",
        ),
        pytest.param(
            VERSION, False, checks(block_unsupported_version=True),
            Course(BLOCK, reasons=(VERSION,)), id="or ends",
        ),
        pytest.param(
            CIPHER, False, checks(block_unsupported_version=True),
            Course(BYPASS, reasons=(CIPHER,), learn=True), id="each has its own switch",
        ),
        pytest.param(
            CIPHER, True, NOTHING_CHECKED, Course(BYPASS, reasons=ASKS, learn=True),
            id="it ended for want of a client's certificate",
        ),
        pytest.param(
            CIPHER, True, checks(block_client_cert=True), Course(BLOCK, reasons=ASKS),
            id="which is barred",
        ),
        pytest.param(
            "server-unreachable", False, NOTHING_CHECKED,
            Course(BLOCK, reasons=("server-unreachable",)), id="a close is not learned",
        ),
    ],
)  # fmt: skip
def test_a_handshake_that_failed(
    policy: Configuration, reason: str, asked: bool, profile: DecryptionProfile, expected: Course
) -> None:
    course = at_failure(profiled(policy, profile), Opening(WANTED), reason, asked=asked)
    assert course == dataclasses.replace(expected, decision=WANTED)


def test_a_client_that_offers_little_exempts_nobodys_server(policy: Configuration) -> None:
    policy = profiled(policy, NOTHING_CHECKED)
    narrow = dataclasses.replace(NOTHING_CHECKED.protocol.terms(), ciphers=("AES128-SHA",))
    course = at_failure(policy, Opening(WANTED), CIPHER, terms=narrow)
    assert (course.step, course.learn) == (BYPASS, False)
    whole = at_failure(policy, Opening(WANTED), CIPHER, terms=NOTHING_CHECKED.protocol.terms())
    assert (whole.step, whole.learn) == (BYPASS, True)


def test_what_cannot_be_looked_at_passes_where_nothing_hangs_on_it(policy: Configuration) -> None:
    policy = profiled(policy, NOTHING_CHECKED)
    left = at_failure(policy, Opening(LEFT), "server-unreachable")
    assert left == Course(BYPASS, reasons=("rule", "unverified"), decision=LEFT)
    claimed = at_failure(policy, Opening(LEFT, WANTED), "server-unreachable")
    assert claimed == Course(BLOCK, reasons=("server-unreachable",), decision=WANTED)


@pytest.mark.parametrize("shown", ["www.test", "other.test"])
def test_inbound_the_fingerprint_decides(policy: Configuration, shown: str) -> None:
    party = issue(None, Spec())
    ours = InboundCertificate("www", Certificate.parse(party.der), (), party.key)
    policy = dataclasses.replace(profiled(policy, STRICT), inbound={"www": ours})
    same = shown == "www.test"
    certificate = ours.certificate if same else certificate_of(shown)
    found = Verdict((Reason.SELF_SIGNED, Reason.EXPIRED), certificate)
    course = at_server(policy, Opening(INBOUND), found, "www.test", NOW)
    blocked = Course(BLOCK, reasons=("certificate-mismatch",), decision=INBOUND)
    assert course == (Course(DECRYPT, "inbound", decision=INBOUND) if same else blocked)


def test_what_was_learned_exempts_this_server_under_this_profile(policy: Configuration) -> None:
    learned = LearnedExclusions()
    hello = Hello(address("10.0.0.1"), address("198.51.100.7"), 443, sni="www.test")
    decision = at_hello(policy, hello, NOW, learned).decision
    assert decision.decrypts
    profile = policy.profile_id(decision.profile)
    learned.learn(server_of(hello), profile, Cause.UNSUPPORTED_CIPHER, NOW)
    known = at_hello(policy, hello, NOW, learned).decision
    assert (known.action, known.reason) == (Decided.NO_DECRYPT, Because.EXCLUDED_LEARNED)
    assert known.rule == decision.rule
    elsewhere = dataclasses.replace(hello, destination=address("198.51.100.8"))
    assert at_hello(policy, elsewhere, NOW, learned).decision.decrypts


def test_a_category_is_an_answer_for_the_time_being(policy: Configuration) -> None:
    hello = Hello(address("10.0.0.1"), address("198.51.100.7"), 443, sni="www.bank.test")
    opening = at_hello(policy, hello, NOW)
    assert opening.otherwise and opening.otherwise.rule == "decrypt-outbound"
    assert opening.strictest is opening.otherwise
    plain = at_hello(policy, dataclasses.replace(hello, sni="www.test"), NOW)
    assert plain.otherwise is None
    assert plain.strictest is plain.decision


@pytest.mark.parametrize(
    ("course", "shown", "worse"),
    [
        (Course(DECRYPT, TRUST), Course(DECRYPT, TRUST), False),
        (Course(DECRYPT, TRUST, ("expired",)), Course(DECRYPT, TRUST, ("expired",)), False),
        (Course(DECRYPT, TRUST), Course(DECRYPT, UNTRUST, ("self-signed",)), False),
        (Course(DECRYPT, UNTRUST, ("self-signed",)), Course(DECRYPT, TRUST), True),
        (Course(DECRYPT, TRUST, ("name-mismatch",)), Course(DECRYPT, TRUST, ("expired",)), True),
        (Course(BLOCK, reasons=("expired",)), Course(DECRYPT, TRUST, ("expired",)), True),
        (Course(BYPASS), Course(DECRYPT, TRUST), True),
        (Course(DECRYPT, TRUST), UNSEEN, False),
        (Course(DECRYPT, TRUST, ("expired",)), UNSEEN, True),
    ],
)
def test_a_later_connection_is_worse(course: Course, shown: Course, worse: bool) -> None:
    assert course.worse_than(shown) is worse


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Decision(Decided.DECRYPT, Because.NONE, rule="b", profile="x"), False),
        (Decision(Decided.DECRYPT, Because.NONE, rule="a", profile="y"), True),
        (Decision(Decided.NO_DECRYPT, Because.RULE, rule="a", profile="x"), True),
        (
            Decision(Decided.DECRYPT, Because.NONE, profile="x", type=RuleType.INBOUND_INSPECTION),
            True,
        ),
    ],
)
def test_whether_two_answers_differ(other: Decision, expected: bool) -> None:
    one = Decision(Decided.DECRYPT, Because.NONE, rule="a", profile="x")
    assert differs(one, other) is expected
    assert differs(other, one) is expected
