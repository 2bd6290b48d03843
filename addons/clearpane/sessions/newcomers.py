"""How fast one source may open sessions to names that nobody has opened before.

Each such name costs a handshake with a server and a new leaf, so whoever makes names up could take
the time of everybody else. Known names cost nothing here. All tables are bounded.
"""

from collections import OrderedDict
from ipaddress import ip_address, ip_network

RATE = 5.0  # new names a second and source: a twentieth of what one core can decrypt at most
BURST = 200.0  # as many at once: a page, or a day that begins
_NAMES = 16_384
_SOURCES = 4_096


class Newcomers:
    """A bucket of tokens for each source address; times are seconds of a monotonic clock."""

    def __init__(self, rate: float = RATE, burst: float = BURST) -> None:
        self._rate, self._burst = rate, burst
        self._known: OrderedDict[str, None] = OrderedDict()
        self._sources: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def know(self, name: str) -> None:
        """The name's server was seen and a leaf made for it."""
        _keep(self._known, name, None, _NAMES)

    def wait(self, source: str, name: str, now: float, patience: float) -> float:
        """Seconds that the session has to wait, 0 for most; more than `patience` asks for no token:
        it is to be refused."""
        if name in self._known:
            return 0.0
        source = _household(source)
        tokens, at = self._sources.get(source, (self._burst, now))
        left = min(self._burst, tokens + (now - at) * self._rate) - 1
        wait = max(0.0, -left / self._rate)
        if wait > patience:
            left += 1
        _keep(self._sources, source, (left, now), _SOURCES)
        return wait


def _household(source: str) -> str:
    """An IPv6 client has a whole /64 to itself (RFC 7934), so that is what counts as one."""
    address = ip_address(source)
    if address.version == 4:
        return source
    return str(ip_network((int(address) >> 64 << 64, 64)))


def _keep[V](table: OrderedDict[str, V], key: str, value: V, limit: int) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > limit:
        table.popitem(last=False)
