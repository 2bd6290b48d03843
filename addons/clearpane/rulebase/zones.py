"""Which zone an address or a listener belongs to.

The longest network that holds an address decides, whichever zone it is written in; a listener's
zone goes before that of the source.
"""

import re
from collections.abc import Iterable, Mapping

from clearpane.documents import mapping as documents
from clearpane.documents.place import Text
from clearpane.hello import Address
from clearpane.rulebase import addresses

# mitmproxy's MODE@PORT; the local and tun modes have no port.
_LISTENER = re.compile(r"[a-z0-9]+(:\S+)?@(\S*:)?\d{1,5}|(local|tun)(:\S+)?")

type Network = tuple[int, int]  # the bits that are left out on the right, and the bits that count


class Zones:
    """Zones by network and by listener."""

    __slots__ = ("_listeners", "_tables", "names")

    def __init__(
        self,
        names: Iterable[str] = (),
        networks: Mapping[Network, str] | None = None,
        listeners: Mapping[str, str] | None = None,
    ) -> None:
        self.names = tuple(names)
        self._listeners = dict(listeners or {})
        tables: dict[int, dict[int, str]] = {}
        for (shift, bits), zone in (networks or {}).items():
            tables.setdefault(shift, {})[bits] = zone
        self._tables = sorted(tables.items())

    def of_listener(self, listener: str) -> str:
        """Empty where the listener has no zone."""
        return self._listeners.get(listener, "")

    def of_number(self, number: int) -> str:
        """The zone of an address, given as `addresses.number`; empty where no network holds it."""
        for shift, table in self._tables:
            zone = table.get(number >> shift)
            if zone is not None:
                return zone
        return ""

    def listener_in(self, zone: str) -> str:
        """The first of the zone's listeners; empty where it has none."""
        return next((each for each, own in self._listeners.items() if own == zone), "")

    def address_in(self, zone: str) -> Address | None:
        """An address that lies in the zone; None where it has no network, or longer ones of other
        zones hide the beginning of each."""
        for shift, table in self._tables:
            for bits, own in table.items():
                first = (bits << shift) + min(1, shift)
                if own == zone and self.of_number(first) == zone:
                    return addresses.numbered(first)
        return None


def parse(document: documents.Mapping | None) -> Zones:
    """The block `zones` of the settings."""
    networks: dict[Network, str] = {}
    listeners: dict[str, str] = {}
    names = document.names() if document else []
    for name in names:
        block = document.mapping(name) if document else None
        if block is None:
            continue
        block.label = f'zone "{name}"'
        block.only("networks", "listeners")
        if name == "any":
            block.error(name, "any is no name for a zone", "rename the zone")
        for text in block.texts("networks") or ():
            _add(networks, _network(text, block), text, name, block)
        for text in block.texts("listeners") or ():
            _add(listeners, _listener(text, block), text, name, block)
    return Zones(names, networks, listeners)


def _add[K](
    known: dict[K, str], key: K | None, text: Text, zone: str, block: documents.Mapping
) -> None:
    if key is None:
        return
    if key in known:
        block.error(text, f"{text} belongs to zone {known[key]} already", "remove one of the two")
        return
    known[key] = zone


def _network(text: Text, block: documents.Mapping) -> Network | None:
    try:
        found = addresses.network(text)
    except ValueError as error:
        block.error(text, f"networks: {error}")
        return None
    shift = found.max_prefixlen - found.prefixlen
    return shift, addresses.number(found.network_address) >> shift


def _listener(text: Text, block: documents.Mapping) -> str | None:
    if not _LISTENER.fullmatch(text):
        block.error(
            text, f"listeners: {text!r} is no listener", "write MODE@PORT as in regular@8080"
        )
        return None
    return text
