"""The moments of TLS: the server's handshake, the verdict, and what the client is shown.

The server's handshake runs on a connection of our own that collects every fault; the client gets a
leaf that says what the server's certificate said, or one for the page that says why not.
"""

from functools import partial

from mitmproxy import connection, ctx
from mitmproxy.addons.tlsconfig import AppData
from mitmproxy.proxy.layers import modes
from mitmproxy.tls import TlsData
from OpenSSL import SSL

from clearpane.authorities.inbound import choose
from clearpane.gateway.boundary import abort, fail_closed
from clearpane.gateway.core import Core
from clearpane.gateway.live import Live
from clearpane.pipeline.connection import Course, Opening, Step, at_failure, at_server
from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.sessions.ends import EndReason
from clearpane.sessions.tls import Leg
from clearpane.verification.failures import alert_of, reason_of
from clearpane.verification.handshake import Seen
from clearpane.verification.verdict import Verdict

# An unknown protocol that the server picks would end in raw TCP, so only these are offered.
_HTTP2, _HTTP1 = b"h2", b"http/1.1"

# TLS that only the server speaks, as behind `reverse:https://`: there was no hello to ask about.
_UNASKED = Opening(Decision(Action.DECRYPT, Reason.NONE))


class Tls:
    """Provides both TLS connections and keeps the verdict."""

    name = "clearpane-tls"

    def __init__(self, core: Core) -> None:
        self._core = core

    @fail_closed
    def tls_start_server(self, data: TlsData) -> None:
        server, client = data.conn, data.context.client
        assert isinstance(server, connection.Server)
        if data.is_dtls or (data.context.server.via and server is not data.context.server):
            return  # the way to an upstream proxy: stock verifies it, and strictly
        live = self._core.of(client)
        if live is None or not server.address:
            raise RuntimeError("a server connection that belongs to no session")
        server.sni = server.sni or client.sni or server.address[0]
        if not server.alpn_offers and not live.profile.forward_proxy.strip_alpn:
            offers = (_HTTP2, _HTTP1) if ctx.options.http2 else (_HTTP1,)
            server.alpn_offers = [name for name in client.alpn_offers if name in offers]
        data.ssl_conn = live.force.handshake.connection(
            server.sni,
            server.alpn_offers or (),
            live.terms or live.profile.protocol.terms(),
            staple=live.force.policy.settings.revocation.ocsp,
        )
        live.arm(partial(self._late, live, server), server.id)

    @fail_closed
    async def tls_established_server(self, data: TlsData) -> None:
        live = self._core.of(data.context.client)
        if live is None or data.ssl_conn is None:
            raise RuntimeError("a server connection that belongs to no session")
        live.disarm(data.conn.id)
        if data.context.server.via and data.conn is not data.context.server:
            return
        name = data.conn.sni or ""
        now = self._core.now()
        verdict = live.force.handshake.verdict(data.ssl_conn, name, now)
        verdict = await live.force.complete(verdict, data.ssl_conn, name, now)
        self._judge(live, data.conn.id, verdict, name)

    def _judge(self, live: Live, server: str, verdict: Verdict, name: str) -> None:
        opening = live.opening or _UNASKED
        course = at_server(live.force.policy, opening, verdict, name, self._core.now())
        live.courses[server] = course
        if live.course is None:
            self._core.note_verdict(live, verdict, course)

    @fail_closed
    def tls_failed_server(self, data: TlsData) -> None:
        live = self._core.of(data.context.client)
        if live is None:
            return
        live.disarm(data.conn.id)
        seen: Seen | None = data.ssl_conn.get_app_data() if data.ssl_conn else None
        asked = isinstance(seen, Seen) and seen.asked
        if asked and data.ssl_conn and data.ssl_conn.get_peer_certificate():
            # It ended for want of a certificate, after it had shown its own.
            name, now = data.conn.sni or "", self._core.now()
            verdict = live.force.handshake.verdict(data.ssl_conn, name, now)
            self._judge(live, data.conn.id, verdict, name)
            return
        late = data.conn.id in live.late
        reason = live.failure = "handshake-timeout" if late else reason_of(data.conn.error or "")
        opening = live.opening or _UNASKED
        course = at_failure(live.force.policy, opening, reason, asked=asked, terms=live.terms)
        live.courses[data.conn.id] = course
        if live.course is None:
            self._core.take_course(live, course)
            live.session.server = Leg()

    @fail_closed
    def tls_start_client(self, data: TlsData) -> None:
        context, client = data.context, data.context.client
        live = self._core.of(client)
        if live is None or data.is_dtls:
            raise RuntimeError("a TLS session that belongs to no connection")
        server = context.server
        live.arm(partial(self._client_late, live, client))
        if server.address is None:
            name = client.sni or client.sockname[0]
            data.ssl_conn = _accept(self._page(live, name), None, None)
            if isinstance(context.layers[0], modes.HttpProxy):
                data.ssl_conn.set_app_data(
                    AppData(client_alpn=_HTTP1, server_alpn=None, http2=False)
                )
            return
        if live.course is None:
            live.course = Course(Step.BLOCK, reasons=("server-unreachable",))
        if live.course.step is Step.DECRYPT:
            data.ssl_conn = _accept(self._leaf(live), client.alpn, server.alpn)
            return
        live.session.block(*live.course.reasons)
        live.close_server(server)
        if live.inbound:
            abort(client)  # a page under our authority would tell a stranger nothing
        name = live.hello.name if live.hello else ""
        data.ssl_conn = _accept(self._page(live, name or server.address[0]), None, None)

    @fail_closed
    def tls_established_client(self, data: TlsData) -> None:
        live = self._core.of(data.context.client)
        if live is None:
            raise RuntimeError("a TLS session that belongs to no connection")
        live.disarm()
        if data.context.server.address is None or live.course is None:
            return
        live.session.client = leg(data)
        if live.course.step is Step.DECRYPT:
            live.session.decrypted = True
            self._core.newcomers.know(live.hello.name if live.hello else "")

    def tls_failed_client(self, data: TlsData) -> None:
        live = self._core.of(data.context.client)
        if live is None:
            return
        live.disarm()
        if live.session.blocked or data.context.server.address is None:
            return
        if alert := alert_of(data.conn.error or ""):
            self._core.learning.rejected(live, alert)
        else:
            live.session.ends(EndReason.DECRYPT_ERROR)
            self._core.learning.suspect(live, closed=True)

    def _leaf(self, live: Live) -> SSL.Context:
        assert live.verdict and live.verdict.certificate and live.course and live.course.decision
        real, now = live.verdict.certificate, self._core.now()
        profile = live.profile
        if live.course.signer == "inbound":
            ours = live.force.policy.inbound
            chosen = choose([ours[name] for name in live.course.decision.certificates], real)
            assert chosen
            return live.force.leaves.inbound(chosen, profile.protocol)
        return live.force.leaves.forged(real, live.course, live.ecdsa, profile, now)

    def _page(self, live: Live, name: str) -> SSL.Context:
        return live.force.leaves.page(name, live.ecdsa, self._core.now())

    def _late(self, live: Live, server: connection.Server) -> None:
        """The server's handshake takes too long: its connection is closed, so that it fails."""
        live.late.add(server.id)
        live.close_server(server)

    def _client_late(self, live: Live, client: connection.Client) -> None:
        live.session.block("handshake-timeout")
        abort(client)


def leg(data: TlsData) -> Leg:
    """What was agreed in one handshake."""
    if data.ssl_conn is None:
        return Leg()
    group = getattr(data.ssl_conn, "get_group_name", lambda: None)()
    return Leg(data.conn.tls_version or "", data.conn.cipher or "", group or "")


def _accept(
    context: SSL.Context, client_alpn: bytes | None, server_alpn: bytes | None
) -> SSL.Connection:
    ssl_conn = SSL.Connection(context)
    ssl_conn.set_app_data(
        AppData(client_alpn=client_alpn, server_alpn=server_alpn, http2=ctx.options.http2)
    )
    ssl_conn.set_accept_state()
    return ssl_conn
