"""Hands a body that comes in pieces on to a daemon, which gets every content as one.

A daemon unpacks by itself: it gets the body without its codings and, because it knows no form data,
the parts of a multipart body. Nothing else that is in a body is sent a second time.
"""

from collections.abc import Sequence
from dataclasses import replace

from clearpane.antivirus.scan import Daemon, DaemonStream
from clearpane.content.detection import Finding, Unread, Unscanned
from clearpane.content.flow_nodes import Window
from clearpane.content.inspection import MOST_PARTS
from clearpane.content.member import Member

OPEN = 8  # contents on their way at once; a reader is in few at a time, and is done with the oldest


class Relay:
    """Of one body; `parts` says that it is a multipart one."""

    def __init__(self, daemon: Daemon, *, parts: bool) -> None:
        self._daemon, self._parts = daemon, parts
        self._streams: dict[str, DaemonStream] = {}
        self._asked = 0

    async def take(self, contents: Sequence[Member | Window]) -> list[Finding]:
        """Returns when the daemon has taken them in; what it has found by now."""
        found: list[Finding] = []
        for content in contents:
            if content.body and (self._parts or not content.name):
                found += await self._take(content)
        return found

    async def end(self) -> list[Finding]:
        """What it says of all that was still on its way."""
        found: list[Finding] = []
        while self._streams:
            found += await self._end(next(iter(self._streams)))
        return found

    def abandon(self) -> None:
        for stream in self._streams.values():
            stream.abandon()
        self._streams.clear()

    async def _take(self, content: Member | Window) -> list[Finding]:
        name, found = content.name, list[Finding]()
        if isinstance(content, Member):
            if not self._may_ask():
                return [Unscanned(Unread.LIMIT, detail=f"more than {MOST_PARTS} parts")]
            return _named(name, await self._daemon.scan(content.body))
        if content.start + content.fresh == 0 and name in self._streams:
            found += await self._end(name)
        if name not in self._streams:
            if not self._may_ask():
                return [*found, Unscanned(Unread.LIMIT, detail=f"more than {MOST_PARTS} parts")]
            if len(self._streams) == OPEN:
                found += await self._end(next(iter(self._streams)))
            self._streams[name] = self._daemon.begin()
        fresh = content.body[content.fresh :] if content.fresh else content.body
        await self._streams[name].feed(fresh)
        return found

    async def _end(self, name: str) -> list[Finding]:
        return _named(name, await self._streams.pop(name).end())

    def _may_ask(self) -> bool:
        self._asked += 1
        return self._asked <= MOST_PARTS


def _named(name: str, findings: Sequence[Finding]) -> list[Finding]:
    return [replace(finding, member=name) for finding in findings]
