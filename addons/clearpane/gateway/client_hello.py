"""Reads what the rulebase and the leaf need from a ClientHello that mitmproxy has parsed.

mitmproxy says None for a server name that is no valid host name; that is not "no server name", so
the extension is read here (RFC 6066 section 3).
"""

from mitmproxy.tls import ClientHello

from clearpane.verification.protocol import Offer, Version

from ..hello import address, host_name

_SERVER_NAME, _GROUPS, _SIGNATURES, _VERSIONS = 0, 10, 13, 43
_ENCRYPTED_HELLO = 0xFE0D
_NAMED = {
    0x0301: Version.TLS1_0,
    0x0302: Version.TLS1_1,
    0x0303: Version.TLS1_2,
    0x0304: Version.TLS1_3,
}
_P256 = 23  # RFC 8422 section 5.1.1
_ECDSA_P256_SHA256 = 0x0403  # RFC 8446 section 4.2.3
_ECDSA_SUITES = frozenset(  # TLS 1.2 suites of RFC 5289, RFC 8422 and RFC 7905 that name ECDSA
    (0xC009, 0xC00A, 0xC023, 0xC024, 0xC02B, 0xC02C, 0xC0AC, 0xC0AD, 0xCCA9)
)


def server_name(hello: ClientHello) -> tuple[str, str]:
    """(normalised name, what was sent); the name is empty for none and for one that is no name."""
    raw = _extension(hello, _SERVER_NAME)
    if raw is None:
        return "", ""
    sent = raw[5:].decode("utf-8", "backslashreplace")
    try:
        return str(address(sent)), sent
    except ValueError:
        pass
    try:
        return host_name(sent), sent
    except ValueError:
        return "", sent


def takes_ecdsa(hello: ClientHello) -> bool:
    """Whether a P-256 leaf signed with SHA-256 can be shown to this client."""
    signatures, groups = _words(hello, _SIGNATURES), _words(hello, _GROUPS)
    if signatures and _ECDSA_P256_SHA256 not in signatures:
        return False
    if groups and _P256 not in groups:
        return False
    tls13 = 0x0304 in _versions(hello)
    return tls13 or not _ECDSA_SUITES.isdisjoint(hello.cipher_suites)


def offer(hello: ClientHello) -> Offer:
    """The versions and suites that the client offers; what it has below TLS 1.0 is none."""
    newest = int.from_bytes(hello.raw_bytes(wrap_in_record=False)[:2])
    numbers = _versions(hello) or range(0x0301, newest + 1)
    versions = frozenset(_NAMED[number] for number in numbers if number in _NAMED)
    return Offer(versions, frozenset(hello.cipher_suites))


def offers_ech(hello: ClientHello) -> bool:
    """Whether the hello carries an encrypted one (RFC 9849), real or as GREASE: they look alike."""
    return _extension(hello, _ENCRYPTED_HELLO) is not None


def _extension(hello: ClientHello, number: int) -> bytes | None:
    return next((body for kind, body in hello.extensions if kind == number), None)


def _words(hello: ClientHello, number: int) -> tuple[int, ...]:
    body = (_extension(hello, number) or b"")[2:]
    return tuple(int.from_bytes(body[n : n + 2]) for n in range(0, len(body) - 1, 2))


def _versions(hello: ClientHello) -> tuple[int, ...]:
    body = (_extension(hello, _VERSIONS) or b"")[1:]
    return tuple(int.from_bytes(body[n : n + 2]) for n in range(0, len(body) - 1, 2))
