"""A private ClamAV daemon that knows one signature."""

import contextlib
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from .bodies import EICAR
from .wait import until


def free_port() -> int:
    """A port that is free now; for servers that can't be asked which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Clamd:
    """Listens on the Unix socket `path`, or on `port` of loopback where one is given. It takes
    `threads` streams at once, each of up to `largest` MiB; `limits` replaces all such lines."""

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        threads: int = 8,
        largest: int = 100,
        limits: str = "",
    ) -> None:
        self.path, self.port, self._folder = folder / "clamd.sock", port, folder
        for name in ("db", "tmp"):
            (folder / name).mkdir(parents=True)
        (folder / "db" / "local.ndb").write_text(f"Local.Test.EICAR:0:0:{EICAR.hex()}\n")
        place = f"TCPSocket {port}\nTCPAddr 127.0.0.1\n" if port else f"LocalSocket {self.path}\n"
        (folder / "clamd.conf").write_text(
            f"{place}Foreground yes\nDatabaseDirectory {folder / 'db'}\nFixStaleSocket yes\n"
            f"TemporaryDirectory {folder / 'tmp'}\nLogFile {folder / 'clamd.log'}\n"
            "DisableCache yes\n"
            + (
                limits
                or f"StreamMaxLength {largest}M\nMaxThreads {threads}\n"
                "AlertEncrypted yes\nAlertExceedsMax yes\n"
            )
        )
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        program = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert program, "clamd is missing: install clamav-daemon"
        process = subprocess.Popen(
            [program, "-c", str(self._folder / "clamd.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(self._answers, "clamd answers", 20)
        except AssertionError:
            process.kill()
            process.wait()
            raise
        return process

    def _answers(self) -> bool:
        return self.ask(b"zPING\0") == b"PONG\0"

    def ask(self, command: bytes) -> bytes:
        """One command's answer, empty where nobody listens."""
        family = socket.AF_INET if self.port else socket.AF_UNIX
        with socket.socket(family) as line, contextlib.suppress(OSError):
            line.settimeout(5)
            line.connect(("127.0.0.1", self.port) if self.port else str(self.path))
            line.sendall(command)
            return line.recv(4096)
        return b""

    def learn(self, name: str, body: bytes) -> None:
        """One more signature, for files that begin so; the daemon reads all anew."""
        (self._folder / "db" / f"{name}.ndb").write_text(f"{name}:0:0:{body.hex()}\n")
        assert b"RELOADING" in self.ask(b"zRELOAD\0")

    def freeze(self) -> None:
        """It keeps its socket open and answers nothing more."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def die(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.die()
        self.path.unlink(missing_ok=True)
        self.process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()
