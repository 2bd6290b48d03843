"""A block of objects.yaml whose keys are names that the administrator chose.

Each section is read once, and remembers what it defined where.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clearpane.documents.mapping import Mapping
from clearpane.documents.place import Text
from clearpane.rulebase.groups import flatten


@dataclass(frozen=True, slots=True)
class Definition:
    """That a word was defined: its section, its place, and the members of a group."""

    section: str
    name: str
    place: str
    members: tuple[str, ...] = ()


class Section:
    """The block below one key of the document; without it the section is empty."""

    __slots__ = ("_block", "_direct", "name", "names")

    def __init__(self, name: str, document: Mapping | None) -> None:
        self.name = name
        self._block = document.mapping(name) if document else None
        self.names = tuple(self._block.names()) if self._block else ()
        self._direct: dict[str, tuple[Text, ...]] = {}
        for each in self.names:
            if each == "any":
                self.error(each, "any is no name for an object", "rename it")

    def error(self, at: Text, message: str, cure: str = "") -> None:
        if self._block:
            self._block.error(at, f"{self.name}: {message}", cure)

    def parsed[V](self, parse: Callable[[str], V], default: V) -> dict[str, V]:
        """Sections with a text per name; where it is wrong the name stands for the default."""
        found: dict[str, V] = {}
        for name in self.names:
            text = self._block.text(name) if self._block else ""
            found[name] = default
            if isinstance(text, Text):
                try:
                    found[name] = parse(text)
                except ValueError as error:
                    self.error(text, f"{name}: {error}")
        return found

    def blocks(self, kind: str) -> Iterator[tuple[Text, Mapping]]:
        """Sections with a block per name."""
        for name in self.names:
            block = self._block.mapping(name) if self._block else None
            if block:
                block.label = f'{kind} "{name}"'
                yield name, block

    def groups(self) -> tuple[dict[str, tuple[Text, ...]], dict[str, tuple[Text, ...]]]:
        """Sections with a list per name: the members as written, and those that are no groups."""
        if self._block:
            self._direct = {name: self._block.texts(name) or () for name in self.names}
        flat = flatten(self._direct)
        for group, member in flat.rings:
            self.error(member, f"{group} holds itself through {member}", "cut the ring")
        return self._direct, flat.members

    def defined(self) -> Iterator[Definition]:
        for name in self.names:
            yield Definition(self.name, name, str(name.place), self._direct.get(name, ()))
