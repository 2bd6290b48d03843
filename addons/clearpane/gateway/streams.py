"""Sessions that are not HTTP: named by what they begin with, judged by the security rules, and
looked into where a decoder knows them.
"""

from functools import partial

from mitmproxy import tcp

from clearpane.content.applications import Application
from clearpane.content.direction import Direction
from clearpane.content.naming import of_stream
from clearpane.gateway import show
from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.core import Core
from clearpane.gateway.layers import Chunk
from clearpane.gateway.live import Live
from clearpane.gateway.mails import READERS, Mails
from clearpane.gateway.passage import waiting
from clearpane.gateway.talk import Talk


class Streams:
    """Labels the tcp flows of sessions that are passed on, and looks at those it may look into."""

    name = "clearpane-streams"

    def __init__(self, core: Core, mails: Mails) -> None:
        self._core, self._mails = core, mails

    @fail_closed
    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        live = self._core.of(flow.client_conn)
        if live is None:
            raise RuntimeError("a stream that belongs to no connection")
        show.session(live, flow)

    @fail_closed
    async def clearpane_chunk(self, chunk: Chunk) -> None:
        """One side said something; see `layers.Watched`."""
        live = self._core.of(chunk.client)
        if live is None or live.relay is None:
            chunk.close = True
            return
        talk = live.talk
        if talk is None:
            talk = live.talk = Talk()
            talk.hear(Direction.DOWNLOAD, live.relay.greeting)
        if talk.mail is None and not self._named(live, talk, chunk):
            return
        if talk.mail:
            gate = live.gate(request=chunk.direction is Direction.UPLOAD)
            with gate.while_looking(partial(waiting, live.relay)):
                await self._mails.look(live, talk, chunk)

    def _named(self, live: Live, talk: Talk, chunk: Chunk) -> bool:
        """Whether the chunk is to be looked into; until there is a name, words just pass."""
        chunk.release = chunk.data
        talk.hear(chunk.direction, chunk.data)
        named = of_stream(talk.client, talk.server, server_first=talk.server_first)
        if named is None and not chunk.end:
            return False
        live.session.app = named or Application.UNKNOWN_TCP
        live.ruling = self._core.ruled(live, Application(live.session.app))
        if live.ruling and not live.ruling.allows:
            chunk.release, chunk.close = b"", True
            return False
        chunk.done = live.session.app not in READERS or not self._inspects(live)
        if chunk.done and live.session.decrypted:
            self._core.reporter.undecoded(live.session, self._core.now())
        if not chunk.done:
            if chunk.data:
                talk.heard.pop()  # the chunk itself is not passed on yet
            talk.catch_up(READERS[Application(live.session.app)]())
            chunk.release = b""
        return not chunk.done

    @staticmethod
    def _inspects(live: Live) -> bool:
        return live.force.policy.content_profiles(live.ruling).inspects
