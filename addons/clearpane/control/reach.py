"""How the path of a Unix socket is told to the kernel, which has room for 107 bytes (unix(7))."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOM = 103  # bytes without the NUL; macOS has the least


@contextmanager
def reach(path: Path) -> Iterator[str]:
    """A path that fits and leads to the same place while the context lasts; raises OSError.

    A longer one goes by way of its folder's descriptor, which Linux shows under /proc.
    """
    if len(os.fsencode(path)) <= _ROOM:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
