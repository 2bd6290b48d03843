"""What is known when a client says hello; the decryption rulebase decides on nothing else.

Addresses are kept in one form (an IPv4-mapped IPv6 address is its IPv4 address) and names in one
form (`host_name`), so that everything below compares with `==`.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

import idna

type Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Hello:
    """One connection at the moment of its ClientHello.

    `host` is the name that CONNECT or SOCKS asked for, `sni` the ClientHello's; both are normalised
    by `host_name` and empty where there is none. `user` is empty where nobody is known.
    """

    source: Address
    destination: Address | None
    port: int
    source_port: int = 0
    listener: str = ""
    host: str = ""
    sni: str = ""
    user: str = ""

    @property
    def name(self) -> str:
        """The name that categories and exclusions look at."""
        return self.sni or self.host


def address(text: str) -> Address:
    """An address in the one form that compares; raises ValueError. A zone index is dropped."""
    parsed = ip_address(text.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed


@lru_cache(maxsize=16_384)
def host_name(text: str) -> str:
    """A host name in lower case, IDNA-encoded, without a trailing dot; raises ValueError.

    Underscores are let through: real hosts carry them (mitmproxy #1529).
    """
    name = text.strip().removesuffix(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii").lower()
        except idna.IDNAError as error:
            raise ValueError(f"{text!r} is not a host name: {error}") from error
    labels = name.split(".")
    if len(name) > 253 or not all(_is_label(label) for label in labels):
        raise ValueError(f"{text!r} is not a host name")
    return name


def _is_label(label: str) -> bool:
    return 0 < len(label) < 64 and all(c.isalnum() or c in "-_" for c in label)
