"""ADAPTER. How a file of rules/ or ca/ is read.

A file is read only if it is a plain file of a bearable size, so that no pipe or device can hold the
gateway up. What is wrong is recorded, and nothing is raised.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from clearpane.errors import Problems

type Stamp = tuple[int, ...]

# A list of a million domains has 20 MiB.
_LARGEST = 256 << 20
_OTHERS = 0o077


def visible(folder: Path, problems: Problems) -> Iterator[Path]:
    """What lies in a folder, if there is one; hidden files are an editor's."""
    try:
        yield from (path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        problems.error(folder, f"this folder can't be read: {error.strerror}")


def read(path: Path, problems: Problems, asked: str = "") -> bytes | None:
    """The bytes of a plain file; `asked` is the place that names it, where there is one."""
    place = asked or path
    what = f"the file {path}" if asked else "this file"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            problems.error(place, f"{what} is a folder", "name a file")
        elif not stat.S_ISREG(status.st_mode):
            problems.error(place, f"{what} is no plain file", "name a file")
        elif status.st_size > _LARGEST:
            problems.error(place, f"{what} has over {_LARGEST >> 20} MiB", "split it")
        else:
            return path.read_bytes()
    except FileNotFoundError:
        cure = "its path counts from the folder of the rules" if asked else ""
        problems.error(place, f"{what} does not exist", cure)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problems.error(place, f"{what} can't be read: {reason}")
    return None


def is_private(path: Path, problems: Problems, asked: str) -> bool:
    """Whether nobody but its owner can read a file, as with keys."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        problems.error(asked, f"the file {path} can't be read: {error.strerror}")
        return False
    if mode & _OTHERS:
        message = f"others than its owner can read the file {path} (mode {mode:04o})"
        problems.error(asked, message, f"chmod 600 {path}")
    return not mode & _OTHERS


def stamp(path: Path) -> Stamp:
    """What changes whenever a file is written or replaced; empty where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
