"""The command's end of the control socket: asks a running gateway and waits for its answer."""

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from clearpane.control.answer import Answer
from clearpane.control.reach import reach

SOCKET = "control.sock"
SECONDS = 10.0
_ANSWER_LIMIT = 64 * 1024 * 1024  # bytes; a million sessions are no answer anybody reads


def ask(path: Path, words: Sequence[str], timeout: float = SECONDS) -> Answer:
    """The gateway's answer, or an error that says why there is none.

    `path` is `control.sock` in the gateway's state folder; `timeout` in seconds, each time that it
    lets wait.
    """
    try:
        document = _exchange(path, json.dumps(list(words)).encode() + b"\n", timeout)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return Answer(
            error=f"no gateway is running with state folder {path.parent}/ "
            f"(no socket {path}); start one with `clearpane dump`, or name its folder with --state"
        )
    except TimeoutError:
        return Answer(error=f"{path}: the gateway does not answer within {timeout:g} seconds")
    except OSError as error:
        return Answer(error=f"{path}: the gateway can't be asked: {error.strerror or error}")
    try:
        return Answer.from_wire(document)
    except ValueError:
        return Answer(error=f"{path}: the gateway ended the connection without a whole answer")


def _exchange(path: Path, request: bytes, timeout: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        with reach(path) as name:
            connection.connect(name)
        with suppress(BrokenPipeError):  # refused unread; why is there to be received
            connection.sendall(request)
        return _received(connection)


def _received(connection: socket.socket) -> bytes:
    document = bytearray()
    while len(document) <= _ANSWER_LIMIT:
        try:
            part = connection.recv(64 * 1024)
        except ConnectionResetError:
            break  # closed while a part of the request was still unread
        if not part:
            break
        document += part
    return bytes(document)
