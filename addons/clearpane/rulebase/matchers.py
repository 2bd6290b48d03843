"""What every rule can ask for, whichever rulebase it stands in, its references resolved.

A field without words matches anything. Words stay as the administrator wrote them, so that an
explanation can repeat them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.schedules import Schedule
from clearpane.rulebase.services import Ports


@dataclass(frozen=True, slots=True)
class AddressField:
    """`source` or `destination`: each word with what it stands for, and whether it is negated."""

    words: tuple[str, ...] = ()
    sets: tuple[AddressSet, ...] = ()
    negate: bool = False


@dataclass(frozen=True, slots=True)
class ServiceField:
    """`service`: the words and all their ports together."""

    words: tuple[str, ...] = ()
    ports: Ports = ()


@dataclass(frozen=True, slots=True)
class Matchers:
    """`place` is where the rule's name stands; `expires` is the last day on which it holds.

    `applications` is for security rules: when a client says hello, no application is known.
    """

    name: str
    place: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    disabled: bool = False
    from_zones: tuple[str, ...] = ()
    to_zones: tuple[str, ...] = ()
    source: AddressField = AddressField()
    destination: AddressField = AddressField()
    users: tuple[str, ...] = ()
    service: ServiceField = ServiceField()
    categories: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    schedule: Schedule | None = None
    expires: date | None = None

    def expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires

    def holds(self, now: datetime) -> bool:
        """Whether the rule is in force at the moment, given in local time."""
        if self.disabled or self.expired(now.date()):
            return False
        return self.schedule is None or self.schedule.holds(now)
