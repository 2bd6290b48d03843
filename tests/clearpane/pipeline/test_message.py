"""What a finding in a message leads to."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from clearpane.antivirus.profile import Action, Actions, AntivirusProfile, Decoder
from clearpane.configuration.configuration import ContentProfiles
from clearpane.content.detection import (
    DataSeen,
    Detection,
    FileSeen,
    Finding,
    Seen,
    Severity,
    Unread,
    Unscanned,
)
from clearpane.content.direction import Direction
from clearpane.filtering.data import DataAction, DataFiltering, DataJudgement, Threshold
from clearpane.filtering.files import FileAction, FileBlocking, FileJudgement, FileRule
from clearpane.pipeline.message import Account, Judgement, Message, Outcome, judged

VIRUS = Detection("Virus", 200_000)
WORSE = Detection("Worse", 200_001, severity=Severity.CRITICAL)
UNREAD = Unscanned(Unread.TOO_BIG)
RESET = AntivirusProfile()
ALERT_DOWN = AntivirusProfile(
    {decoder: Actions(Action.ALERT, Action.DROP) for decoder in Decoder},
    on_unscanned=Action.ALERT,
)
ALLOWS_ONE = AntivirusProfile(exceptions={200_001: Action.ALLOW})
DOWN = Message("http", Direction.DOWNLOAD, "a")
UP = Message("http", Direction.UPLOAD, "a")


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


def kinds(*rules: tuple[FileAction, str]) -> FileBlocking:
    return FileBlocking(
        tuple(FileRule(str(number), action, frozenset((kind,)))
              for number, (action, kind) in enumerate(rules))
    )  # fmt: skip


PROFILES = ContentProfiles(
    virus=RESET,
    url=None,
    files=kinds((FileAction.ALERT, "exe"), (FileAction.CONTINUE, "zip"), (FileAction.BLOCK, "elf")),
    data=DataFiltering((Threshold("card", alert=2, block=5), Threshold("name", alert=1))),
)
EXE, ZIP, ELF = FileSeen("exe"), FileSeen("zip"), FileSeen("elf", "a/b")


def account(profiles: ContentProfiles = PROFILES, *, may_go_on: bool = False) -> Account:
    return Account(profiles, DOWN, lambda kind: may_go_on and kind == "zip")


def card(count: int, member: str = "") -> DataSeen:
    return DataSeen("card", count, "4***", member)


def said(outcomes: Sequence[Outcome]) -> list[str]:
    """Each as the profile's kind, and its action."""
    found: list[str] = []
    for each in outcomes:
        if each.virus:
            found.append(f"virus {each.virus.action}")
        if each.file:
            found.append(f"file {each.file.action} {each.file.kind}")
        if each.data:
            found.append(f"data {each.data.action} {each.data.pattern} {each.data.weight}")
    return found


SEEN = [
    pytest.param([], [], [], id="nothing"),
    pytest.param([VIRUS], [], ["virus reset-both"], id="a threat"),
    pytest.param([], [EXE], ["file alert exe"], id="a file"),
    pytest.param([], [EXE, ELF], ["file block elf"], id="the strictest of two files"),
    pytest.param([], [FileSeen("png")], [], id="a file that no rule speaks of"),
    pytest.param([], [card(1)], [], id="data below the threshold"),
    pytest.param([], [card(1, "a"), card(1, "b")], ["data alert card 2"], id="data of two members"),
    pytest.param([], [card(5)], ["data block card 5"], id="data over the second threshold"),
    pytest.param(
        [VIRUS], [ZIP, card(2)],
        ["virus reset-both", "file continue zip", "data alert card 2"], id="one of each",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("findings", "seen", "expected"), SEEN)
def test_what_the_profiles_say(
    findings: list[Finding], seen: list[Seen], expected: list[str]
) -> None:
    assert said(account().add(findings, seen)) == expected


def test_nobody_says_anything_where_nothing_is_inspected() -> None:
    bare = ContentProfiles(None, None, None, None)
    assert account(bare).add([VIRUS], [ELF, card(9)]) == ()


def test_who_chose_to_go_on_is_not_asked_again_and_it_is_said() -> None:
    (outcome,) = account(may_go_on=True).add([], [EXE, ZIP])
    assert (outcome.went_on, outcome.blocks) == (True, False)
    assert said([outcome]) == ["file continue zip"]
    assert said(account(may_go_on=True).add([], [ZIP, ELF])) == ["file block elf"]


def test_going_on_with_one_kind_hides_no_other() -> None:
    files = kinds((FileAction.CONTINUE, "zip"), (FileAction.CONTINUE, "exe"))
    made = account(replace(PROFILES, files=files), may_go_on=True)
    (outcome,) = made.add([], [ZIP, EXE])
    assert outcome.blocks
    assert said([outcome]) == ["file continue exe"]


def test_an_exception_is_not_even_recorded() -> None:
    profiles = replace(PROFILES, virus=ALLOWS_ONE)
    assert account(profiles).add([WORSE], []) == ()


class TestPieceByPiece:
    """Each look tells all that was found from the beginning on."""

    def test_what_was_said_is_not_said_again(self) -> None:
        made = account(replace(PROFILES, virus=ALERT_DOWN))
        assert said(made.add([VIRUS], [EXE])) == ["virus alert", "file alert exe"]
        assert said(made.add([VIRUS], [EXE])) == []
        assert said(made.add([VIRUS], [EXE, ELF])) == ["file block elf"]

    def test_a_threat_after_what_could_not_be_judged_is_another_record(self) -> None:
        made = account(replace(PROFILES, virus=ALERT_DOWN))
        (first,), (second,) = made.add([UNREAD], []), made.add([UNREAD, VIRUS], [])
        assert first.virus and first.virus.finding == UNREAD
        assert second.virus and second.virus.finding == VIRUS

    def test_thresholds_are_reached_across_pieces(self) -> None:
        made = account()
        assert said(made.add([], [card(1)])) == []
        assert said(made.add([], [card(2)])) == ["data alert card 2"]
        assert said(made.add([], [card(4)])) == [], "an alert for the same is said once"
        assert said(made.add([], [card(5)])) == ["data block card 5"]

    def test_a_piece_without_data_takes_none_back(self) -> None:
        made = account()
        made.add([], [card(1)])
        assert said(made.add([], [EXE])) == ["file alert exe"]
        assert card(1) in made.seen


@pytest.mark.parametrize(
    ("outcome", "blocks"),
    [
        pytest.param(Outcome(virus=Judgement(Action.ALERT, VIRUS)), False, id="a virus alert"),
        pytest.param(Outcome(virus=Judgement(Action.DROP, VIRUS)), True, id="a virus drop"),
        pytest.param(Outcome(file=FileJudgement(FileAction.ALERT, "", "")), False, id="a file"),
        pytest.param(Outcome(file=FileJudgement(FileAction.CONTINUE, "", "")), True, id="a page"),
        pytest.param(
            Outcome(file=FileJudgement(FileAction.CONTINUE, "", ""), went_on=True),
            False,
            id="what the user goes on with",
        ),
        pytest.param(Outcome(file=FileJudgement(FileAction.BLOCK, "", "")), True, id="no file"),
        pytest.param(Outcome(data=DataJudgement(DataAction.ALERT, "", 1)), False, id="data"),
        pytest.param(Outcome(data=DataJudgement(DataAction.BLOCK, "", 1)), True, id="no data"),
    ],
)
def test_which_outcomes_block(outcome: Outcome, blocks: bool) -> None:
    assert outcome.blocks is blocks
