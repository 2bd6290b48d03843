"""Servers of protocols other than HTTP, inside TLS, as far as a client's first words need them."""

import contextlib
import ftplib
import imaplib
import poplib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from . import origins
from .listener import Listener
from .pki import Pair
from .process import Gateway
from .tunnel import Tunnel


@dataclass(frozen=True)
class Script:
    """`greeting` is said unasked; then each line of the client gets the reply to its verb, which
    is its word number `verb`. `{tag}` stands for the line's first word."""

    greeting: bytes = b""
    replies: Mapping[bytes, bytes] | None = None
    verb: int = 0


SCRIPTS = {
    "imap": Script(
        b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
        {
            b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
            b"LOGIN": b"{tag} OK done\r\n",
            b"LOGOUT": b"* BYE then\r\n{tag} OK done\r\n",
        },
        verb=1,
    ),
    "smtp": Script(
        b"220 mail.zoo.test ESMTP ready\r\n",
        {b"EHLO": b"250 mail.zoo.test\r\n", b"NOOP": b"250 fine\r\n", b"QUIT": b"221 bye\r\n"},
    ),
    "pop3": Script(
        b"+OK ready\r\n",
        {b"USER": b"+OK\r\n", b"PASS": b"+OK\r\n", b"STAT": b"+OK 2 320\r\n", b"QUIT": b"+OK\r\n"},
    ),
    "ftp": Script(
        b"220 Zoo FTP server\r\n",
        {b"USER": b"331 and?\r\n", b"PASS": b"230 in\r\n", b"PWD": b'257 "/"\r\n',
         b"QUIT": b"221 bye\r\n"},
    ),
}  # fmt: skip


def server(pair: Pair, script: Script) -> Listener:
    """Speaks as the script says; without replies it says back what it is told."""
    context = origins.context(pair, alpn=())

    def speak(connection: socket.socket) -> None:
        with context.wrap_socket(connection.dup(), server_side=True) as session:
            session.sendall(script.greeting)
            if script.replies is None:
                origins.echo(session)
            else:
                _answer(session, script)

    return origins.misbehaving(speak)


def _answer(session: socket.socket, script: Script) -> None:
    assert script.replies is not None
    with session.makefile("rb") as lines:
        for line in lines:
            words = line.split()
            reply = script.replies.get(words[script.verb].upper(), b"500 what?\r\n")
            session.sendall(reply.replace(b"{tag}", words[0]))


@contextlib.contextmanager
def inside(gateway: Gateway, port: int, name: str) -> Iterator[tuple[ssl.SSLSocket, int]]:
    """A TLS session for `name` through the gateway, without ALPN, and the port it came from."""
    context = ssl.create_default_context(cafile=str(gateway.site.trust_file))
    with Tunnel(gateway, port) as tunnel:
        here = tunnel.source_port
        with context.wrap_socket(tunnel.socket, server_hostname=name) as session:
            yield session, here


class ImapClient(imaplib.IMAP4):
    def __init__(self, session: ssl.SSLSocket) -> None:
        self._session = session
        super().__init__("mail.zoo.test")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._session


class PopClient(poplib.POP3):
    def __init__(self, session: ssl.SSLSocket) -> None:
        self._session = session
        super().__init__("mail.zoo.test")

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._session


class SmtpClient(smtplib.SMTP):
    def __init__(self, session: ssl.SSLSocket) -> None:
        self._session = session
        super().__init__("mail.zoo.test", local_hostname="client.zoo.test")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._session


def imap(session: ssl.SSLSocket) -> str:
    with ImapClient(session) as client:
        return str(client.login("ann", "secret")[0])


def smtp(session: ssl.SSLSocket) -> str:
    with SmtpClient(session) as client:
        client.ehlo()
        return str(client.noop()[0])


def pop3(session: ssl.SSLSocket) -> str:
    client = PopClient(session)
    client.user("ann")
    client.pass_("secret")
    seen = str(client.stat())
    client.quit()
    return seen


def ftp(session: ssl.SSLSocket) -> str:
    client = ftplib.FTP()
    client.sock = session
    client.file = session.makefile("r", encoding="latin-1")
    client.getresp()
    client.login("ann", "secret")
    seen = client.pwd()
    client.quit()
    return seen


# What these clients raise when the connection ends under them.
GONE = (OSError, EOFError, imaplib.IMAP4.abort, poplib.error_proto, smtplib.SMTPException)

# application -> (its client, what it comes back with)
CLIENTS: dict[str, tuple[Callable[[ssl.SSLSocket], str], str]] = {
    "imap": (imap, "OK"),
    "smtp": (smtp, "250"),
    "pop3": (pop3, "(2, 320)"),
    "ftp": (ftp, "/"),
}
