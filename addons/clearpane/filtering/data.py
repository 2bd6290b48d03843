"""Data-filtering profiles: what an administrator wants done about data that matches patterns.

`parse_patterns` reads the administrator's own patterns of objects.yaml, `parse` the
`data-filtering` block of profiles.yaml. Each match counts with the weight of its pattern; as on the
firewall a threshold is reached by the sum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from clearpane.content.data_patterns import PREDEFINED, DataPatterns, Definition, fault, total
from clearpane.content.detection import DataSeen
from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text

# Both limits are the firewall's.
MOST_WEIGHT = 255
MOST_THRESHOLD = 65_535
MOST_PATTERNS = 256
_SAMPLES = 5


class DataAction(StrEnum):
    """What is done, the mildest first."""

    ALERT = "alert"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One line of a profile; a threshold of 0 is never reached."""

    pattern: str
    weight: int = 1
    alert: int = 0
    block: int = 0

    def action(self, weight: int) -> DataAction | None:
        """What is done about matches of this total weight."""
        if 0 < self.block <= weight:
            return DataAction.BLOCK
        return DataAction.ALERT if 0 < self.alert <= weight else None


@dataclass(frozen=True, slots=True)
class DataJudgement:
    """What is done, the pattern that says so, its total weight, and masked matches."""

    action: DataAction
    pattern: str
    weight: int
    samples: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class DataFiltering:
    """One profile; without arguments it is the one that is there without any file."""

    thresholds: tuple[Threshold, ...] = ()

    @property
    def patterns(self) -> frozenset[str]:
        """The names of the patterns that it asks for."""
        return frozenset(threshold.pattern for threshold in self.thresholds)

    def judge(self, seen: Sequence[DataSeen]) -> DataJudgement | None:
        """What is done about one body and all its members; the first line's of the strictest."""
        alert: DataJudgement | None = None
        for line in self.thresholds:
            found = [each for each in seen if each.pattern == line.pattern]
            count = total(found)
            weight = line.weight * count
            action = line.action(weight)
            if action:
                samples = dict.fromkeys(each.sample for each in found if each.sample)
                shown = tuple(samples)[:_SAMPLES]
                judged = DataJudgement(action, line.pattern, weight, shown, count)
                if action is DataAction.BLOCK:
                    return judged
                alert = alert or judged
        return alert


def compiled(profiles: Iterable[DataFiltering], own: Mapping[str, Definition]) -> DataPatterns:
    """What has to be looked for so that all the profiles can judge; falsy where that is nothing."""
    names = frozenset[str]().union(*(profile.patterns for profile in profiles))
    mine = [own[name] for name in sorted(names) if name in own]
    return DataPatterns(mine, [name for name in sorted(names) if name in PREDEFINED])


def parse(
    section: documents.Mapping | None, own: Mapping[str, Definition]
) -> dict[str, DataFiltering]:
    """The profiles by name; `default` is there even where the file does not name it, and allows.

    `own` is what `parse_patterns` returned.
    """
    profiles = {"default": DataFiltering()}
    if section is not None:
        for name in section.names():
            if block := section.mapping(name):
                block.label = f'data-filtering profile "{name}"'
                profiles[str(name)] = _profile(block, own)
    return profiles


def _profile(block: documents.Mapping, own: Mapping[str, Definition]) -> DataFiltering:
    block.only("patterns")
    block.required("patterns")
    lines: dict[str, Threshold] = {}
    for entry in block.mappings("patterns") or ():
        line = _threshold(entry, own)
        if line.pattern in lines:
            entry.error("pattern", f"pattern {line.pattern} stands twice", "remove one of the two")
        lines.setdefault(line.pattern, line)
    return DataFiltering(tuple(line for line in lines.values() if line.pattern))


def _threshold(entry: documents.Mapping, own: Mapping[str, Definition]) -> Threshold:
    entry.only("pattern", "weight", "alert-threshold", "block-threshold")
    name = entry.text("pattern") if entry.required("pattern") else ""
    definition = own.get(name) or PREDEFINED.get(name)
    if name and not definition:
        known = (*PREDEFINED, *own)
        cure = did_you_mean(name, known) or "define it in objects.yaml under data-patterns"
        entry.error(name, f"there is no data pattern {name}", cure)
    line = Threshold(
        str(name),
        entry.integer("weight", definition.weight if definition else 1, 1, MOST_WEIGHT),
        entry.integer("alert-threshold", 0, 0, MOST_THRESHOLD),
        entry.integer("block-threshold", 0, 0, MOST_THRESHOLD),
    )
    if "alert-threshold" not in entry and "block-threshold" not in entry:
        entry.error(entry.place, "no threshold: the pattern does nothing", "add block-threshold: 1")
    return line


def parse_patterns(section: documents.Mapping | None) -> dict[str, Definition]:
    """The administrator's own patterns by name: the `data-patterns` block of objects.yaml."""
    patterns: dict[str, Definition] = {}
    if section is None:
        return patterns
    for name in section.names():
        block = section.mapping(name)
        if block and name in PREDEFINED:
            section.error(name, f"data pattern {name} is predefined", "choose another name")
        elif block:
            block.label = f'data pattern "{name}"'
            patterns[str(name)] = _definition(block, str(name))
    if len(patterns) > MOST_PATTERNS:
        section.error(section.place, f"more than {MOST_PATTERNS} data patterns")
    return patterns


def _definition(block: documents.Mapping, name: str) -> Definition:
    """The pattern; without its regex where that is wrong, so that a profile may still name it."""
    block.only("regex", "weight")
    weight = block.integer("weight", 1, 1, MOST_WEIGHT)
    regex = block.text("regex") if block.required("regex") else ""
    wrong = fault(regex) if isinstance(regex, Text) else ""
    if wrong:
        block.error(regex, f"regex {wrong}")
    return Definition(name, "" if wrong else str(regex), weight)
