"""Sessions that are not HTTP: named by what they begin with, judged by the security rules, and
looked into where a decoder knows them.
"""

from mitmproxy import tcp

from clearpane.content.applications import Application
from clearpane.content.naming import of_stream
from clearpane.gateway import show
from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.core import Core
from clearpane.gateway.layers import Chunk
from clearpane.gateway.live import Live
from clearpane.gateway.talk import Talk


class Streams:
    """Labels the tcp flows of sessions that are passed on, and looks at those it may look into."""

    name = "clearpane-streams"

    def __init__(self, core: Core) -> None:
        self._core = core

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
        talk = live.talk = live.talk or Talk(server=live.relay.greeting)
        chunk.release = chunk.data  # too little is known yet to look into it
        self._name(live, talk, chunk)

    def _name(self, live: Live, talk: Talk, chunk: Chunk) -> None:
        talk.hear(chunk.direction, chunk.data)
        named = of_stream(talk.client, talk.server, server_first=talk.server_first)
        if named is None and not chunk.end:
            return
        live.session.app = named or Application.UNKNOWN_TCP
        decision = self._core.ruled(live, live.session.app)
        if decision and not decision.allows:
            chunk.release, chunk.close = b"", True
        else:
            chunk.done = True
            if live.session.decrypted:
                self._core.reporter.undecoded(live.session, self._core.now())
