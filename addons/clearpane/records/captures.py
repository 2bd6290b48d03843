"""The packet captures: STATE/pcap/ID.pcap, the newest up to a number and a size.

They are built and written by a thread of their own, for a large body takes a while. What finds no
place or can't be written is counted in `lost` and reported; `report` is called by any thread.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from secrets import randbelow
from threading import Lock

from clearpane.errors import ClearpaneError, Problem
from clearpane.records.exchange import Exchange
from clearpane.records.pcap import build

KEPT = 1_000
TOTAL = 1024 * 1024 * 1024
WAITING = 128 * 1024 * 1024
_PART = ".part"


class Captures:
    """Keeps at most `kept` captures and `total` bytes; the oldest go first.

    `waiting` bounds the bytes that wait to be written. A folder that can't be used is a
    ClearpaneError; other files in it are left alone.
    """

    def __init__(
        self,
        folder: Path,
        report: Callable[[str], None],
        *,
        kept: int = KEPT,
        total: int = TOTAL,
        waiting: int = WAITING,
    ) -> None:
        self.lost = 0
        self._folder = folder
        self._report = report
        self._kept = kept
        self._total = total
        self._room = waiting
        self._failing = False
        self._lock = Lock()
        self._stored = _stored(folder)
        self._bytes = sum(size for _, size in self._stored)
        self._thread = ThreadPoolExecutor(1, "clearpane-captures")

    def put(self, exchange: Exchange) -> int:
        """Its number (64 bits), or 0 where it is lost. Never waits."""
        size = len(exchange.request) + len(exchange.response)
        with self._lock:
            if size > min(self._room, self._total):
                self.lost += 1
                return 0
            self._room -= size
        number = 1 + randbelow(2**64 - 1)
        self._thread.submit(self._store, number, exchange).add_done_callback(
            lambda done: self._done(done, size)
        )
        return number

    def close(self) -> None:
        """Writes what waits, and ends."""
        self._thread.shutdown()

    def _store(self, number: int, exchange: Exchange) -> None:
        data = build(exchange)
        while self._stored and (
            len(self._stored) >= self._kept or self._bytes + len(data) > self._total
        ):
            path, size = self._stored[0]
            path.unlink(missing_ok=True)
            self._stored.popleft()
            self._bytes -= size
        path = self._folder / f"{number}.pcap"
        _write(path, data)
        self._stored.append((path, len(data)))
        self._bytes += len(data)

    def _done(self, done: Future[None], size: int) -> None:
        error = done.exception()
        with self._lock:
            self._room += size
            self.lost += error is not None
            told, self._failing = self._failing, error is not None
        if error and not told:
            self._report(f"a packet capture can't be written: {error}")


def _write(path: Path, data: bytes) -> None:
    """The file appears whole or not at all."""
    part = path.with_suffix(_PART)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _stored(folder: Path) -> deque[tuple[Path, int]]:
    """The captures of earlier runs, the oldest first; what one left unfinished is removed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in folder.glob(f"*{_PART}"):
            if part.stem.isdecimal():
                part.unlink()
        found = [path for path in folder.glob("*.pcap") if path.stem.isdecimal()]
        dated = sorted((path.stat().st_mtime_ns, path.stat().st_size, path) for path in found)
        if not os.access(folder, os.W_OK):
            raise PermissionError(0, "Permission denied", str(folder))
    except OSError as error:
        cure = "let the gateway's user write there, or choose another folder by clearpane_state"
        reason = error.strerror or str(error)
        raise ClearpaneError(
            Problem(str(error.filename or folder), f"can't be written: {reason}", cure)
        ) from error
    return deque((path, size) for _, size, path in dated)
