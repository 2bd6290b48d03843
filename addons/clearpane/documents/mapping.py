"""Typed readers for what an administrator wrote.

A reader that finds something else than it was asked for records an error with the place of the
value and returns the default, so that one run reports everything. Readers never raise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import overload

from clearpane.documents import scalars
from clearpane.documents.nearest import did_you_mean, listed
from clearpane.documents.place import Place, Text
from clearpane.errors import Problems

type Node = "Text | Items | Mapping"

_EIB = 1 << 60


@dataclass(frozen=True, slots=True)
class Items:
    """A list as it stands in the file."""

    nodes: tuple[Node, ...]
    place: Place


class Mapping:
    """Keys and values of one block; `label` (`rule "finance"`) stands before each message.

    A mapping that is read out of another one takes its label over.
    """

    __slots__ = ("_entries", "_problems", "label", "place")

    def __init__(self, entries: dict[Text, Node], place: Place, problems: Problems) -> None:
        self._entries: dict[str, Node] = {key: entries[key] for key in entries}
        self._problems = problems
        self.label = ""
        self.place = place

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def keys(self) -> list[Text]:
        """The keys as written, in the file's order."""
        return [key for key in self._entries if isinstance(key, Text)]

    def names(self) -> list[Text]:
        """The keys of a block in which they are free names; one that is no text is an error."""
        return [key for key in self.keys() if self._parsed(scalars.text, key, key) is not None]

    def place_of(self, key: str) -> Place:
        """Where the key's value stands; the place of the block where there is none."""
        node = self._entries.get(key)
        return self.place if node is None else node.place

    def error(self, at: str | Place, message: str, cure: str = "") -> None:
        """Record an error at a place, at a text read from here, or at the value of a key."""
        self._problems.error(self._locate(at), self._labelled(message), cure)

    def warning(self, at: str | Place, message: str, cure: str = "") -> None:
        self._problems.warning(self._locate(at), self._labelled(message), cure)

    def only(self, *keys: str) -> None:
        """Every other key is an error that names the nearest right one."""
        for key in self.keys():
            if key not in keys:
                guess = did_you_mean(key, keys)
                cure = f"{guess} else remove it" if guess else f"known are {listed(keys, 'and')}"
                self.error(key, f"unknown key {key}", cure)

    def required(self, key: str) -> bool:
        """Whether the key is there; its absence is an error."""
        if key not in self._entries:
            self.error(self.place, f"{key} is missing")
        return key in self._entries

    def text(self, key: str, default: str = "") -> str:
        """A single text; a `Text` with its place unless it is the default."""
        scalar = self._scalar(key)
        found = None if scalar is None else self._parsed(scalars.text, key, scalar)
        return default if found is None else found

    def texts(self, key: str) -> tuple[Text, ...] | None:
        """A list of texts or one text alone, without those that are wrong; None if none is left."""
        node = self._entries.get(key)
        if node is None:
            return None
        if isinstance(node, Items) and not node.nodes:
            self.error(node.place, f"{key} is an empty list", "list a value or remove the key")
            return None
        nodes = node.nodes if isinstance(node, Items) else (node,)
        return self._all_texts(key, nodes)

    def flag(self, key: str, default: bool = False) -> bool:
        scalar = self._scalar(key)
        found = None if scalar is None else self._parsed(scalars.flag, key, scalar)
        return default if found is None else found

    @overload
    def choice[E: StrEnum, D](self, key: str, options: type[E], default: D) -> E | D: ...
    @overload
    def choice[D](self, key: str, options: Sequence[str], default: D) -> str | D: ...
    def choice(self, key: str, options: type[StrEnum] | Sequence[str], default: object) -> object:
        """One of the words; as an enum's member where the options are an enum."""
        scalar = self._scalar(key)
        if scalar is None:
            return default
        for option in options:
            if option == scalar:
                return option
        self.error(scalar, f"{key} must be {listed(options)}", did_you_mean(scalar, options))
        return default

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        scalar = self._scalar(key)
        if scalar is None:
            return default
        found = self._parsed(lambda text: scalars.integer(text, low, high), key, scalar)
        return default if found is None else found

    def number(self, key: str, default: float, low: float, high: float) -> float:
        scalar = self._scalar(key)
        if scalar is None:
            return default
        found = self._parsed(lambda text: scalars.number(text, low, high), key, scalar)
        return default if found is None else found

    def size(self, key: str, default: int, low: int = 1, high: int = _EIB) -> int:
        """A size in bytes."""
        scalar = self._scalar(key)
        if scalar is None:
            return default
        found = self._parsed(lambda text: scalars.size(text, low, high), key, scalar)
        return default if found is None else found

    def date(self, key: str) -> date | None:
        scalar = self._scalar(key)
        return None if scalar is None else self._parsed(scalars.day, key, scalar)

    def mapping(self, key: str) -> "Mapping | None":
        """The block below a key; None where it is absent or no block."""
        node = self._entries.get(key)
        return None if node is None else self._block(key, node)

    def mappings(self, key: str) -> "tuple[Mapping, ...] | None":
        """A list of blocks, maybe an empty one; None where it is absent or no list."""
        node = self._entries.get(key)
        if node is None:
            return None
        if not isinstance(node, Items):
            self._refuse(key, node, "a list", "write [] if none is meant")
            return None
        blocks = (self._block(key, each) for each in node.nodes)
        return tuple(block for block in blocks if block is not None)

    def _block(self, key: str, node: Node) -> "Mapping | None":
        if not isinstance(node, Mapping):
            self._refuse(key, node, "a block of keys", "write {} if none is meant")
            return None
        node.label = node.label or self.label
        return node

    def _scalar(self, key: str) -> Text | None:
        node = self._entries.get(key)
        if node is None or isinstance(node, Text):
            return node
        self._refuse(key, node, "a single value", "")
        return None

    def _all_texts(self, key: str, nodes: Sequence[Node]) -> tuple[Text, ...] | None:
        found: list[Text] = []
        for node in nodes:
            if not isinstance(node, Text):
                self._refuse(key, node, "a list of single values", "")
            elif self._parsed(scalars.text, key, node) is not None:
                found.append(node)
        return tuple(found) or None

    def _parsed[V](self, parse: Callable[[Text], V], key: str, scalar: Text) -> V | None:
        try:
            return parse(scalar)
        except ValueError as error:
            subject = "the key" if scalar is key else key
            self.error(scalar, f"{subject} {error.args[0]}", *error.args[1:])
            return None

    def _refuse(self, key: str, node: Node, wanted: str, cure: str) -> None:
        if isinstance(node, Text) and node.plain and not node:
            self.error(node, f"{key} has no value", cure)
        else:
            self.error(node.place, f"{key} must be {wanted}, not {_kind(node)}")

    def _locate(self, at: str | Place) -> Place:
        if isinstance(at, Place):
            return at
        return at.place if isinstance(at, Text) else self.place_of(at)

    def _labelled(self, message: str) -> str:
        return f"{self.label}: {message}" if self.label else message


def _kind(node: Node) -> str:
    if isinstance(node, Text):
        return f'"{node}"'
    return "a list" if isinstance(node, Items) else "a block of keys"
