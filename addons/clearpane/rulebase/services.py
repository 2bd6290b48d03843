"""What `service` can name: TCP ports, since decryption knows nothing but TLS over TCP.

`tcp/443`, `tcp/8443,9443`, `tcp/8000-8099`; two names are there as on the firewall.
"""

from clearpane.rulebase import spans
from clearpane.rulebase.spans import Span

type Ports = tuple[Span, ...]

NONE: Ports = ()

PREDEFINED: dict[str, Ports] = {
    "service-http": ((80, 80), (8080, 8080)),
    "service-https": ((443, 443),),
}


def parse(text: str) -> Ports:
    """The ports of `tcp/...`; ValueError says what is wrong."""
    protocol, slash, ports = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} is not a service: ports are written tcp/443 or tcp/8443,9443")
    if protocol.lower() != "tcp":
        raise ValueError(f"{text!r} is not a service: TLS is decrypted over tcp alone")
    return spans.merge(_span(text, part.strip()) for part in ports.split(","))


def _span(text: str, part: str) -> Span:
    first, dash, last = part.partition("-")
    low = _port(text, first)
    high = _port(text, last) if dash else low
    if high < low:
        raise ValueError(f"{text!r} is not a service: {part} ends before it starts")
    return low, high


def _port(text: str, digits: str) -> int:
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{text!r} is not a service: {digits!r} is not a port")
    if digits.startswith("0") and digits != "0":
        raise ValueError(f"{text!r} is not a service: {digits} has a leading zero")
    if not 1 <= int(digits[:6]) <= 65_535:
        raise ValueError(f"{text!r} is not a service: ports go from 1 to 65535")
    return int(digits)
