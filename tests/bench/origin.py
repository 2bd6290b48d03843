"""A TLS origin for benchmarks: 1 KiB pages over HTTP/1.1, one certificate for each server name.

Run as a process of its own, so that its work is never counted as the gateway's:
`python -m tests.bench.origin FOLDER COUNT` prints its port once it listens.
"""

import asyncio
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

import trustme

PAGE = b"x" * 1024
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + PAGE


def make_certificates(folder: Path, count: int) -> None:
    """`root.pem`, and a certificate for each of `h0.example` ... ."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "root.pem")
    for number in range(count):
        issued = authority.issue_cert(f"h{number}.example")
        issued.private_key_and_cert_chain_pem.write_to_path(folder / f"h{number}.example.pem")


def context_for(folder: Path, count: int, protocols: Sequence[str] = ()) -> ssl.SSLContext:
    """Chooses the certificate by the server name; `protocols` are those of ALPN."""
    contexts = {}
    for number in range(count):
        contexts[f"h{number}.example"] = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"h{number}.example.pem")
        if protocols:
            context.set_alpn_protocols(list(protocols))

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = contexts.get(name or "", contexts["h0.example"])

    contexts["h0.example"].sni_callback = choose
    return contexts["h0.example"]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request until the client leaves."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        writer.close()


async def main(folder: Path, count: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context_for(folder, count))
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
