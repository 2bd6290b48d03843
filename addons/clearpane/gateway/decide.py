"""The moment a client says hello: the rulebase decides and the layers follow.

mitmproxy's own choice of the next layer takes a few first bytes for "no TLS" and goes raw for good.
Here nothing is chosen before it is certain what the client speaks.
"""

import asyncio
import re
import time
from functools import partial

from mitmproxy import exceptions
from mitmproxy.proxy import layer, mode_specs
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import HttpLayer, ServerTLSLayer
from mitmproxy.proxy.layers.http import HTTPMode
from mitmproxy.proxy.layers.tls import HTTP_ALPNS, parse_client_hello
from mitmproxy.tls import ClientHello

from clearpane.content.applications import Application
from clearpane.gateway import show
from clearpane.gateway.boundary import abort, fail_closed
from clearpane.gateway.client_hello import offer, offers_ech, server_name, takes_ecdsa
from clearpane.gateway.core import BY_CATEGORY, Core
from clearpane.gateway.hellos import hello_of
from clearpane.gateway.layers import ClientTLS, Closed, PassThrough, ServerFirst, Watched
from clearpane.gateway.live import Live
from clearpane.pipeline.connection import Course, Step, looks, unsupported
from clearpane.verification.protocol import WIDEST, Terms
from clearpane.verification.reasons import Reason

# A ClientHello with post-quantum key shares is about 2 KB; OpenSSL refuses messages over 16 KiB
# (SSL3_RT_MAX_PLAIN_LENGTH) for a hello, records around it add little.
MAX_HELLO = 32_768
# Each segment has mitmproxy join all that came before: octet by octet, 2 KB are a second's work.
MAX_SEGMENTS = 2_048
_DNS = (53, 5353)
_REQUEST_LINE = re.compile(rb"[A-Za-z]{3,}[^\n]* ")
_MAYBE_REQUEST = re.compile(rb"[A-Za-z]{1,20}\Z")


