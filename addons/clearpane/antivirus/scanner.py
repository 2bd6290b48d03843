"""All engines as one: a body goes in as it came over the wire, a `Scan` comes out.

Codings and multipart framing are taken off before any engine sees the body, since no engine knows
what the header fields say. Either engine's finding counts. What is cheap is done at once, all else
by `run`, which is given by who owns the threads.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from clearpane.antivirus.embedded import Embedded
from clearpane.content import archives, detection, multipart
from clearpane.content.detection import Finding, Unread, Unscanned, distinct
from clearpane.content.encodings import Decoded, decode
from clearpane.content.limits import Budget, ExhaustedError, Limits
from clearpane.content.member import Member

INLINE = 64 * 1024  # bytes that cost less to scan than a change of threads
CHEAP = Limits(total=4 * INLINE, member=2 * INLINE, floor=2 * INLINE)
MOST_PARTS = 100  # of a multipart body, each a question to a daemon

type Run = Callable[[Callable[[], "Inspection"]], Awaitable["Inspection"]]


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that was found; nothing: the body is clean."""

    findings: tuple[Finding, ...] = ()

    @property
    def worst(self) -> Finding | None:
        """The most severe threat if there is any, else what could not be judged."""
        return detection.worst(self.findings)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in our own process, and the bytes that a daemon has to be asked about."""

    findings: tuple[Finding, ...]
    views: tuple[bytes, ...] = ()


class Daemon(Protocol):
    """An engine outside of our process."""

    async def scan(self, body: bytes) -> tuple[Finding, ...]: ...


class Scanner:
    """The engines that the settings name."""

    def __init__(self, run: Run, embedded: Embedded | None, daemon: Daemon | None = None) -> None:
        if not (embedded or daemon):
            raise ValueError("a scanner needs an engine")
        self._run, self._embedded, self._daemon = run, embedded, daemon

    async def scan(
        self, body: bytes, *, name: str = "", encodings: Sequence[str] = (), content_type: str = ""
    ) -> Scan:
        """What all engines find in a body."""
        if not body:
            return Scan()

        def inspect() -> Inspection:
            return self._inspect(body, name, encodings, content_type)

        found = self._at_once(body, encodings, content_type, name) or await self._run(inspect)
        findings = list(found.findings)
        if self._daemon:
            for view in found.views:
                findings += await self._daemon.scan(view)
        return Scan(distinct(findings))

    def _at_once(
        self, body: bytes, encodings: Sequence[str], content_type: str, name: str
    ) -> Inspection | None:
        """The same for a small body with nothing to unpack; None for every other."""
        if len(body) > INLINE:
            return None
        budget = Budget(CHEAP)
        decoded = decode(body, encodings, budget)
        small = decoded.others == () and decoded.faults == ()
        if not small or archives.is_container(decoded.body, content_type):
            return None
        found = self._embedded.match(Member("", decoded.body)) if self._embedded else ()
        return Inspection(tuple(found), decoded.views)

    def _inspect(
        self, body: bytes, name: str, encodings: Sequence[str], content_type: str
    ) -> Inspection:
        """Everything that takes time; runs in a thread."""
        budget = Budget()
        decoded = decode(body, encodings, budget)
        findings: list[Finding] = [*decoded.faults]
        if self._embedded:
            findings += self._embedded.look(decoded, name, content_type, budget)
        views = decoded.views
        if self._daemon and multipart.is_multipart(content_type):
            parts = list(_parts(decoded, content_type))
            findings += [part for part in parts if isinstance(part, Unscanned)]
            views += tuple(part.body for part in parts if isinstance(part, Member) and part.body)
        return Inspection(tuple(findings), views)


def _parts(decoded: Decoded, content_type: str) -> Iterator[Member | Unscanned]:
    """The parts of the body, as far as a daemon may be asked about them."""
    try:
        for number, part in enumerate(multipart.parts(decoded.body, content_type, Budget())):
            if number == MOST_PARTS:
                yield Unscanned(Unread.LIMIT, detail=f"more than {MOST_PARTS} parts")
                return
            yield part
    except ExhaustedError as exhausted:
        yield Unscanned(Unread.LIMIT, detail=str(exhausted))
