"""Which categories a host or a URL is in.

The most specific entry wins between categories; where two are equally specific the host is in both.
URL prefixes count for URLs alone: at the ClientHello the URL is not known yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clearpane.errors import Problems
from clearpane.rulebase import domains
from clearpane.rulebase.domains import Domains, Entry
from clearpane.rulebase.names import parents
from clearpane.rulebase.paths import comparable

type Names = frozenset[str]

_NONE: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Category:
    """One file: the category's name and what it lists."""

    name: str
    file: str
    listed: Domains


@dataclass(frozen=True, slots=True)
class Line:
    """Where an entry stands; `number` counts from 1."""

    number: int
    text: str


def parse(name: str, text: str, file: str, problems: Problems) -> Category:
    """A category file; a file with comments alone is a category that holds no host yet."""
    if name == "any":
        problems.error(file, "any is no name for a category", "rename the file")
    return Category(name, file, domains.parse(text, file, problems))


class Categories:
    """All categories as one index from domain to the categories that list it."""

    __slots__ = ("_below", "_domains", "_paths", "names")

    def __init__(self, categories: Iterable[Category] = ()) -> None:
        self._domains: dict[str, Names] = {}
        self._below: dict[str, Names] = {}
        self._paths: dict[str, dict[str, Names]] = {}
        each = tuple(categories)
        self.names = tuple(sorted({category.name for category in each}))
        for category in each:
            self._add(category)

    def _add(self, category: Category) -> None:
        own = frozenset([category.name])
        known: dict[Names, Names] = {}
        for index, hosts in (
            (self._domains, category.listed.domains),
            (self._below, category.listed.wildcards),
        ):
            for host in hosts:
                before = index.setdefault(host, own)
                if before is not own:
                    index[host] = known.setdefault(before, before | own)
        for entry in category.listed.prefixes:
            paths = self._paths.setdefault(entry.host, {})
            path = comparable(entry.path)
            paths[path] = paths.get(path, _NONE) | own

    def of_host(self, name: str) -> Names:
        """The categories of a host in the form of `hello.host_name`, empty where none lists it."""
        found = self._domains.get(name)
        if found is not None:
            return found
        for up in parents(name):
            found = self._entry_above(up)
            if found:
                return found
        return _NONE

    def of_url(self, name: str, path: str) -> Names:
        """The same for a URL; at one host a longer path is more specific than a shorter one."""
        path = comparable(path)
        found = self._by_path(name, path) or self._domains.get(name)
        if found:
            return found
        for up in parents(name):
            found = self._by_path(up, path) or self._entry_above(up)
            if found:
                return found
        return _NONE

    def _entry_above(self, up: str) -> Names:
        found = self._domains.get(up, _NONE)
        return found | self._below[up] if up in self._below else found

    def _by_path(self, host: str, path: str) -> Names:
        prefixes = self._paths.get(host)
        if not prefixes:
            return _NONE
        longest = max((each for each in prefixes if _starts(path, each)), key=len, default="")
        return prefixes.get(longest, _NONE)


def where(name: str, path: str, lines: Iterable[str]) -> Line | None:
    """The line of one category's file that covers the URL most specifically.

    Made for a question asked now and then: the lines are read anew, none of them is kept.
    """
    path = comparable(path)
    best: tuple[int, int] = (-1, -1)
    found = None
    own = {name, *parents(name)}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if domains.is_plain(text) and text not in own:
            continue
        for entry in _lenient(text):
            rank = _rank(entry, name, path)
            if rank and rank > best:
                best, found = rank, Line(number, text)
    return found


def _lenient(line: str) -> Iterator[Entry]:
    try:
        yield from domains.entries(line)
    except ValueError:
        return


def _rank(entry: Entry, name: str, path: str) -> tuple[int, int] | None:
    """How specific the entry is for the URL, None where it does not cover it."""
    below = name.endswith("." + entry.host)
    if not below and (entry.below_only or name != entry.host):
        return None
    if entry.path and not _starts(path, comparable(entry.path)):
        return None
    return len(entry.host), len(entry.path)


def _starts(path: str, prefix: str) -> bool:
    """Whether the path lies under the prefix: `/a` covers `/a/b` and `/a?b`, not `/ab`."""
    if not path.startswith(prefix):
        return False
    return prefix.endswith("/") or path[len(prefix) : len(prefix) + 1] in ("", "/", "?", "#", "&")
