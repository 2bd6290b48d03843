"""Where the gateway's files lie."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from mitmproxy.options import Options

PID_FILE = "gateway.pid"


@dataclass(frozen=True, slots=True)
class Places:
    """Folders as the administrator gave them; relative ones count from the working folder."""

    rules: Path = Path("rules")
    ca: Path = Path("ca")
    state: Path = Path("var")

    @classmethod
    def of(cls, options: Options) -> "Places":
        return cls(
            Path(options.clearpane_rules).expanduser(),
            Path(options.clearpane_ca).expanduser(),
            Path(options.clearpane_state).expanduser(),
        )

    def write_pid(self, pid: int) -> None:
        """For `clearpane commit`."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.state / PID_FILE).write_text(f"{pid}\n", encoding="ascii")

    def remove_pid(self, pid: int) -> None:
        """Only our own: a second gateway in the same folder may have written its number."""
        with contextlib.suppress(OSError, ValueError):
            file = self.state / PID_FILE
            if int(file.read_text(encoding="ascii")) == pid:
                file.unlink()


def running_pid(state: Path) -> int | None:
    """The gateway that runs with this state folder; None if there is none."""
    try:
        pid = int((state / PID_FILE).read_text(encoding="ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid
