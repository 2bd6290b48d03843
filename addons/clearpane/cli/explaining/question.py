"""What `clearpane explain` is asked: a server, and who asks for it.

The client is described by the words of `clearpane test decryption-policy-match`; what is not said
is a client on this device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from clearpane.cli import match
from clearpane.cli.url import with_authority
from clearpane.errors import ClearpaneError, Problem
from clearpane.hello import Hello, address, host_name
from clearpane.rulebase.addresses import number
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.zones import Zones

USAGE = "words: from ZONE, source IP, source-user USER"
_WORDS = ("from", "source", "source-user")
_HERE = "127.0.0.1"
_PORT = 443


@dataclass(frozen=True, slots=True)
class Target:
    """A server as it was asked for; `host` is a normalised name or an address."""

    host: str
    port: int = _PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def target(text: str) -> Target:
    """`HOST`, `HOST:PORT`, `[IPV6]:PORT` or a URL; raises ClearpaneError."""
    try:
        return Target(str(address(text)))
    except ValueError:
        pass
    try:
        parts = urlsplit(with_authority(text))
        port = _PORT if parts.port is None else parts.port
        if not port or "@" in parts.netloc or parts.netloc.endswith(":"):
            raise ValueError
        return Target(_host(parts.hostname or ""), port)
    except ValueError:
        message = f"{text!r} names no server"
        raise ClearpaneError(Problem("", message, "write HOST or HOST:PORT")) from None


def client(words: Sequence[str], to: Target, rulebase: Rulebase) -> Hello:
    """The hello that this client would send to that server, whose address is not known yet;
    raises ClearpaneError with all that is wrong with the words."""
    stray = next((word for word in words[::2] if word not in _WORDS), "")
    if stray:
        raise ClearpaneError(Problem("", f"{stray!r} is no word of the question", USAGE))
    unsaid = () if {"from", "source"}.intersection(words[::2]) else ("source", _HERE)
    there = ("destination", to.host, "destination-port", str(to.port))
    asked = match.read((*unsaid, *there, *words), rulebase)
    hello = asked.hello
    if asked.from_zone:
        return _inside(asked.from_zone, "source" in words[::2], hello, rulebase)
    return hello


def _inside(zone: str, has_source: bool, hello: Hello, rulebase: Rulebase) -> Hello:
    """A client of the zone: by a listener, else by where it is."""
    zones: Zones = rulebase.objects.zones
    if listener := zones.listener_in(zone):
        here = hello.source if has_source else address(_HERE)
        return replace(hello, listener=listener, source=here)
    source = hello.source if has_source else zones.address_in(zone)
    if source is None:
        message = f"zone {zone} has neither a listener nor an address of its own"
        raise ClearpaneError(Problem("", message, "say source IP instead of from ZONE"))
    lies = zones.of_number(number(source))
    if lies != zone:
        message = f"source {source} lies in {lies or 'no zone'}, not in {zone}"
        raise ClearpaneError(Problem("", message, "leave out one of the two"))
    return replace(hello, source=source)


def _host(text: str) -> str:
    try:
        return str(address(text))
    except ValueError:
        return host_name(text)
