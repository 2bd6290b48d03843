"""From security.yaml to rules.

The keys that every rule may have are read by `fields`; here are those of security alone.
"""

from collections.abc import Collection, Mapping

from clearpane.content.applications import Application
from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.errors import Problems
from clearpane.rulebase import fields
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.fields import Fields
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.security import (
    INTERZONE,
    INTRAZONE,
    ProfileKind,
    ProfileNames,
    SecurityAction,
    SecurityRule,
)

KEYS = (*fields.KEYS, "application", "action", "profiles")

# What a rule can ask for: nothing was said yet in sessions of the other two.
APPLICATIONS = tuple(
    each for each in Application if each not in (Application.INCOMPLETE, Application.NOT_APPLICABLE)
)

_DEFAULT, _NONE = "default", "none"
_REFUSED = {
    "application-default": "is not supported: which ports are an application's own is not known "
    "here, so that the ports must be named, as in service-https",
}

# The profiles that there are, by kind.
type Known = Mapping[ProfileKind, Collection[str]]


def parse(
    document: documents.Mapping,
    objects: Objects,
    categories: Categories,
    profiles: Known,
    problems: Problems,
) -> tuple[SecurityRule, ...]:
    """All rules in their order, disabled and expired ones too."""
    shared = Fields(objects, categories, _REFUSED)
    return fields.read_rules(
        document,
        lambda block, number: _rule(block, number, shared, profiles),
        "what stays in its zone is allowed, everything else is denied",
        problems,
    )


def defaults(profiles: Known) -> ProfileNames:
    """The profile `default` of each kind that has one."""
    return ProfileNames(*(_default(profiles[kind]) for kind in ProfileKind))


def _rule(block: documents.Mapping, number: int, shared: Fields, profiles: Known) -> SecurityRule:
    name = fields.named(block, number)
    block.only(*KEYS)
    if name in (INTRAZONE, INTERZONE):
        block.error("name", f"{name} is the name of a rule behind all others", "rename the rule")
    rule = shared.read(block, name, SecurityRule)
    return rule(
        applications=shared.known(block, "application", "application", APPLICATIONS),
        action=_action(block),
        profiles=_profiles(block, profiles),
    )


def _action(block: documents.Mapping) -> SecurityAction:
    """As on the firewall a security rule says what it does: a forgotten word opens nothing."""
    block.required("action")
    return block.choice("action", SecurityAction, SecurityAction.DENY)


def _profiles(block: documents.Mapping, known: Known) -> ProfileNames:
    part = block.mapping("profiles")
    if part is None:
        return defaults(known)
    part.only(*ProfileKind)
    return ProfileNames(*(_profile(part, kind, known[kind]) for kind in ProfileKind))


def _profile(part: documents.Mapping, kind: ProfileKind, known: Collection[str]) -> str:
    """The profile's name; empty for `none`, and the default one where nothing is said."""
    name = part.text(kind, _default(known))
    if name == _NONE:
        return ""
    if name and name not in known:
        cure = did_you_mean(name, (*known, _NONE))
        part.error(name, f"profiles: there is no {kind} profile {name}", cure)
    return str(name)


def _default(known: Collection[str]) -> str:
    return _DEFAULT if _DEFAULT in known else ""
