"""What a scanner process may no longer do once it reads strangers' content. ADAPTER: the kernel.

It needs its memory, its processor and its one socket, and keeps nothing else: whoever takes it over
by a broken archive reaches no network, no file, no program and no other process.
"""

import ctypes
import platform
import resource
import signal
import struct
from enum import StrEnum

from clearpane.antivirus.seccomp import program

SECONDS = 30  # of processor time for one body
MEMORY = 1 << 30  # bytes of address space, besides what the body itself takes some times over
COPIES = 4  # of a body: as it came, unpacked, and what readers cut from it

_PDEATHSIG, _DUMPABLE, _NO_NEW_PRIVILEGES, _SECCOMP = 1, 4, 38, 22  # linux/prctl.h
_FILTER = 2  # SECCOMP_MODE_FILTER
_NEW_NETWORK, _NEW_USER = 0x4000_0000, 0x1000_0000  # linux/sched.h


class Isolation(StrEnum):
    """How a process was cut off, the strongest first."""

    SECCOMP = "seccomp"
    NAMESPACE = "network namespace"
    NONE = "none"


def confine() -> Isolation:
    """For the rest of the process's life; what the kernel refuses is not insisted upon."""
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(limit, (value, value))
    _prctl(_DUMPABLE, 0)
    if _prctl(_NO_NEW_PRIVILEGES, 1) and _filter_calls():
        return Isolation.SECCOMP
    library = _library()
    if library.unshare(_NEW_NETWORK) == 0 or library.unshare(_NEW_USER | _NEW_NETWORK) == 0:
        return Isolation.NAMESPACE
    return Isolation.NONE


def die_with_parent() -> None:
    """The kernel ends this process when the one that forked it is gone."""
    _prctl(_PDEATHSIG, signal.SIGKILL)


def allow_for(size: int) -> None:
    """Time and memory for one more body of `size` bytes."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(usage.ru_utime + usage.ru_stime) + 1 + SECONDS
    for limit, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MEMORY + COPIES * size),
    ):
        _, most = resource.getrlimit(limit)
        most = resource.RLIM_INFINITY if most < 0 else most
        resource.setrlimit(limit, (value if most < 0 else min(value, most), most))


def _filter_calls() -> bool:
    code = program(platform.machine())
    if not code:
        return False
    steps = ctypes.create_string_buffer(code, len(code))
    filled = struct.pack("@HP", len(code) // 8, ctypes.addressof(steps))
    return _prctl(_SECCOMP, _FILTER, ctypes.create_string_buffer(filled, len(filled)))


def _prctl(option: int, *values: object) -> bool:
    given = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in values]
    given += [ctypes.c_ulong(0)] * (4 - len(given))
    return bool(_library().prctl(option, *given) == 0)


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def most_memory() -> int:
    """Bytes that this process held at its worst."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
