"""The order of one message: what is in it, then what each content profile says to that.

A body that is passed on while it is inspected is judged again at each piece, on all that was seen
so far; what was said already is not said again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from clearpane.antivirus.profile import Action, AntivirusProfile
from clearpane.configuration.configuration import ContentProfiles
from clearpane.content.applications import Application
from clearpane.content.detection import (
    DataSeen,
    Detection,
    FileSeen,
    Finding,
    Seen,
    Unscanned,
)
from clearpane.content.direction import Direction
from clearpane.filtering.data import DataAction, DataJudgement
from clearpane.filtering.files import FileAction, FileJudgement

type Granted = Callable[[str], bool]
"""Whether the user chose to go on with files of a kind."""


@dataclass(frozen=True, slots=True)
class Message:
    """One body as it is received; `name` is what a record calls it."""

    decoder: str
    direction: Direction
    name: str
    encodings: tuple[str, ...] = ()
    content_type: str = ""
    application: Application = Application.WEB_BROWSING


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in a message and what is done about it; nothing found: allow."""

    action: Action = Action.ALLOW
    finding: Finding | None = None

    @property
    def blocks(self) -> bool:
        return self.action not in (Action.ALLOW, Action.ALERT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one profile says: exactly one of the three is given; `went_on` where the user chose to
    have the file all the same."""

    virus: Judgement | None = None
    file: FileJudgement | None = None
    data: DataJudgement | None = None
    went_on: bool = False

    @property
    def blocks(self) -> bool:
        if self.virus:
            return self.virus.blocks
        if self.file:
            return not self.went_on and self.file.action is not FileAction.ALERT
        return self.data is not None and self.data.action is DataAction.BLOCK

    @property
    def key(self) -> tuple[str, str]:
        """What makes another record of the same body: another answer, or another cause."""
        if self.virus:
            return self.virus.action, str(self.virus.finding)
        if self.file:
            return self.file.action, self.file.kind
        assert self.data
        return self.data.action, self.data.pattern


@dataclass(slots=True)
class Account:
    """What was seen of one body so far, and what was said of it."""

    profiles: ContentProfiles
    message: Message
    granted: Granted
    findings: list[Finding] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    _said: set[tuple[str, str]] = field(default_factory=set)

    def add(self, findings: Sequence[Finding], seen: Sequence[Seen]) -> tuple[Outcome, ...]:
        """What is new, the strictest kind of answer first. Data are those of the whole body so
        far, so that they take the place of what was said before."""
        if not (findings or seen):
            return ()
        self.findings += [found for found in findings if found not in self.findings]
        kinds = {each.kind for each in self.seen if isinstance(each, FileSeen)}
        files = [each for each in seen if isinstance(each, FileSeen) and each.kind not in kinds]
        if data := [each for each in seen if isinstance(each, DataSeen)]:
            self.seen = [each for each in self.seen if isinstance(each, FileSeen)] + [*data]
        self.seen += files
        new = [each for each in self._outcomes() if each.key not in self._said]
        self._said.update(each.key for each in new)
        return tuple(new)

    def _outcomes(self) -> list[Outcome]:
        found: list[Outcome] = []
        if profile := self.profiles.virus:
            virus = judged(profile, self.message, self.findings)
            if virus.finding and virus.action is not Action.ALLOW:
                found.append(Outcome(virus=virus))
        if file := self._file():
            found.append(file)
        data = [each for each in self.seen if isinstance(each, DataSeen)]
        if data and self.profiles.data and (judgement := self.profiles.data.judge(data)):
            found.append(Outcome(data=judgement))
        return found

    def _file(self) -> Outcome | None:
        """A kind that the user goes on with hides no other that he was not asked about."""
        files = [each for each in self.seen if isinstance(each, FileSeen)]
        went_on: FileJudgement | None = None
        while judgement := self._judged(files):
            if judgement.action is not FileAction.CONTINUE or not self.granted(judgement.kind):
                break
            went_on = went_on or judgement
            files = [each for each in files if each.kind != judgement.kind]
        if judgement and not (went_on and judgement.action is FileAction.ALERT):
            return Outcome(file=judgement)
        return Outcome(file=went_on, went_on=True) if went_on else None

    def _judged(self, files: Sequence[FileSeen]) -> FileJudgement | None:
        if not files or not self.profiles.files:
            return None
        return self.profiles.files.judge(files, self.message.direction, self.message.application)


def judged(profile: AntivirusProfile, message: Message, findings: Sequence[Finding]) -> Judgement:
    """The strictest answer to any of the findings: what an exception allows hides nothing else."""
    judgements = [Judgement(_action(profile, message, found), found) for found in findings]
    return max(judgements, key=_strictness, default=Judgement())


def _action(profile: AntivirusProfile, message: Message, finding: Finding) -> Action:
    if isinstance(finding, Unscanned):
        return profile.unscanned(message.decoder, message.direction)
    return profile.action(message.decoder, message.direction, finding)


def _strictness(judgement: Judgement) -> tuple[bool, bool, int]:
    """Blocking first, then a threat before what could not be judged, then the action's order."""
    threat = isinstance(judgement.finding, Detection)
    return judgement.blocks, threat, list(Action).index(judgement.action)
