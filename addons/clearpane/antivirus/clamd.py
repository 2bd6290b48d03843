"""A real ClamAV daemon as an engine, over a Unix socket or loopback. ADAPTER: sockets, threads.

The `clamd` package speaks the protocol; two small subclasses close its gaps. Only a reply that says
OK means clean: no reply, an error, a limit and a time-out are each an `Unscanned` with its reason.
"""

import asyncio
import contextlib
import os
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Event

import clamd

from clearpane.antivirus import selftest, threats
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from clearpane.errors import Problem, Severity

NAME = "clamd"
THREADS = 4  # clamd's own MaxThreads is 10 by default; one core of it scans 90-450 MB/s
PATIENCE = 2.0  # seconds for which a daemon may be away, as it is while it restarts
PAUSE, LONGEST_PAUSE = 0.05, 0.4  # seconds before a new try, the first and the later ones
CHUNK = 1 << 18  # sent at a time
LONGEST = 4096  # bytes of a reply; a signature's name is far shorter


@dataclass(frozen=True, slots=True)
class Address:
    """Where the daemon listens: a Unix socket's path, or a port of this very machine."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        # Decrypted content must not leave the machine.
        if not self.path and self.host != "localhost" and not ip_address(self.host).is_loopback:
            raise ValueError(f"{self.host} is not this machine: clamd must listen on loopback")

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


class Clamd:
    """The daemon as an engine; at most THREADS bodies are on their way to it at once."""

    def __init__(self, address: Address, timeout: float = 30.0) -> None:
        self.address, self._timeout = address, timeout
        self._threads = ThreadPoolExecutor(THREADS, "clamd")
        self._closing = Event()
        self._open: set[_Patient] = set()
        self._away_since = 0.0

    async def scan(self, body: bytes) -> tuple[Finding, ...]:
        """What the daemon says of a body; the time-out counts from here, waiting in line too."""
        if self._closing.is_set():
            return _down("the gateway is stopping")
        deadline = time.monotonic() + self._timeout
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.ask, body, deadline)

    def ask(self, body: bytes, deadline: float) -> tuple[Finding, ...]:
        """The same, in the caller's thread; `deadline` is on the monotonic clock."""
        pause = PAUSE
        while (left := deadline - time.monotonic()) > 0:
            try:
                reply = self._ask_once(body, left)
            except TimeoutError:
                break
            except (OSError, clamd.ClamdError) as fault:
                trouble = str(fault)
            else:
                if reply:
                    self._away_since = 0.0
                    return judge(reply)
                trouble = "it closed the connection without an answer"
            now = time.monotonic()
            self._away_since = self._away_since or now
            if now - self._away_since + pause > PATIENCE or self._closing.wait(pause):
                return _down(f"{self.address}: {trouble}")
            pause = min(2 * pause, LONGEST_PAUSE)
        return _down(f"{self.address}: no answer within {self._timeout:g} s")

    def version(self, timeout: float = 5.0) -> str:
        """What the daemon says of itself and its signatures; raises OSError or ClamdError."""
        return str(_connection(self.address, timeout).version())

    def check(self, timeout: float = 5.0) -> tuple[Problem, ...]:
        """Warnings for the start; blocks for some milliseconds, or until the time-out."""
        place = f"clamd {self.address}"
        try:
            version = self.version(timeout)
        except (OSError, clamd.ClamdError) as fault:
            message = f"does not answer ({fault}); until it does, bodies are unscanned"
            return (Problem(place, message, "start clamd", Severity.WARNING),)
        deadline = time.monotonic() + timeout
        return tuple(selftest.problems(place, version, lambda body: self.ask(body, deadline)))

    def close(self) -> None:
        """Lets go of the daemon; whoever still waits for it is told so at once."""
        self._closing.set()
        for connection in tuple(self._open):
            connection.interrupt()
        self._threads.shutdown(wait=False)

    def _ask_once(self, body: bytes, timeout: float) -> str:
        connection = _connection(self.address, timeout)
        self._open.add(connection)
        try:
            return "" if self._closing.is_set() else connection.ask(body)
        finally:
            self._open.discard(connection)


def judge(reply: str) -> tuple[Finding, ...]:
    """What a reply such as `stream: Eicar-Test-Signature FOUND` means."""
    found = clamd.scan_response.match(reply)
    status, name = (found["status"], found["virus"] or "") if found else ("ERROR", "")
    if status == "OK" and not name:
        return ()
    if status != "FOUND" or not name:
        if "size limit exceeded" in reply:
            return (Unscanned(Unread.TOO_BIG, detail="more than clamd's StreamMaxLength"),)
        return _down(f"clamd says {reply[:200]!r}")
    if name.startswith("Heuristics.Encrypted."):
        return (Unscanned(Unread.ENCRYPTED, detail=name),)
    if name.startswith("Heuristics.Limits."):
        return (Unscanned(Unread.LIMIT, detail=name),)
    threat, number = threats.known(name)
    return (Detection(threat, number, engine=NAME),)


def _down(detail: str) -> tuple[Finding, ...]:
    return (Unscanned(Unread.ENGINE_DOWN, detail=detail),)


class _Patient(clamd.ClamdNetworkSocket):  # type: ignore[misc]
    """What the package lacks: a time-out that holds from connecting on, and replies as they are."""

    clamd_socket: socket.socket
    timeout: float
    _interrupted = False

    def ask(self, body: bytes) -> str:
        """The reply to a body; empty where the daemon closed without one."""
        self._init_socket()
        try:
            if self._interrupted:
                return ""
            self._hand_over(body)
            return self._recv_response()
        finally:
            self._close_socket()

    def interrupt(self) -> None:
        """From another thread: whoever waits for an answer gets an empty one."""
        self._interrupted = True
        with contextlib.suppress(OSError, AttributeError):  # it may not be connected yet
            self.clamd_socket.shutdown(socket.SHUT_RDWR)

    def _hand_over(self, body: bytes) -> None:
        """INSTREAM. Of a daemon that has had enough and closes, the answer can still be read."""
        self._send_command("INSTREAM")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for start in range(0, len(body), CHUNK):
                chunk = body[start : start + CHUNK]
                self.clamd_socket.sendall(struct.pack("!L", len(chunk)) + chunk)
            self.clamd_socket.sendall(struct.pack("!L", 0))

    def _recv_response(self) -> str:
        reply = b""
        while len(reply) < LONGEST and not reply.endswith((b"\n", b"\0")):
            piece = self.clamd_socket.recv(LONGEST)
            if not piece:
                break
            reply += piece
        return reply.decode("utf-8", errors="replace").strip(" \n\0")


class _Network(_Patient):
    def _init_socket(self) -> None:
        self.clamd_socket = socket.create_connection((self.host, self.port), self.timeout)


class _Unix(_Patient):
    """Passes a descriptor, so that nothing is copied through a socket and no stream limit holds."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self.path = path

    def _init_socket(self) -> None:
        self.clamd_socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.clamd_socket.settimeout(self.timeout)
            self.clamd_socket.connect(self.path)
        except OSError:
            self.clamd_socket.close()
            raise

    def _hand_over(self, body: bytes) -> None:
        """FILDES with a file that is in memory alone."""
        file = os.memfd_create("clearpane-scan")
        try:
            view = memoryview(body)
            while view:
                view = view[os.write(file, view) :]
            self._send_command("FILDES")
            socket.send_fds(self.clamd_socket, [b"\0"], [file])
        finally:
            os.close(file)


def _connection(address: Address, timeout: float) -> _Patient:
    if address.path:
        return _Unix(address.path, timeout)
    return _Network(address.host, address.port, timeout)
