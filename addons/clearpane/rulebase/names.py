"""Which host names an entry covers.

A name covers itself, `*.example.com` what lies below at any depth and never the domain itself, a
domain of a list both. Nothing is a regular expression, and a dot is a dot. Names are compared in
the form that `hello.host_name` gives them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from clearpane.hello import host_name

_REGULAR_EXPRESSION = frozenset("^$\\()[]{}|+?")


# One decision asks several times for the same name; the longest name has 126 parents.
@lru_cache(maxsize=256)
def parents(name: str) -> tuple[str, ...]:
    """The domains above a name, nearest first: `a.b.c` lies below `b.c` and `c`."""
    labels = name.split(".")
    return tuple(".".join(labels[n:]) for n in range(1, len(labels)))


def pattern(text: str) -> str:
    """A host name or `*.domain` in the form that compares; ValueError says what is wrong."""
    if _REGULAR_EXPRESSION.intersection(text):
        raise ValueError(f"{text!r} is not a host name, and regular expressions are not supported")
    if "/" in text:
        raise ValueError(f"{text!r} is not a host name: a URL or path can't be matched here")
    if ":" in text:
        raise ValueError(
            f"{text!r} is neither an address nor a host name: a port belongs under service"
        )
    rest = text.removeprefix("*.")
    if "*" in rest:
        raise ValueError(
            f"{text!r} is not a host name: a * stands only in front, as in *.example.com"
        )
    try:
        name = host_name(rest)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a host name") from error
    return name if rest == text else f"*.{name}"


@dataclass(frozen=True, slots=True)
class Names:
    """`hosts` as they stand, `domains` with what lies below them, `wildcards` that alone."""

    hosts: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    wildcards: frozenset[str] = frozenset()

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "Names":
        """What `pattern` returned, as a set."""
        found = frozenset(patterns)
        wildcards = frozenset(text for text in found if text.startswith("*."))
        return cls(found - wildcards, wildcards=frozenset(text[2:] for text in wildcards))

    def __bool__(self) -> bool:
        return bool(self.hosts or self.domains or self.wildcards)

    def __or__(self, other: "Names") -> "Names":
        return Names(
            self.hosts | other.hosts,
            self.domains | other.domains,
            self.wildcards | other.wildcards,
        )

    def covers(self, name: str) -> bool:
        return name in self.hosts or name in self.domains or self.covers_below(name)

    def covers_below(self, name: str) -> bool:
        """Whether an entry above the name covers it."""
        if not (self.domains or self.wildcards):
            return False
        return any(up in self.domains or up in self.wildcards for up in parents(name))

    def contains(self, other: "Names") -> bool:
        """Whether every name that the other covers is covered here."""
        if other is self:
            return True
        return (
            all(self.covers(name) for name in other.hosts)
            and all(self._covers_tree(name) for name in other.domains)
            and all(name in self.wildcards or self._covers_tree(name) for name in other.wildcards)
        )

    def _covers_tree(self, name: str) -> bool:
        if name in self.domains or self.covers_below(name):
            return True
        return name in self.hosts and name in self.wildcards
