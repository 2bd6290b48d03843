"""One body or message while it is looked at: its account, its scanner, and what evidence shows.

It knows nothing of mitmproxy's layers, and decides nothing.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from clearpane.antivirus.scan import Scan
from clearpane.antivirus.scanner import Scanner
from clearpane.antivirus.stream import Stream
from clearpane.content.detection import Finding, Seen, Unscanned
from clearpane.content.flow_units import Unit
from clearpane.pipeline.message import Account, Message

_HEAD = 1 << 16  # bytes of the beginning that a capture shows


class Framing(Protocol):
    """Reads a body that consists of messages, each of which is judged before it goes on."""

    def feed(self, data: bytes) -> Iterator[Unit]: ...

    def end(self) -> Iterator[Unit]: ...


@dataclass(slots=True, eq=False)
class Body:
    """`size`, `judged` and `delivered` are bytes on the wire: what has come, what of a body in
    messages was judged, and what has reached the other side."""

    account: Account
    scanner: Scanner
    framing: Framing | None = None
    streams: bool = False
    size: int = 0
    judged: int = 0
    delivered: int = 0
    head: bytes = b""
    last: bytes = b""
    task: "asyncio.Future[Scan] | None" = None
    _scanning: Stream | None = field(default=None, init=False)

    @property
    def message(self) -> Message:
        return self.account.message

    @property
    def held(self) -> int:
        """Bytes that the scanner keeps."""
        return self._scanning.held if self._scanning else 0

    def keep(self, piece: bytes) -> None:
        """The beginning and the last piece are what a capture can show of a long body."""
        self.size += len(piece)
        if len(self.head) < _HEAD:
            self.head += piece[: _HEAD - len(self.head)]
        self.last = piece or self.last

    async def look(self, piece: bytes, *, end: bool) -> Scan:
        """What is in a body that is passed on, from its beginning to the end of this piece."""
        self.keep(piece)
        if self.framing:
            found = await self._units(self.framing.feed(piece))
            return await self._units(self.framing.end(), found) if end else found
        if self._scanning is None:
            message = self.message
            self._scanning = self.scanner.begin(
                name=message.name, encodings=message.encodings, content_type=message.content_type
            )
        found = await self._scanning.feed(piece)
        return await self._scanning.end() if end else found

    async def _units(self, units: Iterator[Unit], before: Scan | None = None) -> Scan:
        findings: list[Finding] = [*before.findings] if before else []
        seen: list[Seen] = [*before.seen] if before else []
        for unit in units:
            for one in unit.found:
                if isinstance(one, Unscanned):
                    findings.append(one)
                    continue
                scan = await self.scanner.scan(one.body, name=one.name)
                findings += scan.findings
                seen += scan.seen
            self.judged += len(unit.raw)
        return Scan(tuple(findings), tuple(seen))

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        if self.task:
            self.task.cancel()
        if self._scanning:
            self._scanning.abandon()
        # Layers and flows refer to each other: what is large does not wait for the collector.
        self._scanning, self.head, self.last = None, b"", b""
