"""The client's side of a benchmark: sessions through an explicit proxy, one after the other."""

import http.client
import socket
import ssl

_TRUSTS_ALL = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_TRUSTS_ALL.check_hostname, _TRUSTS_ALL.verify_mode = False, ssl.CERT_NONE
_REQUEST = b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n"


def connect(port: int, origin: int, host: str) -> ssl.SSLSocket:
    """A TLS session behind CONNECT; never resumed."""
    raw = socket.create_connection(("127.0.0.1", port), 30)
    raw.sendall(f"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += raw.recv(4096)
    assert b" 200 " in head, head
    return _TRUSTS_ALL.wrap_socket(raw, server_hostname=host)


def ask(connection: ssl.SSLSocket, host: str) -> None:
    """One request on a session that stays open."""
    connection.sendall(_REQUEST % host.encode())
    response = http.client.HTTPResponse(connection)
    response.begin()
    assert response.status == 200 and len(response.read()) == 1024


def exchange(
    connection: ssl.SSLSocket, host: str, path: str, upload: bytes = b""
) -> tuple[int, int]:
    """Any request on a session: the status and the size of the answer."""
    head = f"{'POST' if upload else 'GET'} {path} HTTP/1.1\r\nHost: {host}\r\n"
    if upload:
        head += f"Content-Length: {len(upload)}\r\n"
    connection.sendall(f"{head}\r\n".encode() + upload)
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, len(response.read())


def sessions(port: int, origin: int, hosts: list[str]) -> None:
    """A session with one request for each host."""
    for host in hosts:
        with connect(port, origin, host) as connection:
            ask(connection, host)


def requests(port: int, origin: int, host: str, count: int) -> None:
    """One session with many requests."""
    with connect(port, origin, host) as connection:
        for _ in range(count):
            ask(connection, host)
