"""From a YAML file to a `Mapping` that knows its places.

YAML is read event by event into a tree of our own: every scalar stays the text that was written,
a key may stand once, and aliases, tags and further documents are refused, so that nothing in a file
can grow or change its meaning.
"""

import re
from collections.abc import Iterator
from typing import Protocol

import yaml

from clearpane.documents.mapping import Items, Mapping, Node
from clearpane.documents.place import Place, Text
from clearpane.errors import Problems

# YAML 1.2 section 5.1, without the byte order mark inside a file.
_UNREADABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

# The deepest file we know has five levels; libyaml itself stops at 1,000.
_DEPTH = 32
_NODES = 1_000_000

_CURES = {
    "mapping values are not allowed": "indent as the neighbours do, or quote a text with a colon",
    "cannot start any token": "indent with spaces, and quote a text that starts with a sign",
    "did not find expected alphabetic": "quote a text that starts with * or &",
    "did not find expected key": "indent it as its neighbours are",
    "did not find expected '-' indicator": "indent it as the other entries of the list are",
    "found unexpected end of stream": "close the quote",
}


class _Mark(Protocol):
    """What both of PyYAML's kinds of mark have, counted from 0."""

    line: int
    column: int


class _RefusedError(Exception):
    """What is wrong, at which place; only inside this module."""

    def __init__(self, place: Place, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.place, self.message, self.cure = place, message, cure


class _EmptyError(Exception):
    """Nothing, or nothing but comments."""


def read(text: str, file: str, problems: Problems, if_empty: str = "") -> Mapping | None:
    """The file's root block; None, with the problem recorded, where there is none. `if_empty` is
    the cure for an empty file.

    A key that stands twice is recorded and its first value kept, so that the rest is checked too.
    """
    try:
        return _root(text.removeprefix("\ufeff"), file, problems)
    except _RefusedError as refused:
        problems.error(refused.place, refused.message, refused.cure)
    except _EmptyError:
        problems.error(Place(file), "the file is empty", if_empty)
    except yaml.MarkedYAMLError as error:
        _not_yaml(error, file, problems)
    return None


def _root(text: str, file: str, problems: Problems) -> Mapping:
    bad = _UNREADABLE.search(text)
    if bad:
        before = text[: bad.start()]
        place = Place(file, before.count("\n") + 1, bad.start() - before.rfind("\n"))
        raise _RefusedError(place, f"the character U+{ord(bad[0]):04X} can't stand in a YAML file")
    roots = _Builder(file, problems).roots(text)
    root = next(roots, None)
    if root is None or (isinstance(root, Text) and root.plain and not root):
        raise _EmptyError
    second = next(roots, None)
    if second is not None:
        raise _RefusedError(second.place, "a second document starts here", "remove the line ---")
    if not isinstance(root, Mapping):
        raise _RefusedError(root.place, "the file must be a block of keys", "start it with a key")
    return root


class _Builder:
    """Turns events into nodes, with a stack of what is still open."""

    def __init__(self, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._open: list[tuple[list[Node], bool, Place]] = []
        self._count = 0

    def roots(self, text: str) -> Iterator[Node]:
        """The root node of each document."""
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            node = self._node(event)
            if node is None:
                continue
            if self._open:
                self._open[-1][0].append(node)
            else:
                yield node

    def _node(self, event: yaml.Event) -> Node | None:
        """The node that the event completes."""
        if isinstance(event, yaml.ScalarEvent):
            return Text(event.value, self._checked(event), not event.style)
        if isinstance(event, yaml.CollectionStartEvent):
            place = self._checked(event)
            if len(self._open) >= _DEPTH:
                raise _RefusedError(place, f"blocks are nested over {_DEPTH} deep")
            self._open.append(([], isinstance(event, yaml.MappingStartEvent), place))
        elif isinstance(event, yaml.CollectionEndEvent):
            return self._closed(*self._open.pop())
        elif isinstance(event, yaml.AliasEvent):
            message = f"the alias *{event.anchor} is not supported"
            place = _place(event.start_mark, self._file)
            raise _RefusedError(place, message, "quote a text that starts with *")
        return None

    def _checked(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> Place:
        place = _place(event.start_mark, self._file)
        if event.anchor is not None:
            message = f"the anchor &{event.anchor} is not supported"
            raise _RefusedError(place, message, "quote a text that starts with &")
        if event.tag is not None:
            message = f"the tag {event.tag} is not supported"
            raise _RefusedError(place, message, "quote a text that starts with !")
        self._count += 1
        if self._count > _NODES:
            message = f"the file holds over {_NODES} values"
            raise _RefusedError(place, message, "put long lists into list files")
        return place

    def _closed(self, nodes: list[Node], is_mapping: bool, place: Place) -> Node:
        if is_mapping:
            return Mapping(self._entries(nodes), place, self._problems)
        return Items(tuple(nodes), place)

    def _entries(self, nodes: list[Node]) -> dict[Text, Node]:
        entries: dict[Text, Node] = {}
        keys: dict[str, Text] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Text):
                raise _RefusedError(key.place, "a key must be a single word", "quote it")
            first = keys.setdefault(key, key)
            if first is key:
                entries[key] = value
            else:
                message = f"{key} stands twice in one block: in line {first.place.line} and here"
                self._problems.error(key.place, message, "remove one of the two")
        return entries


def _not_yaml(error: yaml.MarkedYAMLError, file: str, problems: Problems) -> None:
    place = _place(error.problem_mark or error.context_mark, file)
    what = error.problem or "it can't be read"
    if error.context_mark and _place(error.context_mark, file).line != place.line:
        what += f", {error.context} that starts in line {_place(error.context_mark, file).line}"
    cure = next((cure for sign, cure in _CURES.items() if sign in what), "")
    problems.error(place, f"not YAML: {what}", cure)


def _place(mark: _Mark | None, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
