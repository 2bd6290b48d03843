"""A body that is judged while it flows by.

Whatever a flow hands out is shown to all engines before the next piece is asked for, so that a slow
engine slows the sender down. What has to be unpacked whole is unpacked elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from clearpane.antivirus.relay import Relay
from clearpane.antivirus.scan import INLINE, Both, Run, Scan, Unpack
from clearpane.content import archives
from clearpane.content.data_patterns import DataCounter, DataPatterns
from clearpane.content.detection import Finding, Seen, Unscanned, distinct
from clearpane.content.file_types import FileInspector
from clearpane.content.flow import Flow, Found, Whole, Window
from clearpane.content.inspection import Inspection, Inspector, show, sorted_out, together
from clearpane.content.member import Member, join

# 2026-11: 5,000 rules take 0.6 ms for half of it, and a change of threads as long under load.
AT_ONCE = 1 << 19  # bytes that are matched where nothing has to be taken apart
STEP = 1 << 20  # bytes that are looked at before the daemon gets them


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who looks at content: the rules, file types where they are asked for, and data patterns."""

    rules: Inspector | None = None
    kinds: FileInspector | None = None
    patterns: DataPatterns | None = None

    @property
    def all(self) -> tuple[Inspector, ...]:
        """At a whole member."""
        return tuple(one for one in (self.rules, self.kinds, self.patterns) if one)


@dataclass(slots=True)
class _Step:
    """What came out of the flow by now: what to unpack, and what a daemon has to be shown."""

    containers: list[Member] = field(default_factory=list)
    contents: list[Member | Window] = field(default_factory=list)
    size: int = 0
    over: bool = False


class Stream:
    """One body. Every `Scan` says all that was found and seen from its beginning on."""

    def __init__(
        self,
        flow: Flow,
        watchers: Watchers,
        run: Run,
        both: Both,
        unpack: Unpack,
        relay: Relay | None = None,
        *,
        name: str = "",
        content_type: str = "",
        quick: bool = False,
    ) -> None:
        """`quick`: what flows needs no reading, so that a small piece is done at once."""
        self._flow, self._watchers, self._relay = flow, watchers, relay
        self._run, self._both, self._unpack = run, both, unpack
        self._name, self._content_type, self._quick = name, content_type, quick
        self._findings: tuple[Finding, ...] = ()
        self._seen: tuple[Seen, ...] = ()
        self._counters: dict[str, DataCounter] = {}

    @property
    def held(self) -> int:
        """Bytes that are kept back here at this moment."""
        return self._flow.held

    async def feed(self, piece: bytes) -> Scan:
        """Returns when every engine has taken the piece in."""
        quick = self._quick and len(piece) <= AT_ONCE and self._flow.is_plain(piece)
        return await self._drain(self._flow.feed(piece), quick)

    async def end(self) -> Scan:
        """The verdict."""
        await self._drain(self._flow.end(), self._quick and self._flow.held <= 4 * INLINE)
        if self._relay:
            self._note(Inspection(tuple(await self._relay.end())))
        return self._scan

    def abandon(self) -> None:
        """Nobody wants to know any more."""
        if self._relay:
            self._relay.abandon()

    async def _drain(self, found: Iterator[Found], quick: bool) -> Scan:
        over = False
        while not over:
            step = _Step()

            def look(step: _Step = step) -> Inspection:
                return sorted_out(self._look(found, step))

            self._note(look() if quick else await self._run(look))
            await self._rest(step)
            over = step.over
        return self._scan

    def _look(self, found: Iterator[Found], step: _Step) -> Iterator[Finding | Seen]:
        """Takes the next step; runs in a thread."""
        for one in found:
            if isinstance(one, Unscanned):
                yield one
                continue
            if isinstance(one, Window):
                yield from self._window(one)
            elif archives.is_container(one.body, self._type(one)):
                step.containers.append(one)
            else:
                yield from show(one, self._watchers.all)
            step.contents.append(one)
            step.size += len(one.body)
            if step.size >= STEP:
                return
        step.over = True

    def _window(self, window: Window) -> Iterator[Finding | Seen]:
        member, watchers = Member(window.name, window.body), self._watchers
        is_first = window.start + window.fresh == 0
        if watchers.rules:
            yield from watchers.rules.see(member)
        if watchers.kinds and is_first:
            yield from watchers.kinds.see(member)
        if watchers.patterns:
            if is_first and window.name in self._counters:
                yield from self._counters.pop(window.name).seen()
            if window.name not in self._counters:
                self._counters[window.name] = watchers.patterns.counter(window.name)
            self._counters[window.name].window(window.start, window.body)

    async def _rest(self, step: _Step) -> None:
        """What is in containers, while the daemon takes in its part."""
        if not step.containers:
            if self._relay and step.contents:
                self._note(Inspection(tuple(await self._relay.take(step.contents))))
            return
        if not self._relay:
            await self._inside(step.containers)
            return
        _, said = await self._both(self._inside(step.containers), self._relay.take(step.contents))
        self._note(Inspection(tuple(said)))

    async def _inside(self, containers: Sequence[Member]) -> None:
        for container in containers:
            name = container.name.rpartition("/")[2] or self._name
            found = await self._unpack.inspect(
                container.body, name=name, content_type=self._type(container)
            )
            self._note(_inside(container.name, found))

    def _type(self, member: Member) -> str:
        return self._content_type if isinstance(member, Whole) else ""

    def _note(self, found: Inspection) -> None:
        if found.findings or found.seen:
            self._findings = distinct((*self._findings, *found.findings))
            self._seen = together((*self._seen, *found.seen))

    @property
    def _scan(self) -> Scan:
        counted = [one for counter in self._counters.values() for one in counter.seen()]
        seen = together((*self._seen, *counted)) if counted else self._seen
        return Scan(self._findings, seen)


def _inside(path: str, found: Inspection) -> Inspection:
    """The same, named as seen from the whole body."""
    if not path:
        return found
    findings = tuple(replace(one, member=join(path, one.member)) for one in found.findings)
    seen = tuple(replace(one, member=join(path, one.member)) for one in found.seen)
    return Inspection(findings, seen)
