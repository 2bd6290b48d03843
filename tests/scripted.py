"""Engines that say what they are told to."""

from collections.abc import Callable

from clearpane.content.detection import Finding
from clearpane.content.inspection import Inspection


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