class Decide:
    """Chooses the layer that follows."""

    name = "clearpane-decide"

    def __init__(self, core: Core) -> None:
        self._core = core

    @fail_closed
    async def next_layer(self, next_layer: layer.NextLayer) -> None:
        context = next_layer.context
        if next_layer.layer:
            return
        if context.client.transport_protocol != "tcp":
            next_layer.layer = self._datagrams(context)
            return
        live = self._core.of(context.client)
        if live is None:
            next_layer.layer = Closed(context)
        elif any(isinstance(above, ClientTLS) for above in context.layers):
            next_layer.layer = self._inside(next_layer, live)
        elif context.server.address is None:
            if _maybe_tls(next_layer.data_client()) and len(next_layer.data_client()) < 3:
                raise exceptions.AddonHalt  # stock takes fewer than three bytes for HTTP
        else:
            next_layer.layer = await self._outside(next_layer, live)

    def _datagrams(self, context: Context) -> layer.Layer | None:
        """Name look-ups are mitmproxy's; QUIC is closed, so that browsers come back over TCP."""
        port = context.server.address[1] if context.server.address else 0
        return None if port in _DNS or _is_dns(context) else Closed(context)

    async def _outside(self, asked: layer.NextLayer, live: Live) -> layer.Layer | None:
        """Nothing is decrypted yet."""
        data, context = asked.data_client(), asked.context
        if not data:
            if not asked.data_server():
                raise exceptions.AddonHalt
            return ServerFirst(context)
        if not _maybe_tls(data):
            return self._plain(data, context, live)
        if live.timer is None:
            live.arm(partial(self._late, live, context))
        try:
            hello = parse_client_hello(data)
        except ValueError:
            return self._refuse(live, context, "not-tls")
        if hello is None and (len(data) > MAX_HELLO or len(asked.events) > MAX_SEGMENTS):
            return self._refuse(live, context, "not-tls")
        if hello is None:
            raise exceptions.AddonHalt
        live.disarm()
        return await self._decide(hello, context, live)

    async def _decide(self, hello: ClientHello, context: Context, live: Live) -> layer.Layer:
        name, sent = server_name(hello)
        live.hello = hello_of(context, name)
        live.session.greet(live.hello, sent)
        live.session.app = Application.SSL  # until more is known
        if sent and not name:
            return self._refuse(live, context, "invalid-server-name")
        live.ecdsa = takes_ecdsa(hello)
        live.session.ech = offers_ech(hello)
        decision = self._core.decide(live, live.hello)
        assert live.opening
        greeted = _greeted(context)
        if greeted and live.opening.otherwise:
            self._core.turn(live)  # a server that spoke first can't be looked at and begun anew
            decision = live.opening.decision
        looked = decision.decrypts or (not greeted and looks(live.force.policy, live.opening))
        barred = "" if decision.decrypts else self._core.bars(live)
        if barred == BY_CATEGORY and live.force.policy.settings.url_proxy and not greeted:
            live.course = Course(Step.BLOCK, reasons=(barred,))
            return self._first_the_server(hello, name, context)
        if barred:
            return self._refuse(live, context, barred)
        if not looked or self._core.is_confirmed(live):
            context.client.sni = name or None  # for who looks at the flow
            return PassThrough(context, shown=show.is_shown())
        terms = live.profile.protocol.terms_with(offer(hello))
        if not decision.decrypts and not live.opening.otherwise:
            live.terms = WIDEST  # a look, and no more
        elif isinstance(terms, Terms):
            live.terms = terms
        elif decision.decrypts:
            reason = Reason(f"unsupported-{terms}")
            course = unsupported(decision, live.profile, reason, learn=False)
            return self._without(live, context, course)
        if not await self._its_turn(live, name):
            return self._refuse(live, context, "no-resource")
        if decision.decrypts and not self._core.admits(live):
            return self._without(live, context, self._core.without_place(live))
        return self._first_the_server(hello, name, context)

    async def _its_turn(self, live: Live, name: str) -> bool:
        """Whoever makes names up waits, and ends where that would take too long."""
        patience, source = live.force.patience, live.session.source
        wait = self._core.newcomers.wait(source, name, time.monotonic(), patience)
        if wait:
            await asyncio.sleep(min(wait, patience))
        return wait <= patience

    def _first_the_server(self, hello: ClientHello, name: str, context: Context) -> layer.Layer:
        context.server.tls = True
        server_tls = ServerTLSLayer(context)
        server_tls.child_layer = ClientTLS(
            context, hello, name, self._bypass, self._rejected, shown=show.is_shown()
        )
        return server_tls

    def _without(self, live: Live, context: Context, course: Course) -> layer.Layer:
        """It was to be decrypted and can't be: it passes or ends, and no server is asked."""
        barred = "" if course.step is Step.BLOCK else self._core.bars(live)
        if course.step is Step.BLOCK or barred:
            return self._refuse(live, context, *([barred] if barred else course.reasons))
        live.session.bypass(*course.reasons)
        return PassThrough(context, shown=show.is_shown())

    def _bypass(self, context: Context) -> bool:
        """Asked between the two handshakes."""
        live = self._core.of(context.client)
        if not live or not live.course or live.course.step is not Step.BYPASS:
            return False
        # How the look at the server ended is not how the session ends.
        live.streams = [each for each in live.streams if each[0] == "client"]
        return True

    def _rejected(self, context: Context, alert: str) -> None:
        if live := self._core.of(context.client):
            self._core.learning.rejected(live, alert)

    def _plain(self, data: bytes, context: Context, live: Live) -> layer.Layer | None:
        """HTTP is inspected as HTTP; anything else passes, recorded as what it is."""
        mode = context.client.proxy_mode
        if isinstance(mode, mode_specs.ReverseMode) and mode.scheme in ("http", "https"):
            return None  # stock knows whether the target wants TLS; what it opens is verified
        if isinstance(mode, mode_specs.ReverseMode) and mode.scheme == "tls":
            return self._refuse(live, context, "not-tls")  # no verdict could be shown to it
        greeted = _greeted(context)
        if _MAYBE_REQUEST.match(data) and not greeted:
            raise exceptions.AddonHalt
        if _speaks_http(data) and not greeted:  # a server of HTTP does not speak first
            return HttpLayer(context, HTTPMode.transparent)
        return self._raw(context, live)

    def _raw(self, context: Context, live: Live) -> layer.Layer:
        live.hello = live.hello or hello_of(context, "")
        live.session.destination = str(live.hello.destination or live.session.destination)
        live.session.host, live.session.port = live.hello.host, live.hello.port
        live.session.note("not-tls")
        return self._watched(context, live)

    def _inside(self, asked: layer.NextLayer, live: Live) -> layer.Layer:
        """Between the two TLS legs: HTTP, or something that is named as it goes on."""
        context, data = asked.context, asked.data_client()
        if live.blocked or context.client.alpn in HTTP_ALPNS or (data and _speaks_http(data)):
            return HttpLayer(context, HTTPMode.transparent)
        if not asked.data_server() and (not data or _MAYBE_REQUEST.match(data)):
            raise exceptions.AddonHalt
        return self._watched(context, live)

    def _watched(self, context: Context, live: Live) -> layer.Layer:
        live.session.app = Application.UNKNOWN_TCP  # until more is known
        before = [above.greeting for above in context.layers if isinstance(above, ServerFirst)]
        live.relay = Watched(context, shown=show.is_shown(), greeting=b"".join(before))
        return live.relay

    def _refuse(self, live: Live, context: Context, *reasons: str) -> layer.Layer:
        live.disarm()
        live.session.tls = True
        live.session.block(*reasons)
        return Closed(context)

    def _late(self, live: Live, context: Context) -> None:
        live.session.tls = True
        live.session.block("handshake-timeout")
        abort(context.client)


def _maybe_tls(data: bytes) -> bool:
    """Whether these first bytes are, or may become, a TLS handshake record (RFC 8446, 5.1)."""
    return data[:1] == b"\x16" and data[1:2] in (b"", b"\x03") and data[2:3] <= b"\x04"


def _speaks_http(data: bytes) -> bool:
    return bool(_REQUEST_LINE.match(data)) and not data.startswith(b"SSH-")


def _greeted(context: Context) -> bool:
    """Whether the server spoke before the client did."""
    return any(isinstance(above, ServerFirst) for above in context.layers)


def _is_dns(context: Context) -> bool:
    return isinstance(context.client.proxy_mode, mode_specs.DnsMode)
