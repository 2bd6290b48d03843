"""What a scan says, and what a scanner is made of; who owns threads and processes gives them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clearpane.content import detection
from clearpane.content.detection import Finding, Seen
from clearpane.content.inspection import Inspection

INLINE = 64 * 1024  # bytes that cost less to match than a change of threads

# Does work in a thread.
type Run = Callable[[Callable[[], Inspection]], Awaitable[Inspection]]
# Waits for several at once, as asyncio.gather does.
type Both = Callable[..., Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that was found and seen; no findings: the body is clean."""

    findings: tuple[Finding, ...] = ()
    seen: tuple[Seen, ...] = ()

    @property
    def worst(self) -> Finding | None:
        """The most severe threat if there is any, else what could not be judged."""
        return detection.worst(self.findings)


class Unpack(Protocol):
    """Takes bodies apart, away from here; as `content.inspection.inspect`."""

    async def inspect(
        self,
        body: bytes,
        *,
        name: str = "",
        encodings: Sequence[str] = (),
        content_type: str = "",
        for_daemon: bool = False,
    ) -> Inspection: ...


class DaemonStream(Protocol):
    """A body on its way to a daemon."""

    async def feed(self, data: bytes) -> None: ...

    async def end(self) -> tuple[Finding, ...]: ...

    def abandon(self) -> None: ...


class Daemon(Protocol):
    """An engine outside of our process."""

    async def scan(self, body: bytes) -> tuple[Finding, ...]: ...

    def begin(self) -> DaemonStream: ...


async def one_by_one(*work: Awaitable[Any]) -> Sequence[Any]:
    """The plainest `Both`."""
    return [await each for each in work]
