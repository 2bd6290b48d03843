"""Engines that say what they are told to."""

from collections.abc import Callable, Sequence

from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.scan import Unpack
from clearpane.antivirus.scanner import Scanner
from clearpane.content.data_patterns import DataPatterns
from clearpane.content.detection import Finding
from clearpane.content.inspection import Inspection, inspect


class Threads:
    """Runs what it is given at once, and counts."""

    def __init__(self) -> None:
        self.used = 0

    async def __call__(self, work: Callable[[], Inspection]) -> Inspection:
        self.used += 1
        return work()


class Daemon:
    """Answers what it is told to, and remembers what it was asked; streams are asked as one."""

    def __init__(self, answers: dict[bytes, Finding] | None = None) -> None:
        self.answers, self.asked = answers or {}, list[bytes]()
        self.open, self.abandoned = 0, 0

    async def scan(self, body: bytes) -> tuple[Finding, ...]:
        self.asked.append(body)
        return (self.answers[body],) if body in self.answers else ()

    def begin(self) -> "DaemonStream":
        self.open += 1
        return DaemonStream(self)


class DaemonStream:
    def __init__(self, daemon: Daemon) -> None:
        self._daemon, self._body = daemon, b""

    async def feed(self, data: bytes) -> None:
        self._body += data

    async def end(self) -> tuple[Finding, ...]:
        self._daemon.open -= 1
        return await self._daemon.scan(self._body)

    def abandon(self) -> None:
        self._daemon.open -= 1
        self._daemon.abandoned += 1


def scanning(
    run: Threads,
    embedded: Embedded | None,
    daemon: Daemon | None = None,
    *,
    unpack: Unpack | None = None,
    kinds: bool = False,
    patterns: DataPatterns | None = None,
) -> Scanner:
    """A scanner; without `unpack`, one that takes apart in a thread."""
    inside = InThreads(run)
    scanner = Scanner(run, unpack or inside, embedded, daemon, kinds=kinds, patterns=patterns)
    inside.scanner = scanner
    return scanner


class InThreads:
    """Takes apart in a thread of the tests' own process, as a scanner process would."""

    scanner: Scanner

    def __init__(self, run: Threads) -> None:
        self._run = run

    async def inspect(
        self,
        body: bytes,
        *,
        name: str = "",
        encodings: Sequence[str] = (),
        content_type: str = "",
        for_daemon: bool = False,
    ) -> Inspection:
        return await self._run(
            lambda: inspect(
                body,
                name=name,
                encodings=encodings,
                content_type=content_type,
                inspectors=self.scanner.inspectors(name),
                for_daemon=for_daemon,
            )
        )
