"""The processes of this machine, as /proc tells of them."""

import contextlib
from pathlib import Path


def scanners(parent: int) -> list[int]:
    """The process that a pool of process `parent` started, and the workers that it forked."""
    found: list[int] = []
    for process in children(parent):
        if b"clearpane.antivirus.worker" in command(process):
            found += [process, *children(process)]
    return found


def children(parent: int) -> list[int]:
    found = set[int]()
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, task.read_text().split()))
    return sorted(found)


def command(process: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def exists(process: int) -> bool:
    """A process that only waits to be buried is none any more."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def is_busy(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    return False
