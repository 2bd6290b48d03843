"""Mail servers inside TLS, and what clients do with them: a mail is sent, fetched or put away."""

import imaplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedReader

from . import origins
from .listener import Listener
from .pki import Pair
from .speaking import ImapClient, PopClient, SmtpClient

type Socket = origins.Socket


@dataclass
class Mailbox:
    """`mail` is what the server hands out; `received` what it was given, complete mails alone;
    `heard` is all that clients said."""

    mail: bytes = b""
    received: list[bytes] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)


class _Heard:
    """The lines of a client, which are kept."""

    def __init__(self, session: Socket, box: Mailbox) -> None:
        self._stream: BufferedReader = session.makefile("rb")
        self._box = box

    def line(self) -> bytes:
        line = self._stream.readline()
        self._box.heard += line
        return line

    def exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._stream.read1(size - len(data))
            if not piece:
                raise EOFError("the mail ended early")
            self._box.heard += piece
            data += piece
        return bytes(data)

    def until_dot(self) -> bytes:
        lines = []
        while (line := self.line()) != b".\r\n":
            if not line:
                raise EOFError("the mail ended early")
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


def _smtp(session: Socket, heard: _Heard, box: Mailbox) -> None:
    session.sendall(b"220 mail.zoo.test ESMTP ready\r\n")
    parts = b""
    while line := heard.line():
        verb, *words = line.upper().split()
        if verb == b"EHLO":
            session.sendall(b"250-mail.zoo.test\r\n250-8BITMIME\r\n250 CHUNKING\r\n")
        elif verb == b"DATA":
            session.sendall(b"354 go on\r\n")
            box.received.append(heard.until_dot())
            session.sendall(b"250 taken\r\n")
        elif verb == b"BDAT":
            parts += heard.exactly(int(words[0]))
            if words[1:] == [b"LAST"]:
                box.received.append(parts)
            session.sendall(b"250 taken\r\n")
        else:
            session.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")


def _pop3(session: Socket, heard: _Heard, box: Mailbox) -> None:
    session.sendall(b"+OK ready\r\n")
    while line := heard.line():
        if line.upper().startswith(b"RETR"):
            lines = box.mail.splitlines(keepends=True)
            stuffed = b"".join(b"." + one if one.startswith(b".") else one for one in lines)
            session.sendall(b"+OK\r\n" + stuffed + b".\r\n")
        else:
            session.sendall(b"+OK 1 100\r\n")


def _imap(session: Socket, heard: _Heard, box: Mailbox) -> None:
    session.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
    while line := heard.line():
        tag, verb, *_ = line.split()
        if verb.upper() == b"CAPABILITY":
            session.sendall(b"* CAPABILITY IMAP4rev1\r\n")
        elif verb.upper() == b"SELECT":
            session.sendall(b"* 1 EXISTS\r\n")
        elif verb.upper() == b"FETCH":
            session.sendall(b"* 1 FETCH (RFC822 {%d}\r\n%s)\r\n" % (len(box.mail), box.mail))
        elif verb.upper() == b"APPEND":
            session.sendall(b"+ go on\r\n")
            box.received.append(heard.exactly(int(line.rpartition(b"{")[2].split(b"}")[0])))
            heard.line()
        session.sendall(tag + b" OK done\r\n")


_SERVERS: dict[str, Callable[[Socket, _Heard, Mailbox], None]] = {
    "smtp": _smtp,
    "pop3": _pop3,
    "imap": _imap,
}


def server(application: str, pair: Pair, box: Mailbox) -> Listener:
    """Hands out and takes the mails of `box`."""
    context = origins.context(pair, alpn=())

    def speak(connection: Socket) -> None:
        with context.wrap_socket(connection.dup(), server_side=True) as session:
            _SERVERS[application](session, _Heard(session, box), box)

    return origins.misbehaving(speak)


# What clients do. Each gives back the mail that it got, empty where it sent one.


def send(session: ssl.SSLSocket, mail: bytes) -> bytes:
    with SmtpClient(session) as client:
        client.sendmail("ann@zoo.test", ["bob@zoo.test"], mail)
    return b""


def send_in_chunks(session: ssl.SSLSocket, mail: bytes) -> bytes:
    """RFC 3030: by BDAT, in two parts."""
    middle = len(mail) // 2
    with SmtpClient(session) as client:
        client.ehlo()
        client.mail("ann@zoo.test")
        client.rcpt("bob@zoo.test")
        for part, last in ((mail[:middle], ""), (mail[middle:], " LAST")):
            client.putcmd(f"BDAT {len(part)}{last}")
            client.send(part)
            client.getreply()
    return b""


def retrieve(session: ssl.SSLSocket, _: bytes) -> bytes:
    client = PopClient(session)
    client.user("ann")
    client.pass_("secret")
    lines = client.retr(1)[1]
    client.quit()
    return b"".join(line + b"\r\n" for line in lines)


def fetch(session: ssl.SSLSocket, _: bytes) -> bytes:
    with ImapClient(session) as client:
        client.login("ann", "secret")
        client.select()
        answer = client.fetch("1", "(RFC822)")[1]
    assert isinstance(answer[0], tuple)
    return bytes(answer[0][1])


def put_away(session: ssl.SSLSocket, mail: bytes) -> bytes:
    with ImapClient(session) as client:
        client.login("ann", "secret")
        client.append("Sent", "", imaplib.Time2Internaldate(0), mail)
    return b""


# what is done -> (application, how, direction of the mail)
DEEDS = {
    "sent by SMTP": ("smtp", send, "client-to-server"),
    "sent by SMTP in chunks": ("smtp", send_in_chunks, "client-to-server"),
    "fetched by POP3": ("pop3", retrieve, "server-to-client"),
    "fetched by IMAP": ("imap", fetch, "server-to-client"),
    "put away by IMAP": ("imap", put_away, "client-to-server"),
}
