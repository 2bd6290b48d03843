"""The gateway's process, started as its users start it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from .site import PRODUCT, Site
from .wait import until

START = 60.0  # seconds; a start takes about two, on a machine that does much else many more
BIN = Path(sys.executable).parent
STOCK = ("mitmdump", "-s", "addons/gateway.py")
OWN = ("clearpane", "dump")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Run:
    """A process whose output is read as it comes."""

    def __init__(self, command: Sequence[str], home: Path, extra: Mapping[str, str] | None) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            cwd=PRODUCT,
            env={**environment(home), **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(_COLOUR.sub("", line.rstrip("\n")))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def said(self, pattern: str, seconds: float = 10, after: int = 0) -> re.Match[str]:
        """Waits for a line (from number `after` on) in which the pattern is found."""

        def look() -> re.Match[str] | None:
            found = (re.search(pattern, line) for line in self.lines[after:])
            return next(filter(None, found), None)

        try:
            return until(look, f"a line with {pattern!r}", seconds)
        except AssertionError as error:
            state = self.process.poll()
            raise AssertionError(f"{error}; exit status {state}, output:\n{self.output}") from None

    def ended(self, seconds: float = 10) -> int:
        """Its exit status, waited for; all of its output has been read then."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()


class Gateway(Run):
    """A gateway that listens on `port` of 127.0.0.1 once the `with` block has begun."""

    def __init__(
        self,
        site: Site,
        command: Sequence[str] = STOCK,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.site = site
        self.port = 0
        words = [*command, *listening(0), *places(site), *arguments]
        super().__init__(words, site.folder, environment)

    def ready(self) -> Self:
        """Waits until it listens and can be told to reload, which its process id file says."""
        listens = until(lambda: self._look(r"listening at \S*:(\d+)"), "the gateway listens", START)
        self.port = int(listens[1])
        until((self.site.state / "gateway.pid").exists, "the gateway is up", START)
        return self

    def _look(self, pattern: str) -> re.Match[str] | None:
        if self.process.poll() is not None:
            self.ended()
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.output}")
        return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        """Ends it as service managers do."""
        self.process.terminate()
        return self.ended()

    def __enter__(self) -> Self:
        try:
            return self.ready()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process.poll() is None:
                self.stop()
        self.kill()


def listening(port: int) -> list[str]:
    return ["--listen-host", "127.0.0.1", "-p", str(port)]


def places(site: Site) -> list[str]:
    """The options that say where the site lies."""
    folders = {"rules": site.rules, "ca": site.ca, "state": site.state}
    given = [f"clearpane_{name}={folder}" for name, folder in folders.items()]
    return [word for each in given for word in ("--set", each)]


def environment(home: Path) -> dict[str, str]:
    """Ours without what would change a client's or the gateway's behaviour."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if "proxy" not in name.lower() and "SSL" not in name and not name.startswith("CLEARPANE")
    }
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
