"""What `source` and `destination` can name: addresses, networks, ranges, hosts and `*.domain`.

Every address is one number, so that lookups are bisections; an IPv4-mapped IPv6 address is its
IPv4 address here too, and no IPv6 network holds an IPv4 address.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from clearpane.hello import Address, address
from clearpane.rulebase import names, spans
from clearpane.rulebase.names import Names
from clearpane.rulebase.spans import Span

# IPv4 addresses follow the last IPv6 address on the line of numbers.
_IPV4 = 1 << 128
_MAPPED = 0xFFFF


def number(host: Address) -> int:
    """The address as a number that differs for every address of both families."""
    value = int(host)
    if host.version == 4:
        return _IPV4 + value
    return _IPV4 + (value & 0xFFFF_FFFF) if value >> 32 == _MAPPED else value


def numbered(value: int) -> Address:
    """The address that has this number."""
    return IPv4Address(value - _IPV4) if value >= _IPV4 else IPv6Address(value)


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Addresses as merged spans of their numbers, and names."""

    spans: tuple[Span, ...] = ()
    names: Names = field(default_factory=Names)

    @classmethod
    def union(cls, sets: Iterable["AddressSet"]) -> "AddressSet":
        """All of them as one."""
        together = tuple(sets)
        if len(together) == 1:
            return together[0]
        covered = Names()
        for each in together:
            covered = covered | each.names
        return cls(spans.merge(span for each in together for span in each.spans), covered)

    def holds(self, host: Address) -> bool:
        return spans.hold(self.spans, number(host))

    def contains(self, other: "AddressSet") -> bool:
        """Whether all that the other matches is matched here."""
        return spans.contain(self.spans, other.spans) and self.names.contains(other.names)


def parse(text: str) -> AddressSet:
    """Address, CIDR, `first-last`, host name or `*.domain`; ValueError says what is wrong."""
    found = _addresses(text)
    if found:
        return AddressSet((found,))
    return AddressSet(names=Names.of([names.pattern(text)]))


def resolve(word: str, known: Mapping[str, AddressSet]) -> AddressSet:
    """What a rule's or a group's word stands for: an object by its name, else the word itself.

    A host without a dot needs an object, so that a misspelt object is not taken for a host.
    """
    found = known.get(word)
    if found is not None:
        return found
    found = parse(word)
    if found.names and "." not in word.removesuffix("."):
        raise ValueError(f"no address, group or list is named {word}")
    return found


def parse_addresses(text: str) -> Span:
    """One entry that must not be a name, as the lines of an address list."""
    found = _addresses(text)
    if not found:
        raise ValueError(f"{text!r} is not an address, a network or a range")
    return found


def network(text: str) -> IPv4Network | IPv6Network:
    """A network; bits of the host part are ignored, and an IPv4-mapped one is its IPv4 network."""
    try:
        found = ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a network such as 10.0.0.0/8 or 2001:db8::/32"
        ) from error
    if isinstance(found, IPv6Network) and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        if mapped:
            return IPv4Network((mapped, found.prefixlen - 96))
    return found


def network_span(found: IPv4Network | IPv6Network) -> Span:
    """Counted from its first address: the last one of `::/80` reads as an IPv4-mapped address."""
    first = number(found.network_address)
    return first, first + found.num_addresses - 1


def _addresses(text: str) -> Span | None:
    """The span that the text stands for, None where it is rather a name."""
    head, slash, _ = text.partition("/")
    if slash and _is_address(head):
        return network_span(network(text))
    first, dash, last = text.partition("-")
    if dash and _is_address(first):
        return _range(text, first, last)
    if _is_address(text):
        return (number(address(text)),) * 2
    if text.replace(".", "").isdecimal():
        raise ValueError(f"{text!r} is not an address")
    return None


def _range(text: str, first: str, last: str) -> Span:
    if not _is_address(last):
        raise ValueError(f"{text!r} is not a range: both ends are whole addresses")
    low, high = number(address(first)), number(address(last))
    if (low >= _IPV4) != (high >= _IPV4):
        raise ValueError(f"{text!r} is not a range: its ends are of two families")
    if high < low:
        raise ValueError(f"{text!r} is not a range: it ends before it starts")
    return low, high


def _is_address(text: str) -> bool:
    try:
        address(text)
    except ValueError:
        return False
    return "%" not in text
