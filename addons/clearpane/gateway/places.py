"""Where the gateway's files lie."""

import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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


class PidFile:
    """The number of the gateway that runs with a state folder.

    A lock on the file ends with the process, so that a number that was left behind, and may be
    another process's by now, is never taken for a gateway's.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / PID_FILE
        self._file: IO[str] | None = None

    def claim(self, pid: int) -> bool:
        """Whether the folder is ours now; False if another gateway runs with it. Raises OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{pid}\n")
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        if self._file:
            self._path.unlink(missing_ok=True)
            self._file.close()


def running_pid(state: Path) -> int | None:
    """The gateway that runs with this state folder; None if there is none."""
    try:
        with (state / PID_FILE).open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read())
    except (OSError, ValueError):
        return None
    return None
