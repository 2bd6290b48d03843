"""One rule of the decryption rulebase, its references resolved.

A field without words matches anything. Words stay as the administrator wrote them, so that an
explanation can repeat them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.decision import Action, RuleType
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
class Rule:
    """`place` is where the rule's name stands; `expires` is the last day on which it holds."""

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
    schedule: Schedule | None = None
    expires: date | None = None
    action: Action = Action.NO_DECRYPT
    type: RuleType = RuleType.FORWARD_PROXY
    certificates: tuple[str, ...] = ()
    profile: str = ""
    log_success: bool = False
    log_fail: bool = True

    def expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires

    def holds(self, now: datetime) -> bool:
        """Whether the rule is in force at the moment, given in local time."""
        if self.disabled or self.expired(now.date()):
            return False
        return self.schedule is None or self.schedule.holds(now)
