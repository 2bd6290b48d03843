"""The filter, run on paper: what it answers to a system call of a machine."""

import struct

import pytest

from clearpane.antivirus.seccomp import FILES, REFUSED, numbers, program

X86, ARM, I386 = 0xC000_003E, 0xC000_00B7, 0x4000_0003
ALLOWED, KILLED, NO_FILE, NOT_PERMITTED = 0x7FFF_0000, 0x8000_0000, 0x0005_0002, 0x0005_0001


def answer(code: bytes, number: int, machine: int) -> int:
    """What the kernel's interpreter would return."""
    steps = list(struct.iter_unpack("=HBBI", code))
    at, loaded = 0, 0
    while True:
        kind, if_true, if_false, value = steps[at]
        at += 1
        if kind == 0x06:
            return int(value)
        if kind == 0x20:
            loaded = {0: number, 4: machine}[value]
        else:
            met = loaded == value if kind == 0x15 else loaded >= value
            at += if_true if met else if_false


@pytest.mark.parametrize(
    ("machine", "audited", "call", "expected"),
    [
        pytest.param("x86_64", X86, 0, ALLOWED, id="read"),
        pytest.param("x86_64", X86, 46, ALLOWED, id="sendmsg on a socket that it has"),
        pytest.param("x86_64", X86, 9, ALLOWED, id="mmap"),
        pytest.param("x86_64", X86, 231, ALLOWED, id="exit_group"),
        pytest.param("x86_64", X86, 41, NOT_PERMITTED, id="socket"),
        pytest.param("x86_64", X86, 59, NOT_PERMITTED, id="execve"),
        pytest.param("x86_64", X86, 260, NOT_PERMITTED, id="the last of all"),
        pytest.param("x86_64", X86, 257, NO_FILE, id="openat"),
        pytest.param("x86_64", X86, 0x4000_0000, KILLED, id="another way in"),
        pytest.param("x86_64", I386, 102, KILLED, id="in 32 bits"),
        pytest.param("aarch64", ARM, 63, ALLOWED, id="read on ARM"),
        pytest.param("aarch64", ARM, 198, NOT_PERMITTED, id="socket on ARM"),
        pytest.param("aarch64", ARM, 56, NO_FILE, id="openat on ARM"),
        pytest.param("aarch64", X86, 63, KILLED, id="another machine's call"),
    ],
)
def test_what_a_call_is_answered(machine: str, audited: int, call: int, expected: int) -> None:
    assert answer(program(machine), call, audited) == expected


def test_a_machine_that_is_not_known_has_none() -> None:
    assert program("riscv64") == b""


@pytest.mark.parametrize("table", [FILES, REFUSED], ids=["files", "refused"])
@pytest.mark.parametrize("column", [1, 2])
def test_no_number_stands_twice(table: str, column: int) -> None:
    assert len(set(numbers(table, column))) == len(numbers(table, column)) > 3
