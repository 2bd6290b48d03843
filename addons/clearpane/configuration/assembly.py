"""Puts the files of rules/ together and checks what refers across them.

Everything that is wrong in any file is recorded before anything is given up, so that one run
reports all of it. Where a file could not be read at all, the words that it would have defined are
not reported as unknown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clearpane.configuration import profiles, settings
from clearpane.configuration.profiles import Profiles
from clearpane.configuration.settings import Settings
from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.reading import read as read_document
from clearpane.errors import Problems
from clearpane.rulebase import exclusions, objects, rules
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.lint import lint
from clearpane.rulebase.lists import Read
from clearpane.rulebase.rulebase import Rulebase


class Name(StrEnum):
    """The YAML files of rules/ that are read."""

    SETTINGS = "settings.yaml"
    PROFILES = "profiles.yaml"
    OBJECTS = "objects.yaml"
    EXCLUSIONS = "exclusions.yaml"
    DECRYPTION = "decryption.yaml"


@dataclass(frozen=True, slots=True)
class File:
    """A file that is there; `text` is None where it could not be read, which is recorded then."""

    place: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Assembled:
    """What the files hold together."""

    settings: Settings
    profiles: Profiles
    rulebase: Rulebase


# A save caught halfway must not switch decryption off.
_IF_EMPTY = "write `rules: []` if nothing is to be decrypted"

# The keys of a rule whose words a file defines.
_DEFINED = {
    Name.SETTINGS: ("from", "to"),
    Name.PROFILES: ("profile",),
    Name.OBJECTS: ("source", "destination", "source-user", "service", "category", "schedule"),
}


def assemble(
    folder: str,
    files: Mapping[Name, File],
    categories: Categories,
    read: Read,
    now: datetime,
    problems: Problems,
    inbound: Collection[str] | None = None,
) -> Assembled | None:
    """None where something is wrong. `read` gets the text of a list or user file that is named;
    `folder` is what messages call rules/; `inbound` is as in `rules.parse`."""
    roots = {name: _root(file, problems) for name, file in files.items()}
    ours = settings.parse(roots.get(Name.SETTINGS))
    known = profiles.parse(roots.get(Name.PROFILES))
    excluded = exclusions.parse(roots.get(Name.EXCLUSIONS), problems)
    root = roots.get(Name.SETTINGS)
    zones = root.mapping("zones") if root else None
    words = objects.parse(roots.get(Name.OBJECTS), zones, ours.users_file, read, problems)
    document = roots.get(Name.DECRYPTION)
    if document is None:
        return None
    before = len(problems.found)
    parsed = rules.parse(document, words, categories, known.decryption, problems, inbound)
    if broken := {name for name in roots if roots[name] is None}:
        unsure = _places(files[Name.DECRYPTION], broken)
        problems.found[before:] = [p for p in problems.found[before:] if p.place not in unsure]
    if problems.errors:
        return None
    rulebase = Rulebase(parsed, words, categories, excluded)
    lint(rulebase, now.date(), problems)
    unsaid = f"{folder}/{Name.SETTINGS}"
    _never(ours, categories, problems)
    _revocation(ours, root.place_of("revocation") if root else unsaid, problems)
    return Assembled(ours, known, rulebase)


def _root(file: File, problems: Problems) -> documents.Mapping | None:
    cure = _IF_EMPTY if file.place.endswith(Name.DECRYPTION) else "write {} if nothing is meant"
    return None if file.text is None else read_document(file.text, file.place, problems, cure)


def _places(decryption: File, broken: set[Name]) -> set[str]:
    """Where the rules use words that nobody can know while the file that defines them is broken."""
    keys = [key for name in broken for key in _DEFINED.get(name, ())]
    root = _root(decryption, Problems())
    blocks = (root.mappings("rules") if root else None) or ()
    return {str(word.place) for block in blocks for key in keys for word in block.texts(key) or ()}


def _never(found: Settings, categories: Categories, problems: Problems) -> None:
    """A word that is no category would let everything be learned."""
    for word in found.learning.never:
        if word not in categories.names:
            problems.error(
                word.place,
                f"learned-exclusions: never: there is no category {word}",
                did_you_mean(word, categories.names) or "name one of rules/categories",
            )


def _revocation(found: Settings, place: object, problems: Problems) -> None:
    """The one case in which a client is warned less than without the gateway: never left unsaid."""
    if not (found.revocation.ocsp or found.revocation.crl):
        problems.warning(
            place, "revocation checking is off: a revoked certificate passes under Forward Trust"
        )
