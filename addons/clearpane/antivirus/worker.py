"""The scanner's own processes: one that is ready, and workers forked from it. ADAPTER: processes.

The first compiles the rules once and reads nothing of what strangers sent. A worker is a copy of it
with everything taken away that could do harm; what brings one down costs one scan.
"""

import contextlib
import encodings
import gc
import importlib
import os
import pkgutil
import signal
import socket
from typing import Never

from clearpane.antivirus import confinement
from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.wire import HEAD, Request, Setup, packed
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.file_types import FileInspector
from clearpane.content.inspection import Inspection, Inspector, inspect

# Commands, each a message: a descriptor comes with the first two, a process id behind the third.
SETUP, FORK, KILL = b"s", b"f", b"k"
LONGEST = 64  # bytes of a command
HELLO = 32  # bytes in which a worker says how it is cut off
TIRED = 128 << 20  # bytes in memory at the worst, after which a fresh worker is smaller

_OF_WINDOWS = ("mbcs", "oem")  # codecs that are nowhere else


def main() -> None:
    """Until the gateway closes the socket that is standard input."""
    gateway = socket.socket(fileno=os.dup(0))
    _, descriptors, _, _ = socket.recv_fds(gateway, LONGEST, 1)
    if not descriptors:
        return
    eyes = Eyes(Setup.of(_contents(descriptors[0])))
    os.close(descriptors[0])
    _load_what_is_loaded_late()
    gc.collect()
    gc.freeze()  # what is shared with the workers stays shared
    Forker(gateway, eyes).serve()


class Eyes:
    """Everybody who looks at members, as the gateway said."""

    def __init__(self, setup: Setup) -> None:
        self._always: list[Inspector] = [Embedded(setup.rules)] if setup.rules else []
        if patterns := setup.patterns:
            self._always.append(patterns)
        self._kinds = setup.kinds

    def look(self, request: Request, body: bytes) -> Inspection:
        """What is in a body."""
        kinds = [FileInspector(request.name)] if self._kinds else []
        found = inspect(
            body,
            name=request.name,
            encodings=request.encodings,
            content_type=request.content_type,
            inspectors=(*self._always, *kinds),
            for_daemon=request.views,
        )
        return found if request.views else Inspection(found.findings, found.seen)


class Forker:
    """Forks a worker whenever the gateway asks for one, and ends those that it is tired of."""

    def __init__(self, gateway: socket.socket, eyes: Eyes) -> None:
        self._gateway, self._eyes = gateway, eyes
        self._workers: set[int] = set()

    def serve(self) -> None:
        """Commands in turn; the end of them is the end of all."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of its processes
        signal.signal(signal.SIGCHLD, self._bury)
        while True:
            command, descriptors, _, _ = socket.recv_fds(self._gateway, LONGEST, 1)
            if command == FORK and descriptors:
                process = self._fork(socket.socket(fileno=descriptors[0]))
                self._gateway.send(process.to_bytes(4))
            elif command[:1] == KILL:
                self._kill(int.from_bytes(command[1:]))
            else:
                break
        for process in tuple(self._workers):
            self._kill(process)

    def _fork(self, line: socket.socket) -> int:
        with line:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
            process = os.fork()
            if not process:
                self._gateway.close()
                _work(line, self._eyes)
            self._workers.add(process)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        return process

    def _kill(self, process: int) -> None:
        """Only who is not buried yet, so that no other process has its number."""
        if process in self._workers:
            os.kill(process, signal.SIGKILL)

    def _bury(self, *_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while process := os.waitpid(-1, os.WNOHANG)[0]:
                self._workers.discard(process)


def _work(line: socket.socket, eyes: Eyes) -> Never:
    """A worker's life; whatever goes wrong in it, it ends here."""
    code = 1
    try:
        confinement.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for descriptor in (0, 1):
            os.close(descriptor)
        line.sendall(confinement.confine().encode().ljust(HELLO))
        while _answer(line, eyes):
            pass
        code = 0
    finally:
        os._exit(code)


def _answer(line: socket.socket, eyes: Eyes) -> bool:
    """One body; False where there will be no other."""
    _, descriptors, _, _ = socket.recv_fds(line, 1, 1)
    if not descriptors:
        return False
    file = descriptors[0]
    confinement.allow_for(os.fstat(file).st_size)
    try:
        size, _ = HEAD.unpack(os.pread(file, HEAD.size, 0))
        request = Request.of(os.pread(file, size, HEAD.size))
        found = eyes.look(request, _contents(file, HEAD.size + size))
        last = confinement.most_memory() > TIRED
    except MemoryError:
        detail = "unpacking it takes more memory than a scanner process may have"
        found, last = Inspection((Unscanned(Unread.LIMIT, detail=detail),)), True
    finally:
        os.close(file)
    line.sendall(packed(found, last=last))
    return not last


def _contents(file: int, start: int = 0) -> bytes:
    """What is in a file from `start` on."""
    return os.pread(file, os.fstat(file).st_size - start, start)


def _load_what_is_loaded_late() -> None:
    """A worker can open no file any more, and so import nothing."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in _OF_WINDOWS:
            importlib.import_module(f"encodings.{module.name}")
    with contextlib.suppress(ImportError, OSError, TypeError, AttributeError):
        importlib.import_module("libarchive")  # content imports it when it needs it
