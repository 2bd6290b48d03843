"""mitmproxy's objects in the product's words."""

from functools import lru_cache

from mitmproxy import connection, ctx, http
from mitmproxy.master import Master
from mitmproxy.proxy import mode_specs

from clearpane.hello import Address, address, host_name
from clearpane.sessions.tls import ServerCertificate
from clearpane.verification.verdict import Verdict


def address_of(text: str) -> Address | None:
    """The address, or None for a name."""
    try:
        return address(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def name_of(text: str) -> str:
    """The host name; empty for an address and for what is no name."""
    if address_of(text) is not None:
        return ""
    try:
        return host_name(text)
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def site_of(text: str) -> str:
    """As categories list a site: the host name, or the address as it is usually written."""
    return name_of(text) or str(address_of(text) or "")


def listener_of(mode: mode_specs.ProxyMode) -> str:
    """`MODE@PORT`, as zones name listeners; a TUN interface has no port, which is 0."""
    return f"{mode.type_name}@{mode.listen_port(ctx.options.listen_port) or 0}"


def known_user(master: Master, client: connection.Client) -> str:
    """Who authenticated at the proxy; empty for nobody."""
    proxyauth = master.addons.get("proxyauth")
    user: tuple[str, str] | None = proxyauth.authenticated.get(client) if proxyauth else None
    return user[0] if user else ""


def user_of_request(master: Master, flow: http.HTTPFlow) -> str:
    """The same for a request: mitmproxy notes who sent it with the request alone, unless there was
    a CONNECT before it."""
    noted: tuple[str, str] | None = flow.metadata.get("proxyauth")
    return noted[0] if noted else known_user(master, flow.client_conn)


def shown_certificate(verdict: Verdict) -> ServerCertificate | None:
    """What records say of the server's own certificate."""
    if verdict.certificate is None:
        return None
    anchor = verdict.path[-1] if verdict.root_name else None
    return ServerCertificate.of(
        verdict.certificate,
        root=(anchor.common_name or verdict.root_name) if anchor else "",
        missing_issuer=verdict.missing_issuer,
    )
