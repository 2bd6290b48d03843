"""What the gateway and its scanner processes say to each other: JSON with bytes behind it.

Nothing is pickled. An answer comes from a process that strangers' content may have taken over:
whatever it says, reading it gives an `Inspection` or a ValueError, and costs bounded memory.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clearpane.content.data_patterns import DataPatterns, Definition
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
from clearpane.content.inspection import Inspection

HEAD = struct.Struct("!II")  # bytes of JSON, bytes behind it
LARGEST = 2 << 20  # bytes of an answer's JSON
LONGEST = 512  # characters of a member's path, which a stranger chose; so it fits, with all escapes
MOST_VIEWS = 512 << 20  # bytes; a scan unpacks to 256 MiB at most, besides the body itself


@dataclass(frozen=True, slots=True)
class Setup:
    """What a scanner process is made for: YARA sources by file, whether to tell what files are,
    and the data patterns: an administrator's own, and the names of those that are built in."""

    rules: Mapping[str, str] = field(default_factory=dict)
    kinds: bool = False
    definitions: tuple[Definition, ...] = ()
    predefined: tuple[str, ...] = ()

    def packed(self) -> bytes:
        own = [(each.name, each.regex, each.weight) for each in self.definitions]
        return json.dumps([dict(self.rules), self.kinds, own, self.predefined]).encode()

    @staticmethod
    def of(data: bytes) -> "Setup":
        rules, kinds, own, predefined = json.loads(data)
        definitions = tuple(Definition(*each) for each in own)
        return Setup(rules, kinds, definitions, tuple(predefined))

    @property
    def patterns(self) -> DataPatterns:
        """Compiled."""
        return DataPatterns(self.definitions, self.predefined)


@dataclass(frozen=True, slots=True)
class Request:
    """One body to look into; `views`: whether a daemon is to be asked about it too."""

    name: str = ""
    encodings: tuple[str, ...] = ()
    content_type: str = ""
    views: bool = False

    def packed(self) -> bytes:
        """To stand in front of the body."""
        text = json.dumps([self.name, self.encodings, self.content_type, self.views]).encode()
        return HEAD.pack(len(text), 0) + text

    @staticmethod
    def of(text: bytes) -> "Request":
        """From what follows the head."""
        name, encodings, content_type, views = json.loads(text)
        return Request(name, tuple(encodings), content_type, views)


def packed(inspection: Inspection, *, last: bool) -> bytes:
    """An answer; `last` says that the process ends after it."""
    text = json.dumps(
        {
            "last": last,
            "found": [_finding(one) for one in inspection.findings],
            "seen": [_seen(one) for one in inspection.seen],
            "views": [len(view) for view in inspection.views],
        },
        ensure_ascii=False,
    ).encode("utf-8", "surrogatepass")
    size = sum(map(len, inspection.views))
    return b"".join((HEAD.pack(len(text), size), text, *inspection.views))


def sizes(head: bytes) -> tuple[int, int]:
    """Of the JSON and of the views that follow. Raises ValueError."""
    text, views = HEAD.unpack(head)
    if text > LARGEST or views > MOST_VIEWS:
        raise ValueError("an answer of such a size is none")
    return text, views


def unpacked(text: bytes, views: bytes) -> tuple[Inspection, bool]:
    """The answer, and whether it was the process's last. Raises ValueError."""
    try:
        said = json.loads(text.decode("utf-8", "surrogatepass"))
        findings = tuple(_read_finding(*one) for one in said["found"])
        seen = tuple(_read_seen(*one) for one in said["seen"])
        return Inspection(findings, seen, _cut(views, said["views"])), bool(said["last"])
    except (KeyError, TypeError, RecursionError) as fault:
        raise ValueError(str(fault)) from None


def _cut(data: bytes, lengths: list[int]) -> tuple[bytes, ...]:
    views, at = [], 0
    for length in lengths:
        views.append(data[at : at + max(0, length)])
        at += max(0, length)
    if at != len(data):
        raise ValueError("views of another length")
    return tuple(views)


def _finding(finding: Finding) -> list[str | int]:
    if isinstance(finding, Unscanned):
        return ["unscanned", finding.reason, finding.member[:LONGEST], finding.detail[:LONGEST]]
    return [
        "threat",
        finding.name,
        finding.identifier,
        finding.member[:LONGEST],
        finding.severity,
        finding.engine,
    ]


def _read_finding(word: str, *values: Any) -> Finding:
    if word == "unscanned":
        reason, member, detail = values
        return Unscanned(Unread(reason), str(member), str(detail))
    name, identifier, member, severity, engine = values
    return Detection(str(name), int(identifier), str(member), Severity(severity), str(engine))


def _seen(seen: Seen) -> list[str | int]:
    if isinstance(seen, FileSeen):
        return ["file", seen.kind, seen.member[:LONGEST]]
    return ["data", seen.pattern, seen.count, seen.sample[:LONGEST], seen.member[:LONGEST]]


def _read_seen(word: str, *values: Any) -> Seen:
    if word == "file":
        kind, member = values
        return FileSeen(str(kind), str(member))
    pattern, count, sample, member = values
    return DataSeen(str(pattern), int(count), str(sample), str(member))
