"""What a finding in a message leads to."""

import pytest

from clearpane.antivirus.profile import Action, Actions, AntivirusProfile, Decoder
from clearpane.content.detection import Detection, Finding, Severity, Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.pipeline.message import Judgement, Message, at_message, judged

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
