"""Mails in SMTP, POP3 and IMAP: each is looked at as it flows, its end held back for the verdict.

As on the firewall the usual answer is an alert: a mail server that is cut off sends the mail again.
Any other action ends the connection before the mail is complete.
"""

from collections.abc import Callable, Mapping

from clearpane.antivirus.scan import Scan
from clearpane.content.applications import Application
from clearpane.content.detection import Unscanned
from clearpane.content.direction import Direction
from clearpane.content.imap import Imap
from clearpane.content.mail_protocols import (
    Event,
    MailBytes,
    MailEnd,
    MailReader,
    MailStart,
    Pause,
    Plain,
    Pop3,
    Smtp,
)
from clearpane.gateway.body import Body
from clearpane.gateway.core import Core
from clearpane.gateway.layers import Chunk
from clearpane.gateway.live import Live
from clearpane.gateway.passage import HELD_BACK
from clearpane.gateway.talk import Talk
from clearpane.pipeline.message import Account, Message

READERS: Mapping[Application, Callable[[], MailReader]] = {
    Application.SMTP: Smtp,
    Application.POP3: Pop3,
    Application.IMAP: Imap,
}


class Mails:
    """Looks at the mails of streams that a decoder knows."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def look(self, live: Live, talk: Talk, chunk: Chunk) -> None:
        """Says what goes on of a chunk."""
        assert talk.mail
        held, direction = talk.held[chunk.direction], chunk.direction
        talk.dialogue.add(direction, chunk.data, self._core.now())
        for event in talk.mail.feed(direction, chunk.data):
            if await self._blocks(live, talk, direction, event):
                chunk.close = True
                return
        if chunk.end:
            for event in talk.mail.end(direction):
                if await self._blocks(live, talk, direction, event):
                    chunk.close = True
                    return
        talk.skip(direction)
        keep = 0 if direction not in talk.bodies or talk.paused else HELD_BACK
        size = max(0, len(held) - keep)
        chunk.release = bytes(held[:size])
        del held[:size]
        live.held[str(direction)] = len(held)

    async def _blocks(self, live: Live, talk: Talk, direction: Direction, event: Event) -> bool:
        """Whether the connection ends for what has come."""
        talk.paused = isinstance(event, Pause)
        held, body = talk.held[direction], talk.bodies.get(direction)
        match event:
            case Plain(raw):
                held += raw
            case MailStart(content_type):
                body = talk.bodies[direction] = self._body(live, direction, content_type)
                live.inspections.setdefault(str(direction), []).append(body)
            case MailBytes(raw, content) if body:
                held += raw
                return self._judge(live, talk, body, await body.look(content, end=False))
            case MailEnd(raw) if body:
                held += raw
                talk.bodies.pop(direction)
                live.inspections.pop(str(direction), None)
                return self._judge(live, talk, body, await body.look(b"", end=True))
            case Unscanned():
                body = body or self._body(live, direction, "")
                return self._judge(live, talk, body, Scan((event,)))
        return False

    def _judge(self, live: Live, talk: Talk, body: Body, scan: Scan) -> bool:
        said = body.account.add(scan.findings, scan.seen)
        for outcome in said:
            self._core.reporter.found_in_talk(live, talk, body, outcome, self._core.now())
        return any(outcome.blocks for outcome in said)

    def _body(self, live: Live, direction: Direction, content_type: str) -> Body:
        decision = live.ruling
        profiles = live.force.policy.content_profiles(decision)
        message = Message(
            decoder=str(live.session.app),
            direction=direction,
            name=live.session.sni or live.session.host,
            content_type=content_type,
            application=Application(live.session.app),
        )
        account = Account(profiles, message, _never)
        body = Body(account, live.force.scanner)
        body.streams = True
        return body


def _never(kind: str) -> bool:
    """Nobody can be asked whether to go on with a file in a mail."""
    return False
