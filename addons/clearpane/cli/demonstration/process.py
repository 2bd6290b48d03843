"""A gateway of the demonstration's own, started as its users start theirs.

It runs as another process, on a free port of 127.0.0.1, and is gone when the `with` block ends.
"""

import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from clearpane.errors import ClearpaneError

# What ends the demonstration waits until the process that must end with it is known.
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_START = f"""
import signal, sys
signal.pthread_sigmask(signal.SIG_UNBLOCK, {[*map(int, _ENDS)]})
from clearpane.cli import main
sys.exit(main())
"""
_LISTENING = re.compile(r"listening at \S*:(\d+)")
_PATIENCE = 30.0  # seconds; a start takes about two
_GRACE = 5.0
_PAUSE = 0.02


class Gateway:
    """`clearpane dump` with these folders; what it prints goes to a file in `folder`."""

    def __init__(self, folder: Path, rules: Path, ca: Path, state: Path) -> None:
        self._output = folder / "gateway.log"
        options = {
            "clearpane_rules": rules,
            "clearpane_ca": ca,
            "clearpane_state": state,
            # mitmproxy's own authority, and none of the user's options.
            "confdir": folder / "mitmproxy",
            "flow_detail": 0,
        }
        given = [part for name, value in options.items() for part in ("--set", f"{name}={value}")]
        # -P: no module of the working folder takes the place of another; -u: its words at once.
        self._command = [sys.executable, "-P", "-u", "-c", _START, "dump"]
        self._command += ["--listen-host", "127.0.0.1", "-p", "0", *given]
        self._process: subprocess.Popen[bytes] | None = None

    def port(self) -> int:
        """Where it listens, waited for; raises ClearpaneError with what it printed if it ends."""
        assert self._process
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            said = self._output.read_text("utf-8", errors="replace")
            if found := _LISTENING.search(said):
                return int(found[1])
            if ended:
                lines = [line.removeprefix("clearpane: ") for line in said.splitlines()]
                raise ClearpaneError("the gateway did not start", *lines)
            time.sleep(_PAUSE)
        raise ClearpaneError(f"the gateway did not start within {_PATIENCE:.0f} s")

    def __enter__(self) -> Self:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
        try:
            with self._output.open("wb") as output:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
                )
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.terminate()
            self._process.wait(_GRACE)
            return
        self._process.kill()
        self._process.wait()
