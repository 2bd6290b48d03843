"""The processes below a gateway's, as Linux lists them."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def children(process: int) -> list[int]:
    """Of all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text(encoding="ascii").split())
        except OSError:
            continue  # the thread has ended
    return found


def workers(gateway: int) -> list[int]:
    """The processes that unpack: they were forked by the one that the gateway started."""
    return [worker for first in children(gateway) for worker in children(first)]


def seconds(process: int) -> float:
    """Processor time that it took so far."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
