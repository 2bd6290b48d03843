"""The words that rules may use: addresses, groups, lists, services, users and schedules.

Every reference is resolved here, so that a rule holds values and no names to be looked up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.rulebase import addresses, lists, schedules, services, users, zones
from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.lists import ListType, Read
from clearpane.rulebase.names import Names
from clearpane.rulebase.schedules import Schedule
from clearpane.rulebase.sections import Definition, Section
from clearpane.rulebase.services import Ports
from clearpane.rulebase.users import UserFile, Users
from clearpane.rulebase.zones import Zones

_SECTIONS = ("addresses", "address-groups", "services", "lists", "user-groups", "schedules")

# Defined beside the objects as on the firewall, and read by the data profiles that name them.
_PATTERNS = "data-patterns"


@dataclass(frozen=True, slots=True)
class Objects:
    """`addresses` holds objects, groups and lists; `category` may name `domain_lists` too."""

    zones: Zones = field(default_factory=Zones)
    users: Users = field(default_factory=lambda: Users(UserFile(), {}))
    addresses: Mapping[str, AddressSet] = field(default_factory=dict)
    domain_lists: Mapping[str, Names] = field(default_factory=dict)
    services: Mapping[str, Ports] = field(default_factory=lambda: services.PREDEFINED)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    defined: tuple[Definition, ...] = ()


def parse(
    objects: documents.Mapping | None,
    settings_zones: documents.Mapping | None,
    users_file: Text | None,
    read: Read,
    problems: Problems,
) -> Objects:
    """objects.yaml, with the zones and the user file that settings.yaml names."""
    if objects:
        objects.only(*_SECTIONS, _PATTERNS)
    sections = {name: Section(name, objects) for name in _SECTIONS}
    listed = {
        name: lists.parse(block, read, problems) for name, block in sections["lists"].blocks("list")
    }
    return Objects(
        zones.parse(settings_zones),
        Users(_user_file(users_file, read, problems), sections["user-groups"].groups()[1]),
        _addresses(sections, {name: each.entries for name, each in listed.items()}),
        {
            name: each.entries.names
            for name, each in listed.items()
            if each.type is not ListType.ADDRESS
        },
        services.PREDEFINED | sections["services"].parsed(services.parse, services.NONE),
        {
            name: schedules.parse(name, block)
            for name, block in sections["schedules"].blocks("schedule")
        },
        tuple(each for section in sections.values() for each in section.defined()),
    )


def _user_file(file: Text | None, read: Read, problems: Problems) -> UserFile:
    text = read(file) if file else None
    return UserFile() if file is None or text is None else users.parse(text, file, problems)


def _addresses(
    sections: Mapping[str, Section], listed: Mapping[str, AddressSet]
) -> dict[str, AddressSet]:
    """Objects, lists and groups share their names, for a rule names them in one place."""
    single = sections["addresses"].parsed(addresses.parse, AddressSet())
    grouped = sections["address-groups"]
    direct, flat = grouped.groups()
    for section in (sections["lists"], grouped):
        for name in section.names:
            if name in single or (section is grouped and name in listed):
                section.error(
                    name, f"{name} is the name of another object", "rename one of the two"
                )
    known = {**single, **listed}
    resolved: dict[str, AddressSet] = {}
    for members in direct.values():
        for member in members:
            if member not in direct:
                resolved[member] = _member(member, known, grouped)
    for group, members in flat.items():
        known[group] = AddressSet.union(
            resolved[member] for member in members if member in resolved
        )
    return known


def _member(member: Text, known: Mapping[str, AddressSet], section: Section) -> AddressSet:
    try:
        return addresses.resolve(member, known)
    except ValueError as error:
        section.error(member, str(error), did_you_mean(member, known))
        return AddressSet()
