"""What is known of a connection or a request, in the rulebase's terms."""

from dataclasses import replace

from mitmproxy import ctx, http
from mitmproxy.proxy.context import Context

from clearpane.gateway.facts import (
    address_of,
    known_user,
    listener_of,
    name_of,
    user_of_request,
)
from clearpane.gateway.live import Live
from clearpane.hello import Hello, address


def hello_of(context: Context, sni: str) -> Hello:
    """What is known of a connection, in the rulebase's terms."""
    client, server = context.client, context.server
    host, port = server.address[:2] if server.address else ("", 0)
    there = host if server.via or not server.peername else server.peername[0]
    return Hello(
        source=address(client.peername[0]),
        source_port=client.peername[1],
        destination=address_of(there),
        port=port,
        listener=listener_of(client.proxy_mode),
        host=name_of(host),
        sni=sni,
        user=known_user(ctx.master, client),
    )


def hello_of_request(flow: http.HTTPFlow) -> Hello:
    """What stands in for a ClientHello where there was none."""
    client, host = flow.client_conn, flow.request.host
    return Hello(
        source=address(client.peername[0]) if client.peername else address("0.0.0.0"),
        source_port=client.peername[1] if client.peername else 0,
        destination=address_of(host),
        port=flow.request.port,
        listener=listener_of(client.proxy_mode),
        host=name_of(host),
        user=user_of_request(ctx.master, flow),
    )


def hello_for(live: Live, flow: http.HTTPFlow, name: str) -> Hello:
    """What rules about a request look at: the connection, and the host that it names."""
    known = live.hello or hello_of_request(flow)
    return known if known.name == name else replace(known, host=name or known.host)
