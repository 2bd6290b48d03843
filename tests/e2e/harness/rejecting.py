"""Clients that will not have a certificate: pinned ones, by the three ways they say so."""

import socket
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from OpenSSL import SSL

from . import clients
from .process import Gateway
from .tunnel import Tunnel
from .wait import until

_FATAL, _ALERT, _APPLICATION_DATA = 2, 0x15, 0x17
BAD_CERTIFICATE, CERTIFICATE_UNKNOWN, UNKNOWN_CA, INTERNAL_ERROR = 42, 46, 48, 80


def in_the_handshake(gateway: Gateway, host: str, port: int, version: str, trust: Path) -> int:
    """openssl, which trusts `trust` alone and ends with an alert; the port it came from."""
    ours = {"sni": host, "dport": port}
    known = [row["sport"] for row in gateway.site.records("traffic", **ours)]
    seen = clients.handshake(gateway, host, port, version, "-verify_return_error", trust=trust)
    assert seen.errors, seen.output

    def new() -> list[int]:
        rows = gateway.site.records("traffic", **ours)
        return [row["sport"] for row in rows if row["sport"] not in known]

    return until(new, "its record")[0]


def after_the_handshake(gateway: Gateway, host: str, port: int, alert: int) -> int:
    """A TLS 1.3 client that ends its handshake and then sends a fatal alert (RFC 8446 section 6);
    no library sends one of its choice, so the record is made by hand. The port it came from."""
    secrets: list[bytes] = []
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
    context.set_keylog_callback(lambda _, line: secrets.append(line))
    session = SSL.Connection(context)
    session.set_tlsext_host_name(host.encode("ascii"))
    session.set_connect_state()
    with Tunnel(gateway, port) as tunnel:
        _shake(session, tunnel)
        mine = next(line for line in secrets if line.startswith(b"CLIENT_TRAFFIC_SECRET_0"))
        tunnel.socket.sendall(_sealed(bytes.fromhex(mine.split()[2].decode()), alert))
        tunnel.socket.shutdown(socket.SHUT_WR)
        tunnel.socket.settimeout(5)
        try:
            tunnel.rest()
        except TimeoutError:
            raise AssertionError("the gateway keeps the connection open") from None
        return tunnel.source_port


def by_hanging_up(gateway: Gateway, host: str, port: int) -> int:
    """Reads what comes after its hello, and closes without a word. The port it came from."""
    with Tunnel(gateway, port) as tunnel:
        tunnel.socket.sendall(tunnel.hello(host))
        assert tunnel.socket.recv(65536)
        return tunnel.source_port


def _shake(session: SSL.Connection, tunnel: Tunnel) -> None:
    while True:
        try:
            session.do_handshake()
            done = True
        except SSL.WantReadError:
            done = False
        while data := _written(session):
            tunnel.socket.sendall(data)
        if done:
            return
        session.bio_write(tunnel.socket.recv(65536))


def _written(session: SSL.Connection) -> bytes:
    try:
        return session.bio_read(65536)
    except SSL.WantReadError:
        return b""


def _sealed(secret: bytes, alert: int) -> bytes:
    """The first record under this secret (RFC 8446 sections 5.2, 5.3 and 7.3)."""
    inner = bytes([_FATAL, alert, _ALERT])
    head = bytes([_APPLICATION_DATA, 3, 3]) + (len(inner) + 16).to_bytes(2)
    key, nonce = _expanded(secret, b"key", 16), _expanded(secret, b"iv", 12)
    return head + AESGCM(key).encrypt(nonce, inner, head)


def _expanded(secret: bytes, label: bytes, size: int) -> bytes:
    label = b"tls13 " + label
    info = size.to_bytes(2) + bytes([len(label)]) + label + b"\0"
    return HKDFExpand(hashes.SHA256(), size, info).derive(secret)
