"""What an inspection of a body can find; it has no opinion on what follows from it.

A body without any finding is clean. What could not be read is never left out: it is an `Unscanned`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """The firewall's words, the most severe last."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Unread(StrEnum):
    """Why content could not be judged, in the words of the records."""

    TOO_BIG = "unscanned-too-big"
    ENCRYPTED = "unscanned-encrypted"
    LIMIT = "unscanned-limit"
    MALFORMED = "unscanned-malformed"
    ENGINE_DOWN = "unscanned-engine-down"
    PROTOCOL = "unscanned-protocol"
    STREAM = "unscanned-stream"
    BUDGET = "unscanned-budget"


@dataclass(frozen=True, slots=True)
class Detection:
    """A threat; `member` is the path inside an archive, empty where it is the body itself."""

    name: str
    identifier: int
    member: str = ""
    severity: Severity = Severity.MEDIUM
    engine: str = ""

    def __str__(self) -> str:
        return f"{self.name}({self.identifier})"


@dataclass(frozen=True, slots=True)
class Unscanned:
    """Content that nobody could look into; `detail` says in plain words why."""

    reason: Unread
    member: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


type Finding = Detection | Unscanned


@dataclass(frozen=True, slots=True)
class FileSeen:
    """What a body or a member of it really is: a word of `file_types.FileType`."""

    kind: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class DataSeen:
    """How often a data pattern matched in a member; `sample` is its first match, masked."""

    pattern: str
    count: int
    sample: str = ""
    member: str = ""


type Seen = FileSeen | DataSeen


def distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first finding of each threat and of each reason, in the order in which they came.

    This bounds what one body can put on record, however many members it has.
    """
    first: dict[int | Unread, Finding] = {}
    for finding in findings:
        key = finding.identifier if isinstance(finding, Detection) else finding.reason
        first.setdefault(key, finding)
    return tuple(first.values())


def worst(findings: Iterable[Finding]) -> Finding | None:
    """The most severe threat if there is any, else the first that could not be judged."""
    severities = list(Severity)
    unread: Unscanned | None = None
    threat: Detection | None = None
    for finding in findings:
        if isinstance(finding, Unscanned):
            unread = unread or finding
        elif not threat or severities.index(finding.severity) > severities.index(threat.severity):
            threat = finding
    return threat or unread
