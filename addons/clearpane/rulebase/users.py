"""Who is behind an address, and in which groups.

Users come from proxy authentication or from the user file; names compare without regard to case,
as directories do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clearpane.errors import Problems
from clearpane.hello import Address, address
from clearpane.rulebase.groups import flatten

ANY = "any"
KNOWN = "known-user"
UNKNOWN = "unknown"
RESERVED = (ANY, KNOWN, UNKNOWN)

_NOBODY = frozenset([UNKNOWN])


@dataclass(frozen=True, slots=True)
class UserFile:
    """What the user file says: users by address, and the members of the groups that it names."""

    users: Mapping[Address, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse(text: str, file: str, problems: Problems) -> UserFile:
    """Lines of `address user [group ...]`; blank lines and comments count for nothing."""
    users: dict[Address, str] = {}
    lines: dict[Address, int] = {}
    groups: dict[str, dict[str, None]] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        host = _address(words, f"{file}:{number}", problems)
        if host is None:
            continue
        if host in users:
            problems.error(
                f"{file}:{number}", f"{words[0]} is in line {lines[host]} already", "keep one line"
            )
            continue
        users[host], lines[host] = words[1], number
        for group in words[2:]:
            groups.setdefault(group.casefold(), {})[words[1].casefold()] = None
    return UserFile(users, {name: tuple(members) for name, members in groups.items()})


def _address(words: Sequence[str], place: str, problems: Problems) -> Address | None:
    try:
        host = address(words[0])
    except ValueError:
        problems.error(place, f"{words[0]!r} is not an address", "address user [group ...]")
        return None
    if len(words) < 2:
        problems.error(place, f"{words[0]} has no user", "address user [group ...]")
        return None
    return host


class Users:
    """The users of the file and the groups of both, ready to be asked."""

    __slots__ = ("_by_address", "_words", "groups", "names")

    def __init__(self, file: UserFile, groups: Mapping[str, Sequence[str]]) -> None:
        """`groups` are those of the objects; a name that both have is one group."""
        together = {name: tuple(members) for name, members in file.groups.items()}
        for name, members in groups.items():
            key = name.casefold()
            together[key] = (*together.get(key, ()), *(member.casefold() for member in members))
        flat = flatten(together).members
        self._by_address = dict(file.users)
        self.groups = frozenset(flat)
        self.names = frozenset(user.casefold() for user in file.users.values()).union(
            *flat.values()
        )
        member_of: dict[str, set[str]] = {name: {name, KNOWN} for name in self.names}
        for group, members in flat.items():
            for member in members:
                member_of[member].add(group)
        self._words = {name: _without_reserved(words) for name, words in member_of.items()}

    def at(self, host: Address) -> str:
        """The user that the file names for an address, empty where it names none."""
        return self._by_address.get(host, "")

    def words(self, user: str) -> frozenset[str]:
        """All that a rule can say of the user: the name, the groups, known or unknown."""
        if not user:
            return _NOBODY
        name = user.casefold()
        return self._words.get(name) or _without_reserved({name, KNOWN})


def _without_reserved(words: set[str]) -> frozenset[str]:
    """Nobody becomes a stranger by calling himself `unknown`."""
    return frozenset(words - {ANY, UNKNOWN})
