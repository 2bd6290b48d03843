"""What transparent mode needs beyond mitmproxy's own: TPROXY, and no connection to ourselves.

Nothing of mitmproxy is replaced. It asks the kernel for the original destination
(SO_ORIGINAL_DST), and connection tracking answers that for REDIRECT and TPROXY alike; what it does
not do is mark its listening sockets, and refuse its own addresses where it listens on all of them.
"""

import logging
import socket
from typing import Protocol

from mitmproxy import ctx
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from clearpane.gateway.boundary import fail_closed
from clearpane.gateway.facts import address_of

logger = logging.getLogger(__name__)

_IPV6_TRANSPARENT = 75  # linux/in6.h; Linux has it, the socket module does not
_IP_TRANSPARENT = 19  # linux/in.h


class Listening(Protocol):
    """A listening socket, as asyncio shows it."""

    @property
    def family(self) -> int: ...

    def setsockopt(self, level: int, option: int, value: int, /) -> None: ...


class Transparent:
    """Makes listeners fit for TPROXY, and ends connections that would go round in a circle."""

    name = "clearpane-transparent"

    def __init__(self) -> None:
        self._told = False

    def running(self) -> None:
        """Modes may change while the gateway runs; new listeners are marked as they come."""
        ctx.master.addons.get("proxyserver").servers.changed.connect(self._mark)
        self._mark()

    def _mark(self) -> None:
        for server in ctx.master.addons.get("proxyserver").servers:
            if not isinstance(server.mode, mode_specs.TransparentMode):
                continue
            # mitmproxy tells the addresses of its listeners and not the sockets.
            sockets = [each for bound in server._servers for each in bound.sockets]
            if not all(map(make_transparent, sockets)) and not self._told:
                self._told = True
                logger.info(
                    "transparent mode: REDIRECT works, TPROXY does not (it needs CAP_NET_ADMIN)"
                )

    @fail_closed
    def server_connect(self, data: ServerConnectionHookData) -> None:
        """A client that speaks to a transparent listener's own address would be sent there again,
        and that connection too, until no descriptor is left. mitmproxy sees it on loopback and on
        addresses that it was told to listen on by name."""
        if data.server.address is None:
            return
        host, port = data.server.address[:2]
        ours = ctx.master.addons.get("proxyserver").listen_addrs()
        if any(port == listening[1] for listening in ours) and is_local(host):
            data.server.error = "refused: the gateway would connect to itself"


def make_transparent(listening: Listening) -> bool:
    """Lets a socket accept what was sent to other addresses (IP_TRANSPARENT, ip(7)); False where
    the process has neither CAP_NET_ADMIN nor CAP_NET_RAW."""
    six = listening.family == socket.AF_INET6
    try:
        if six:
            listening.setsockopt(socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)
        else:
            listening.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)
    except PermissionError:
        return False
    return True


def is_local(host: str) -> bool:
    """Whether this is an address of this machine, for only such a one can be bound.

    A name is never: what it stands for is asked when the connection comes round.
    """
    if address_of(host) is None:
        return False
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True
