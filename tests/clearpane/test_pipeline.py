"""The order of one connection and of one message, under real policies."""

import shutil
from collections.abc import Sequence

import pytest

from chains import NOW, Spec, issue, name, san
from clearpane.antivirus.profile import Action, Actions, AntivirusProfile, Decoder, Direction
from clearpane.authorities import store
from clearpane.certificates.certificate import Certificate
from clearpane.configuration.configuration import Configuration
from clearpane.content.detection import Detection, Finding, Severity, Unread, Unscanned
from clearpane.hello import Hello, address
from clearpane.pipeline import (
    UNSEEN,
    Course,
    Judgement,
    Message,
    Step,
    at_hello,
    at_message,
    at_server,
    differs,
    judged,
)
from clearpane.rulebase.decision import Action as Decided
from clearpane.rulebase.decision import Decision, RuleType
from clearpane.rulebase.decision import Reason as Because
from clearpane.verification.profile import DecryptionProfile, ForwardProxy
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
    decision = at_hello(policy, hello, NOW)
    assert (decision.reason, decision.rule) == (reason, rule)
    assert decision.decrypts is (reason == "")


def certificate_of(common_name: str, *names: str) -> Certificate:
    spec = Spec(subject=name(common_name), extensions=(san(*names),))
    return Certificate.parse(issue(None, spec).der)


def verdict(*reasons: Reason, names: Sequence[str] = ("www.test",)) -> Verdict:
    return Verdict(reasons, certificate_of(names[0], *names))


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
    ],
)  # fmt: skip
def test_at_the_server(
    policy: Configuration, found: Verdict, profile: DecryptionProfile, expected: Course
) -> None:
    assert at_server(policy, profile, found, NOW) == expected


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
    course = at_server(policy, NOTHING_CHECKED, found, NOW)
    assert course.step is step
    assert (course.bypass is not None) is (step is BYPASS)
    assert step is not BYPASS or course.reasons == ("excluded-custom",)


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


VIRUS = Detection("Virus", 200_000)
WORSE = Detection("Worse", 200_001, severity=Severity.CRITICAL)
UNREAD = Unscanned(Unread.TOO_BIG)
RESET = AntivirusProfile()
ALERT_DOWN = AntivirusProfile(
    {decoder: Actions(Action.ALERT, Action.DROP) for decoder in Decoder},
    on_unscanned=Action.ALERT,
)
ALLOWS_ONE = AntivirusProfile(exceptions={200_001: Action.ALLOW})
DOWN = Message("http", Direction.DOWNLOAD, b"x", "a")
UP = Message("http", Direction.UPLOAD, b"x", "a")


@pytest.mark.parametrize(
    ("profile", "message", "findings", "expected"),
    [
        pytest.param(RESET, DOWN, [], Judgement(), id="clean"),
        pytest.param(RESET, DOWN, [VIRUS], Judgement(Action.RESET_BOTH, VIRUS), id="a threat"),
        pytest.param(ALERT_DOWN, DOWN, [VIRUS], Judgement(Action.ALERT, VIRUS), id="an alert"),
        pytest.param(ALERT_DOWN, UP, [VIRUS], Judgement(Action.DROP, VIRUS), id="an upload"),
        pytest.param(RESET, DOWN, [UNREAD], Judgement(Action.BLOCK, UNREAD), id="not judged"),
        pytest.param(
            ALERT_DOWN, DOWN, [UNREAD], Judgement(Action.ALERT, UNREAD), id="not judged, alert"
        ),
        pytest.param(
            RESET, DOWN, [UNREAD, VIRUS], Judgement(Action.RESET_BOTH, VIRUS),
            id="a threat is named before what was not judged",
        ),
        pytest.param(
            ALLOWS_ONE, DOWN, [WORSE], Judgement(Action.ALLOW, WORSE), id="an exception"
        ),
        pytest.param(
            ALLOWS_ONE, DOWN, [WORSE, VIRUS], Judgement(Action.RESET_BOTH, VIRUS),
            id="an exception hides no other threat",
        ),
        pytest.param(
            ALLOWS_ONE, DOWN, [WORSE, UNREAD], Judgement(Action.BLOCK, UNREAD),
            id="nor what was not judged",
        ),
    ],
)  # fmt: skip
def test_what_a_finding_leads_to(
    profile: AntivirusProfile, message: Message, findings: list[Finding], expected: Judgement
) -> None:
    assert judged(profile, message, findings) == expected


@pytest.mark.parametrize("action", Action)
def test_what_blocks(action: Action) -> None:
    assert Judgement(action).blocks is (action not in ("allow", "alert"))


async def test_a_message_is_scanned_as_it_came() -> None:
    asked: list[Message] = []

    async def scan(message: Message) -> list[Finding]:
        asked.append(message)
        return [VIRUS]

    assert await at_message(RESET, DOWN, scan) == Judgement(Action.RESET_BOTH, VIRUS)
    assert asked == [DOWN]


async def test_an_empty_body_is_not_scanned() -> None:
    async def scan(_: Message) -> list[Finding]:
        raise AssertionError("there is nothing to scan")

    empty = Message("http", Direction.DOWNLOAD, b"", "a")
    assert await at_message(RESET, empty, scan) == Judgement()
