"""What is in memory is all of it, and nothing is left open where it can't be."""

import os
import resource
from pathlib import Path

import pytest

from clearpane.antivirus.memory import in_memory


def test_pieces_stand_in_a_row() -> None:
    file = in_memory(b"hello ", b"", b"world")
    assert os.pread(file, 99, 0) == b"hello world"
    os.close(file)


def test_where_there_is_no_room_nothing_is_left_open() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            in_memory(b"hello")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
