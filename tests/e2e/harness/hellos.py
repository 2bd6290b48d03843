"""ClientHellos: made by a client of many kinds, noted by a server, and read in OpenSSL's words.

The words are those of the standard library's OpenSSL, so that what the gateway offers is not judged
by its own tables.
"""

import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from mitmproxy.proxy.layers.tls import parse_client_hello
from mitmproxy.tls import ClientHello
from OpenSSL import SSL

from .listener import Listener

TLS10, TLS12, TLS13 = SSL.TLS1_VERSION, SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION
X25519, X25519_MLKEM768 = 29, 0x11EC
_SCSV = frozenset((0x00FF, 0x5600))  # RFC 5746 and RFC 7507: signals, no suites
_GROUPS, _SIGNATURES, _VERSIONS = 10, 13, 43


class Kind(NamedTuple):
    """A suite up to TLS 1.2 without the kind of the server's key, which is the server's choice;
    `digest` is "aead" where the encryption has one of its own."""

    exchange: str
    encryption: str
    digest: str


_NOBODY_KNOWS = Kind("", "", ""), ""


@cache
def _known() -> dict[int, tuple[Kind, str]]:
    """Each suite of OpenSSL by its number, and how the server is authenticated."""
    every = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    every.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return {
        each["id"] & 0xFFFF: (
            Kind(each["kea"], each["symmetric"], each["digest"] or "aead"),
            each["auth"],
        )
        for each in every.get_ciphers()
    }


@dataclass(frozen=True)
class Hello:
    """What one ClientHello offers; all by IANA's numbers but for the kinds."""

    raw: bytes

    @cached_property
    def _read(self) -> ClientHello:
        read = parse_client_hello(self.raw)
        assert read, "the hello is not whole"
        return read

    @property
    def name(self) -> str | None:
        return self._read.sni

    @property
    def alpn(self) -> list[bytes]:
        return self._read.alpn_protocols

    @property
    def versions(self) -> set[int]:
        body = self._extension(_VERSIONS)
        if not body:
            return {TLS12}
        return {v for v in _words(body[1:]) if v >> 8 == 3}  # the others are GREASE

    @property
    def suites(self) -> set[int]:
        """Those of TLS 1.3."""
        return {n for n in self._read.cipher_suites if n >> 8 == 0x13}

    @property
    def older(self) -> list[int]:
        """The suites up to TLS 1.2."""
        return [n for n in self._read.cipher_suites if n >> 8 != 0x13 and n not in _SCSV]

    @property
    def kinds(self) -> set[Kind]:
        return {_known().get(number, _NOBODY_KNOWS)[0] for number in self.older}

    @property
    def authentications(self) -> set[str]:
        return {_known().get(number, _NOBODY_KNOWS)[1] for number in self.older}

    @property
    def groups(self) -> list[int]:
        return _words(self._extension(_GROUPS)[2:])

    @property
    def signatures(self) -> list[int]:
        return _words(self._extension(_SIGNATURES)[2:])

    @property
    def compressions(self) -> bytes:
        """RFC 5246 section 7.4.1.2: they follow version, random, session id and suites."""
        body = self._read.raw_bytes(wrap_in_record=False)
        rest = body[35 + body[34] :]
        rest = rest[2 + int.from_bytes(rest[:2]) :]
        return rest[1 : 1 + rest[0]]

    def _extension(self, number: int) -> bytes:
        return next((body for kind, body in self._read.extensions if kind == number), b"")


def _words(body: bytes) -> list[int]:
    return [int.from_bytes(body[n : n + 2]) for n in range(0, len(body) - 1, 2)]


@dataclass(frozen=True)
class Client:
    """What a client is able to; `ciphers` are OpenSSL's words, `suites` those of TLS 1.3."""

    ciphers: str = "DEFAULT"
    suites: str = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    oldest: int = TLS12
    newest: int = TLS13
    alpn: Sequence[bytes] = (b"h2", b"http/1.1")
    level: int = 0  # OpenSSL's security level: from 1 on no signature with SHA-1

    def hello(self, name: str) -> Hello:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(self.oldest)
        context.set_max_proto_version(self.newest)
        context.set_cipher_list(f"{self.ciphers}:@SECLEVEL={self.level}".encode())
        context.set_tls13_ciphersuites(self.suites.encode())
        made = SSL.Connection(context)
        made.set_tlsext_host_name(name.encode())
        made.set_alpn_protos(list(self.alpn))
        made.set_connect_state()
        with contextlib.suppress(SSL.WantReadError):
            made.do_handshake()
        return Hello(made.bio_read(1 << 16))


class Noting(Listener):
    """A server that notes each hello and hangs up."""

    def __init__(self) -> None:
        self.hellos: list[Hello] = []
        super().__init__(self._note)

    def _note(self, connection: socket.socket) -> None:
        with connection:
            said = b""
            while parse_client_hello(said) is None:
                piece = connection.recv(1 << 16)
                if not piece:
                    return
                said += piece
            self.hellos.append(Hello(said))


@contextlib.contextmanager
def asking(port: int, hello: Hello) -> Iterator[socket.socket]:
    """Has said hello to `port` of 127.0.0.1, and stays until the block ends."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(hello.raw)
        yield connection
