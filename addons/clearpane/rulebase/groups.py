"""Groups in groups, for addresses and users alike.

A group that holds itself, however far round, is reported and loses the member that closes the ring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter


@dataclass(frozen=True, slots=True)
class Flattened[T: str]:
    """Per group its members that are no groups; `rings` are the members that closed a ring."""

    members: dict[str, tuple[T, ...]] = field(default_factory=dict)
    rings: tuple[tuple[str, T], ...] = ()


def flatten[T: str](groups: Mapping[str, Sequence[T]]) -> Flattened[T]:
    """Groups with the members that they have directly; the order of members is kept."""
    direct = {name: list(members) for name, members in groups.items()}
    rings: list[tuple[str, T]] = []
    while True:
        inner = {name: [m for m in each if m in direct] for name, each in direct.items()}
        try:
            order = tuple(TopologicalSorter[str](inner).static_order())
            break
        except CycleError as error:
            # The ring is listed against the arrows: the second entry has the first as a member.
            ring = error.args[1]
            closing = next(m for m in direct[ring[1]] if m == ring[0])
            rings.append((ring[1], closing))
            direct[ring[1]] = [m for m in direct[ring[1]] if m != ring[0]]
    found: dict[str, tuple[T, ...]] = {}
    for name in order:
        members: dict[T, None] = {}
        for member in direct[name]:
            members.update(dict.fromkeys(found.get(member, (member,))))
        found[name] = tuple(members)
    return Flattened(found, tuple(rings))
