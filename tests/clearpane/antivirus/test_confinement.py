"""Tried out by a process that was confined: it can do its work, and no harm."""

import subprocess
import sys
from pathlib import Path

import pytest

from clearpane.antivirus.confinement import Isolation

ROOT = Path(__file__).resolve().parents[3] / "addons"

SCRIPT = """
import os, resource, signal, socket, sys
from clearpane.antivirus import confinement
{before}
print(confinement.confine(), flush=True)
try:
    {attempt}
except OSError as error:
    print(error.strerror)
else:
    print("done")
"""


def said(attempt: str, before: str = "mine, its = socket.socketpair()") -> list[str]:
    script = SCRIPT.format(attempt=attempt, before=before)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return [*done.stdout.split("\n")[:-1], *([str(done.returncode)] if done.returncode else [])]


REFUSED = {
    "reach the network": ("socket.socket()", "Operation not permitted"),
    "reach this machine": ("socket.socket(socket.AF_UNIX)", "Operation not permitted"),
    "read a file": ("open('/etc/hostname')", "No such file or directory"),
    "write a file": ("open('/tmp/x', 'w')", "No such file or directory"),
    "remove a file": ("os.unlink('/tmp/x')", "Operation not permitted"),
    "start a program": ("os.execv('/bin/true', ['true'])", "Operation not permitted"),
    "fork": ("os.fork()", "Operation not permitted"),
    "end another process": ("os.kill(os.getppid(), 9)", "Operation not permitted"),
    "make files in memory": ("os.memfd_create('x')", "Operation not permitted"),
}


@pytest.mark.parametrize(("attempt", "why"), REFUSED.values(), ids=REFUSED)
def test_it_cannot(attempt: str, why: str) -> None:
    assert said(attempt) == [Isolation.SECCOMP, why]


def test_it_can_answer() -> None:
    assert said("mine.sendall(b'x' * 9999)") == [Isolation.SECCOMP, "done"]


def test_it_can_use_memory() -> None:
    assert said("bytes(1 << 26)") == [Isolation.SECCOMP, "done"]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("RLIMIT_CORE", (0, 0)),
        ("RLIMIT_FSIZE", (0, 0)),
        ("RLIMIT_NOFILE", (16, 16)),
    ],
)
def test_limits(limit: str, expected: tuple[int, int]) -> None:
    assert said(f"print(resource.getrlimit(resource.{limit}))")[1] == str(expected)


def test_memory_has_an_end() -> None:
    attempt = "confinement.allow_for(0); bytes(2 << 30)"
    assert "1" in said(attempt)  # MemoryError, no OSError


def test_time_has_an_end() -> None:
    before = "confinement.SECONDS = 0"
    lines = said("confinement.allow_for(0)\n    while True: pass", before)
    assert lines == [Isolation.SECCOMP, "-24"]  # SIGXCPU


def test_without_the_filter_there_is_no_network_at_least() -> None:
    before = "import platform; platform.machine = lambda: 'riscv64'"
    lines = said("socket.create_connection(('192.0.2.1', 9), 1)", before)
    assert lines == [Isolation.NAMESPACE, "Network is unreachable"]
