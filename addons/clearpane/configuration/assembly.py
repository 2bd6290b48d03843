"""Puts the files of rules/ together and checks what refers across them.

Everything that is wrong in any file is recorded before anything is given up, so that one run
reports all of it. Where a file could not be read at all, the words that it would have defined are
not reported as unknown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from clearpane.configuration import profiles, settings
from clearpane.configuration.profiles import Profiles
from clearpane.configuration.settings import Settings
from clearpane.configuration.sources import File, Name, unsure
from clearpane.content.data_patterns import DataPatterns, Definition
from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.reading import read as read_document
from clearpane.errors import Problems
from clearpane.filtering import data
from clearpane.filtering.url import UrlAction
from clearpane.rulebase import exclusions, objects, rules, security_rules
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.lint import lint
from clearpane.rulebase.lists import Read
from clearpane.rulebase.names import Names
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.rule import Rule
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.security import SecurityRule, SecurityRulebase

# The root of each file that is there; None where it can't be read.
type Roots = Mapping[Name, documents.Mapping | None]


@dataclass(frozen=True, slots=True)
class Assembled:
    """What the files hold together; `url_lists` are the domain lists that count as categories of a
    URL, `patterns` those of the data profiles in use."""

    settings: Settings
    profiles: Profiles
    rulebase: Rulebase
    security: SecurityRulebase | None
    url_lists: Mapping[str, Names]
    patterns: DataPatterns


# A save caught halfway must neither switch decryption off nor open everything.
_IF_EMPTY = {
    Name.DECRYPTION: "write `rules: []` if nothing is to be decrypted",
    Name.SECURITY: "write `rules: []` if only what stays in its zone may pass",
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
    roots = {name: _root(name, file, problems) for name, file in files.items()}
    root = roots.get(Name.SETTINGS)
    ours = settings.parse(root)
    excluded = exclusions.parse(roots.get(Name.EXCLUSIONS), problems)
    zones = root.mapping("zones") if root else None
    words = objects.parse(roots.get(Name.OBJECTS), zones, ours.users_file, read, problems)
    own = _patterns(roots.get(Name.OBJECTS))
    before = len(problems.found)
    known = profiles.parse(roots.get(Name.PROFILES), {*categories.names, *words.domain_lists}, own)
    shared = (words, categories)
    decryption = _decryption(roots, shared, known, problems, inbound)
    protecting = _security(roots, shared, known, problems)
    doubtful = unsure(files, {name for name in roots if roots[name] is None})
    problems.found[before:] = [p for p in problems.found[before:] if p.place not in doubtful]
    if decryption is None or problems.errors:
        return None
    rulebase = Rulebase(decryption, *shared, excluded)
    security = None
    if protecting is not None:
        security = SecurityRulebase(protecting, *shared, security_rules.defaults(known.names))
    lists = _url_lists(words, security, known)
    lint(rulebase, now.date(), problems, security, lists)
    _never(ours, categories, problems)
    _revocation(
        ours, root.place_of("revocation") if root else f"{folder}/{Name.SETTINGS}", problems
    )
    _override(ours, known, roots.get(Name.PROFILES), problems)
    return Assembled(ours, known, rulebase, security, lists, _used_patterns(security, known, own))


def _decryption(
    roots: Roots,
    shared: tuple[Objects, Categories],
    known: Profiles,
    problems: Problems,
    inbound: Collection[str] | None,
) -> tuple[Rule, ...] | None:
    root = roots.get(Name.DECRYPTION)
    return rules.parse(root, *shared, known.decryption, problems, inbound) if root else None


def _security(
    roots: Roots, shared: tuple[Objects, Categories], known: Profiles, problems: Problems
) -> tuple[SecurityRule, ...] | None:
    root = roots.get(Name.SECURITY)
    return security_rules.parse(root, *shared, known.names, problems) if root else None


def _root(name: Name, file: File, problems: Problems) -> documents.Mapping | None:
    cure = _IF_EMPTY.get(name, "write {} if nothing is meant")
    return None if file.text is None else read_document(file.text, file.place, problems, cure)


def _patterns(document: documents.Mapping | None) -> dict[str, Definition]:
    return data.parse_patterns(document.mapping("data-patterns") if document else None)


def _url_lists(
    words: Objects, security: SecurityRulebase | None, known: Profiles
) -> dict[str, Names]:
    named = set(security.index.lists) if security else set()
    for profile in known.url.values():
        named.update(profile.actions)
    return {name: listed for name, listed in words.domain_lists.items() if name in named}


def _used_patterns(
    security: SecurityRulebase | None, known: Profiles, own: Mapping[str, Definition]
) -> DataPatterns:
    """What no profile in use asks for is not looked for, because looking costs time."""
    used = {security_rules.defaults(known.names).data_filtering}
    if security:
        used.update(rule.profiles.data_filtering for rule in security.rules if not rule.disabled)
    return data.compiled((known.data[name] for name in sorted(used) if name), own)


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


def _override(
    found: Settings, known: Profiles, document: documents.Mapping | None, problems: Problems
) -> None:
    """A page that asks for a password which nobody can know is said to be one."""
    asks = any(UrlAction.OVERRIDE in each.actions.values() for each in known.url.values())
    if asks and document and not found.override_file:
        problems.warning(
            document.place_of("url-filtering"),
            "url-filtering: override without a password lets nobody through",
            f"name its file in {Name.SETTINGS} under url-admin-override",
        )
