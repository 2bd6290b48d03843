"""The packet captures: STATE/pcap/ID.pcap or .pcapng, the newest up to a number and a size.

ADAPTER: files, a thread. They are built and written by a thread of their own, for a large body
takes a while. What finds no place or can't be written is counted in `lost` and reported; `report`
is called by any thread.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from secrets import randbelow
from threading import Lock

from clearpane.errors import ClearpaneError, Problem
from clearpane.records.capture_format import CaptureFormat, pieces
from clearpane.records.exchange import Exchange
from clearpane.records.trail import EACH, bounded

KEPT = 1_000
TOTAL = 1024 * 1024 * 1024
WAITING = 128 * 1024 * 1024
_PART = ".part"
_PROBE = f"0{_PART}"  # no capture has the number 0
_BLOCK = 64 * 1024


class Captures:
    """Keeps at most `kept` captures and `total` bytes; the oldest go first.

    `each` bounds the content of one, `waiting` the bytes that wait to be written. A folder that
    can't be used is a ClearpaneError; other files in it are left alone.
    """

    def __init__(
        self,
        folder: Path,
        report: Callable[[str], None],
        *,
        form: CaptureFormat = CaptureFormat.PCAP,
        kept: int = KEPT,
        total: int = TOTAL,
        each: int = EACH,
        waiting: int = WAITING,
    ) -> None:
        self.lost = 0
        self._folder = folder
        self._report = report
        self._form = form
        self._kept = kept
        self._total = total
        self._each = each
        self._room = waiting
        self._failing = self._probing = self._closed = False
        self._lock = Lock()
        self._stored = _stored(folder)
        self._bytes = sum(size for _, size in self._stored)
        self._thread = ThreadPoolExecutor(1, "clearpane-captures")

    @property
    def healthy(self) -> bool:
        """Whether the last one could be written."""
        return not self._failing

    def missing(self, exchange: Exchange) -> int:
        """The bytes of an exchange with a finding that its capture will not show."""
        return exchange.missing + max(0, exchange.size - self._each)

    def put(self, *exchanges: Exchange, comment: Callable[[int], str] | None = None) -> int:
        """Its number (64 bits), or 0 where it is lost. Never waits.

        The last exchange is the one with the finding. `comment` makes the text that explains the
        capture from its number; only pcapng has a place for it. While the folder is known to
        refuse captures, nothing is taken, so that a record names no file that will not come.
        """
        size = sum(exchange.size for exchange in exchanges)
        number = 1 + randbelow(2**64 - 1)
        text = comment(number) if comment and self._form is CaptureFormat.PCAPNG else ""
        with self._lock:
            refused = self._closed or self._failing or size > self._room
            if refused or min(size, self._each) > self._total:
                self.lost += 1
                self._probe(min(size, self._each))
                return 0
            self._room -= size
            task = self._thread.submit(self._store, number, exchanges, text)
        task.add_done_callback(lambda done: self._done(done, size))
        return number

    def close(self) -> None:
        """Writes what waits, and ends."""
        with self._lock:
            self._closed = True
        self._thread.shutdown()

    def _store(self, number: int, exchanges: tuple[Exchange, ...], comment: str) -> None:
        shown = bounded(exchanges, self._each)
        self._evict(sum(exchange.size for exchange in shown))
        path = self._folder / f"{number}.{self._form}"
        part = path.with_suffix(_PART)
        try:
            size = _write(part, pieces(self._form, shown, comment))
            # Headers and acknowledgements count as well, and are known only now.
            self._evict(size)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._stored.append((path, size))
        self._bytes += size

    def _evict(self, size: int) -> None:
        """Makes room for one more of this size."""
        while self._stored and (
            len(self._stored) >= self._kept or self._bytes + size > self._total
        ):
            path, freed = self._stored[0]
            path.unlink(missing_ok=True)
            self._stored.popleft()
            self._bytes -= freed

    def _done(self, done: Future[None], size: int) -> None:
        error = done.exception()
        with self._lock:
            self._room += size
            self.lost += error is not None
            told, self._failing = self._failing, error is not None
        if error and not told:
            self._report(f"a packet capture can't be written: {error}")

    def _probe(self, size: int) -> None:
        """Has the thread find out whether a folder that failed would take this much again."""
        if self._failing and not (self._probing or self._closed):
            self._probing = True
            self._thread.submit(self._try, size)

    def _try(self, size: int) -> None:
        path = self._folder / _PROBE
        error = None
        try:
            _write(path, repeat(bytes(_BLOCK), size // _BLOCK + 1))
        except OSError as found:
            error = found
        with suppress(OSError):
            path.unlink(missing_ok=True)
        with self._lock:
            self._probing, self._failing = False, error is not None
        if not error:
            self._report("packet captures can be written again")


def _write(path: Path, parts: Iterable[bytes]) -> int:
    """The file's size."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb", buffering=1024 * 1024) as file:
        file.writelines(parts)
        return file.tell()


def _stored(folder: Path) -> deque[tuple[Path, int]]:
    """The captures of earlier runs, the oldest first; what one left unfinished is removed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in folder.glob(f"*{_PART}"):
            if part.stem.isdecimal():
                part.unlink()
        found = [
            path
            for form in CaptureFormat
            for path in folder.glob(f"*.{form}")
            if path.stem.isdecimal()
        ]
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
