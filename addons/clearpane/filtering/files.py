"""File-blocking profiles: what an administrator wants done about types of files.

`parse` reads the `file-blocking` block of profiles.yaml. As on the firewall the order of rules does
not count: of all that match, the strictest action is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from clearpane.content.applications import Application
from clearpane.content.detection import FileSeen
from clearpane.content.direction import Direction
from clearpane.content.file_types import FAMILIES, PAGE_PARTS, FileType
from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean

ANY = "any"


class FileAction(StrEnum):
    """What is done, the mildest first (KB kA10g000000ClGeCAK: "Action Precedence")."""

    ALERT = "alert"
    CONTINUE = "continue"
    BLOCK = "block"


class Way(StrEnum):
    """The directions of a rule, in the firewall's words."""

    UPLOAD = "upload"
    DOWNLOAD = "download"
    BOTH = "both"


_STRICTNESS = {action: number for number, action in enumerate(FileAction)}
_DIRECTIONS = {
    Way.UPLOAD: frozenset((Direction.UPLOAD,)),
    Way.DOWNLOAD: frozenset((Direction.DOWNLOAD,)),
    Way.BOTH: frozenset(Direction),
}


@dataclass(frozen=True, slots=True)
class FileRule:
    """One rule; an empty set of kinds or of applications stands for any."""

    name: str
    action: FileAction
    kinds: frozenset[str] = frozenset()
    directions: frozenset[Direction] = frozenset(Direction)
    applications: frozenset[str] = frozenset()

    def matches(self, kind: str, direction: Direction, application: str) -> bool:
        if direction not in self.directions:
            return False
        if self.applications and application not in self.applications:
            return False
        return kind in self.kinds if self.kinds else _is_a_file(kind, direction)


def _is_a_file(kind: str, direction: Direction) -> bool:
    """Whether `any` means it: the firewall lists what pages are made of for uploads alone."""
    return direction is Direction.UPLOAD or kind not in PAGE_PARTS


@dataclass(frozen=True, slots=True)
class FileJudgement:
    """What is done, the rule that says so, and the file that it is about."""

    action: FileAction
    rule: str
    kind: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class FileBlocking:
    """One profile; without arguments it is the one that is there without any file."""

    rules: tuple[FileRule, ...] = ()

    def judge(
        self, seen: Sequence[FileSeen], direction: Direction, application: str
    ) -> FileJudgement | None:
        """The strictest action on any of the files, the first rule's where two are as strict."""
        worst: FileJudgement | None = None
        for rule in self.rules:
            if worst and _STRICTNESS[rule.action] <= _STRICTNESS[worst.action]:
                continue
            for file in seen:
                if rule.matches(file.kind, direction, application):
                    worst = FileJudgement(rule.action, rule.name, file.kind, file.member)
                    break
        return worst


def parse(section: documents.Mapping | None) -> dict[str, FileBlocking]:
    """The profiles by name; `default` is there even where the file does not name it, and allows."""
    profiles = {"default": FileBlocking()}
    if section is not None:
        for name in section.names():
            if block := section.mapping(name):
                block.label = f'file-blocking profile "{name}"'
                profiles[str(name)] = _profile(block)
    return profiles


def _profile(block: documents.Mapping) -> FileBlocking:
    block.only("rules")
    block.required("rules")
    rules: dict[str, FileRule] = {}
    for number, entry in enumerate(block.mappings("rules") or (), 1):
        name = entry.text("name", str(number))
        entry.label = f'{block.label}, rule "{name}"'
        if name in rules:
            entry.error("name", "another rule has this name", "rename one of the two")
        rules.setdefault(name, _rule(entry, str(name)))
    return FileBlocking(tuple(rules.values()))


def _rule(entry: documents.Mapping, name: str) -> FileRule:
    entry.only("name", "file-type", "direction", "application", "action")
    entry.required("action")
    way = entry.choice("direction", Way, Way.BOTH)
    words = _words(entry, "file-type", tuple(FileType) + tuple(FAMILIES))
    return FileRule(
        name,
        entry.choice("action", FileAction, FileAction.BLOCK),
        frozenset(kind for word in words for kind in FAMILIES.get(word, (word,))),
        _DIRECTIONS[way],
        frozenset(_words(entry, "application", tuple(Application))),
    )


def _words(entry: documents.Mapping, key: str, known: Sequence[str]) -> tuple[str, ...]:
    """The words of a list, none where it is absent or says `any`."""
    words = entry.texts(key) or (ANY,)
    for word in words:
        if word == ANY and len(words) > 1:
            entry.error(word, f"{key}: any leaves nothing to add", "remove it or the other words")
        elif word != ANY and word not in known:
            cure = did_you_mean(word, known)
            entry.error(word, f"{key}: there is no {key} {word}", cure)
    return () if ANY in words else tuple(map(str, words))
