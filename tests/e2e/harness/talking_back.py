"""Something that listens where a ClamAV daemon should and says what it was told to say."""

import socket
import struct
from io import BufferedReader

from . import origins
from .listener import Listener, drain

# What daemons that can't do their work say, as theirs do; None: nothing, and the line stays open.
REPLIES: dict[str, bytes | None] = {
    "limit": b"INSTREAM size limit exceeded. ERROR\0",
    "error": b"stream: Can't allocate memory ERROR\0",
    "closes": b"",
    "rubbish": b"HTTP/1.1 400 Bad Request\r\n\r\n\0",
    "silent": None,
}


class Daemon:
    """`said` is its answer to every body; its version has no database, as after a fresh install."""

    def __init__(self) -> None:
        self.said: bytes | None = b"stream: OK\0"
        self.listener: Listener = origins.misbehaving(self._answer)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            command = _until(stream, b"\0\n")
            if b"PING" in command or b"VERSION" in command:
                said: bytes | None = b"PONG\0" if b"PING" in command else b"ClamAV 1.4.3\0"
            else:
                said = self.said
                if said != REPLIES["limit"]:
                    while size := struct.unpack("!L", _exactly(stream, 4))[0]:
                        _exactly(stream, size)
            if said is None:
                drain(connection)
            else:  # a reply ends as the command did
                connection.sendall(said.replace(b"\0", command[-1:]))


def _until(stream: BufferedReader, ends: bytes) -> bytes:
    read = b""
    while not read or read[-1] not in ends:
        read += _exactly(stream, 1)
    return read


def _exactly(stream: BufferedReader, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the gateway went away")
    return data
