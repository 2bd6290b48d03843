"""What the readers of a flow have in common: what they hand out, and what they may spend.

A node is fed with bytes in order and hands out what is to be looked at; whatever is in it goes to
a node of its own, so that nothing has to be held to be read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from clearpane.content.detection import Unscanned
from clearpane.content.limits import MIB, ExhaustedError, Limits
from clearpane.content.member import Member, join

SMALL = MIB  # a member up to this size is handed out whole, for the whole-body readers to walk
OVERLAP = 64 * 1024  # a pattern up to this length is seen whole in one of two windows
LARGEST_WINDOW = MIB
LAG = 64 * 1024  # bytes, as they came over the wire, that may be with a flow and not handed out yet
RATIO = 1100  # deflate can't unpack to more than 1032 times its size
BYTES_PER_MEMBER = 256  # on the wire; even an archive of empty files takes about as much for each


@dataclass(frozen=True, slots=True)
class Window:
    """A part of content that is not held whole: `body` begins at byte `start` of `name`.

    It repeats up to OVERLAP bytes of what came before; what is new begins at `fresh` in `body`.
    Windows without a name are those of the body itself, without its content codings: their new
    bytes together are the body.
    """

    name: str
    start: int
    body: bytes
    fresh: int = 0


@dataclass(frozen=True, slots=True)
class Whole(Member):
    """The body itself; a part of it may have no name either, but its Content-Type does not speak
    of that."""


type Found = Member | Window | Unscanned


class Node(Protocol):
    """One reader; each iterator has to be taken to its end before the next call."""

    @property
    def held(self) -> int: ...

    def feed(self, data: bytes) -> Iterator[Found]: ...

    def flush(self) -> Iterator[Found]:
        """Hands out what waits for more, where that is possible."""
        ...

    def end(self) -> Iterator[Found]: ...


@dataclass(slots=True)
class Meter:
    """What a flow has cost; it may cost the more, the more was fed."""

    limits: Limits
    fed: int = 0
    unpacked: int = 0
    members: int = 0

    def spend(self, size: int) -> None:
        """Pays for bytes that were unpacked. Raises ExhaustedError."""
        self.unpacked += size
        if self.unpacked > self.limits.total + RATIO * self.fed:
            raise ExhaustedError(f"unpacks to more than {RATIO} times its size")

    def count(self) -> None:
        """Pays for a member. Raises ExhaustedError."""
        self.members += 1
        if self.members > self.limits.count + self.fed // BYTES_PER_MEMBER:
            raise ExhaustedError(f"holds more than {self.members - 1} members")


@dataclass(frozen=True, slots=True)
class Context:
    """What all nodes of a flow share; `content` makes the node for what is in a container,
    and takes its Content-Type."""

    whole: int
    limits: Limits
    meter: Meter
    content: Callable[["Place", str], Node]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body content lies: its path, its own file name, and how many archives deep."""

    context: Context = field(repr=False)
    path: str = ""
    file: str = ""
    depth: int = 0

    def inner(self, name: str, content_type: str = "") -> Node:
        """The node for a member of what lies here. Raises ExhaustedError."""
        if self.depth >= self.context.limits.depth:
            raise ExhaustedError(f"archives nested deeper than {self.depth} levels")
        self.context.meter.count()
        place = Place(self.context, join(self.path, name), name, self.depth + 1)
        return self.context.content(place, content_type)

    def named(self, name: str) -> "Place":
        """The same depth, under a name."""
        return Place(self.context, join(self.path, name), name, self.depth)


class Windows:
    """Cuts what flows through it into windows."""

    def __init__(self, name: str) -> None:
        self._name, self._size = name, 0
        self._before, self._fresh, self._waiting = b"", list[bytes](), 0

    @property
    def held(self) -> int:
        return len(self._before) + self._waiting

    def feed(self, data: bytes) -> Iterator[Window]:
        at, most = 0, LARGEST_WINDOW - OVERLAP
        while len(data) - at >= most - self._waiting:
            upto = at + most - self._waiting
            self._take(data[at:upto])
            yield from self.flush()
            at = upto
        if at < len(data):
            self._take(data[at:] if at else data)

    def flush(self) -> Iterator[Window]:
        if self._waiting:
            body = b"".join((self._before, *self._fresh))
            window = Window(self._name, self._size - len(body), body, len(self._before))
            self._before, self._fresh, self._waiting = body[-OVERLAP:], [], 0
            yield window

    def _take(self, data: bytes) -> None:
        self._fresh.append(data)
        self._waiting += len(data)
        self._size += len(data)
