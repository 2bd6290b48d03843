"""The record files: one thread writes them, so that no record ever holds up a connection.

Nothing is lost silently: what finds no place in the bounded queue is counted, and what the disk
refuses is kept and tried again until it is written. `report` is called by the writing thread.
"""

import os
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from threading import Condition, Event, Thread

from clearpane.errors import ClearpaneError, Problem

CAPACITY = 10_000
ROTATE_AT = 100 * 1024 * 1024
KEPT = 5

_CHARACTERS = 32 * 1024 * 1024  # a line may be long, so the queue is bounded by these as well
_BATCH = 1_000
_LINGER = (
    0.02  # seconds in which more lines gather: one write for all, and fewer switches of thread
)
_RETRY = 1.0  # seconds


class Kind(StrEnum):
    """The files, by their names."""

    THREAT = "threat"
    TRAFFIC = "traffic"
    DECRYPTION = "decryption"


class Journal:
    """Appends lines to FOLDER/KIND.jsonl.

    Files are made with mode 0600 and the folder with 0700; what exists keeps its own, and one that
    can't be opened is a ClearpaneError. `lost` counts lines that were refused or never written.
    """

    def __init__(
        self,
        folder: Path,
        report: Callable[[str], None],
        *,
        capacity: int = CAPACITY,
        rotate_at: int = ROTATE_AT,
        kept: int = KEPT,
    ) -> None:
        self.lost = 0
        self._report = report
        self._capacity = capacity
        self._queue: deque[tuple[Kind, str]] = deque()
        self._characters = 0
        self._taken = 0
        self._told = 0
        self._failing = False
        self._asked = 0
        self._reopened = 0
        self._changed = Condition()
        self._wake = Event()
        self._closing = Event()
        self._files = _open_files(folder, rotate_at, kept)
        self._thread = Thread(target=self._run, name="clearpane-journal", daemon=True)
        self._thread.start()

    def put(self, kind: Kind, line: str) -> bool:
        """Queues one line, which ends without a line break; False if it is lost. Never waits."""
        with self._changed:
            full = len(self._queue) + self._taken >= self._capacity
            if full or self._characters > _CHARACTERS or self._closing.is_set():
                self.lost += 1
                return False
            self._queue.append((kind, line))
            self._characters += len(line)
        self._wake.set()
        return True

    @property
    def healthy(self) -> bool:
        """False while the disk refuses records, or the next one would be lost."""
        full = len(self._queue) + self._taken >= self._capacity
        return not (self._failing or full or self._closing.is_set()) and self._thread.is_alive()

    def reopen(self) -> None:
        """Opens the files anew under their names, after someone moved them."""
        self._asked += 1
        self._wake.set()

    def flush(self, timeout: float) -> bool:
        """Waits until all that was put is written; False if that took over `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Writes what is queued, once, and ends; False if anything was ever lost."""
        with self._changed:
            self._closing.set()
        self._wake.set()
        self._thread.join(timeout)
        return self.lost == 0 and not self._waiting

    @property
    def _waiting(self) -> int:
        return len(self._queue) + self._taken

    def _run(self) -> None:
        while True:
            if not self._failing:
                self._wake.wait()
            self._closing.wait(_RETRY if self._failing else _LINGER)
            self._wake.clear()
            last = self._closing.is_set()
            self._write()
            if last:
                break
        with self._changed:
            self.lost += self._waiting
        for file in self._files.values():
            file.close()

    def _write(self) -> None:
        try:
            asked = self._asked
            if asked > self._reopened:
                for file in self._files.values():
                    file.reopen()
                self._reopened = asked
            while self._taken or self._take():
                for file in self._files.values():
                    file.flush()
                with self._changed:
                    self._taken = 0
                    self._changed.notify_all()
        except OSError as error:
            self._fail(error)
            return
        self._tell()

    def _take(self) -> bool:
        """Hands some of the queue to the files; they count as waiting until they are written."""
        with self._changed:
            batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
            self._taken = len(batch)
            self._characters -= sum(len(line) for _, line in batch)
        for kind, line in batch:
            self._files[kind].add(line)
        return bool(batch)

    def _fail(self, error: OSError) -> None:
        if not self._failing:
            self._failing = True
            self._report(f"records can't be written: {error}; they are kept and tried again")

    def _tell(self) -> None:
        """Once for each spell of trouble: that it is over, and what it cost."""
        lost = self.lost - self._told
        if self._failing or lost:
            self._failing = False
            self._told += lost
            self._report(f"records are written again, {lost} were lost")


def _open_files(folder: Path, rotate_at: int, kept: int) -> "dict[Kind, _File]":
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {kind: _File(folder / f"{kind}.jsonl", rotate_at, kept) for kind in Kind}
    except OSError as error:
        cure = "let the gateway's user write there, or choose another folder by clearpane_state"
        reason = error.strerror or str(error)
        raise ClearpaneError(
            Problem(str(error.filename or folder), f"can't be written: {reason}", cure)
        ) from error


class _File:
    """One file and what waits to be written to it, in whole lines.

    A full disk may take half a line; the rest follows when there is room, so readers see it whole.
    """

    def __init__(self, path: Path, rotate_at: int, kept: int) -> None:
        self._path = path
        self._rotate_at = rotate_at
        self._kept = kept
        self._pending = bytearray()
        self._half = 0  # bytes of the first pending line that the file holds already
        self._size = 0
        self._handle = self._open()

    def add(self, line: str) -> None:
        self._pending += line.encode("utf-8", "backslashreplace") + b"\n"

    def flush(self) -> None:
        """Writes all that is pending; raises OSError and keeps what was not written."""
        while self._pending:
            self._settle()
            with memoryview(self._pending) as pending:
                self._half += os.write(self._handle, pending[self._half :])
            self._size = os.fstat(self._handle).st_size
            whole = self._pending.rfind(b"\n", 0, self._half) + 1
            del self._pending[:whole]
            self._half -= whole

    def reopen(self) -> None:
        """A half line is finished where it began, if it can be; else it is written anew."""
        handle = self._open()
        try:
            if self._half:
                self.flush()
        except OSError:
            self._half = 0
        self._replace(handle)

    def close(self) -> None:
        os.close(self._handle)

    def _settle(self) -> None:
        """Sees what others did to the file (removed, emptied), and rotates it when it is full."""
        status = os.fstat(self._handle)
        if status.st_nlink == 0:
            self._half = 0
            self._replace(self._open())
        elif self._half and status.st_size < self._size:
            self._half = 0
        elif not self._half and 0 < status.st_size > self._rotate_at - len(self._pending):
            self._rotate(status)

    def _rotate(self, status: os.stat_result) -> None:
        """KIND.jsonl becomes KIND.jsonl.1 and so on, unless it was moved already."""
        if self._path.exists() and os.path.samestat(self._path.stat(), status):
            names = [self._path, *(Path(f"{self._path}.{n}") for n in range(1, self._kept + 1))]
            for older, newer in reversed(list(zip(names[1:], names[:-1], strict=True))):
                if newer.exists():
                    newer.replace(older)
        self._replace(self._open())

    def _replace(self, handle: int) -> None:
        old, self._handle = self._handle, handle
        os.close(old)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        handle = os.open(self._path, flags, 0o600)
        try:
            size = os.fstat(handle).st_size
            # A line that a crash cut off must not swallow the next one.
            if size and os.pread(handle, 1, size - 1) != b"\n":
                os.write(handle, b"\n")
        except OSError:
            os.close(handle)
            raise
        return handle
