"""The moment a session becomes a stream of bytes: it is listed with what was decided."""

from mitmproxy import tcp

from clearpane.gateway import show
from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.core import Core


class Streams:
    """Labels the tcp flows of sessions that are passed on as they are."""

    name = "clearpane-streams"

    def __init__(self, core: Core) -> None:
        self._core = core

    @fail_closed
    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        live = self._core.of(flow.client_conn)
        if live is None:
            raise RuntimeError("a stream that belongs to no connection")
        show.session(live, flow)
