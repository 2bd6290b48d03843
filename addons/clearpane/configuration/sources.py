"""The YAML files of rules/, and what of them is in doubt while one of them can't be read.

Where a file could not be read at all, the words that it would have defined are not reported as
unknown: one slip is one message.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clearpane.documents import mapping as documents
from clearpane.documents.place import Text
from clearpane.documents.reading import read as read_document
from clearpane.errors import Problems
from clearpane.filtering.url import UrlAction
from clearpane.rulebase.security import ProfileKind


class Name(StrEnum):
    """The YAML files of rules/ that are read."""

    SETTINGS = "settings.yaml"
    PROFILES = "profiles.yaml"
    OBJECTS = "objects.yaml"
    EXCLUSIONS = "exclusions.yaml"
    DECRYPTION = "decryption.yaml"
    SECURITY = "security.yaml"


@dataclass(frozen=True, slots=True)
class File:
    """A file that is there; `text` is None where it could not be read, which is recorded then."""

    place: str
    text: str | None


# The keys of a rule whose words a file defines.
_DEFINED = {
    Name.SETTINGS: ("from", "to"),
    Name.PROFILES: ("profile",),
    Name.OBJECTS: ("source", "destination", "source-user", "service", "category", "schedule"),
}


def unsure(files: Mapping[Name, File], broken: Collection[Name]) -> frozenset[str]:
    """The places at which the files use words that nobody can know while others are broken."""
    if not broken:
        return frozenset()
    found: list[Text] = []
    for name in (Name.DECRYPTION, Name.SECURITY):
        for rule in _rules(_root(files, name)):
            found += _of_rule(rule, broken)
    if Name.OBJECTS in broken:
        found += _of_profiles(_root(files, Name.PROFILES))
    return frozenset(str(word.place) for word in found)


def _root(files: Mapping[Name, File], name: Name) -> documents.Mapping | None:
    """The file once more: what is wrong with it is reported elsewhere."""
    text = files[name].text if name in files else None
    return None if text is None else read_document(text, files[name].place, Problems())


def _rules(root: documents.Mapping | None) -> tuple[documents.Mapping, ...]:
    return (root.mappings("rules") if root else None) or ()


def _of_rule(rule: documents.Mapping, broken: Collection[Name]) -> Iterator[Text]:
    for name in broken:
        for key in _DEFINED.get(name, ()):
            yield from rule.texts(key) or ()
    part = rule.mapping("profiles") if Name.PROFILES in broken else None
    for kind in ProfileKind if part else ():
        yield from (part.texts(kind) if part else None) or ()


def _of_profiles(root: documents.Mapping | None) -> Iterator[Text]:
    """Lists and data patterns, which objects.yaml defines."""
    for profile in _profiles(root, "url-filtering"):
        for action in UrlAction:
            yield from profile.texts(action) or ()
    for profile in _profiles(root, "data-filtering"):
        for line in profile.mappings("patterns") or ():
            yield from line.texts("pattern") or ()


def _profiles(root: documents.Mapping | None, section: str) -> Iterator[documents.Mapping]:
    block = root.mapping(section) if root else None
    for name in block.names() if block else ():
        profile = block.mapping(name) if block else None
        if profile:
            yield profile
