"""Waiting for what another process does, with a deadline and never for a guessed time."""

import time
from collections.abc import Callable

_PAUSE = 0.02  # seconds between two looks


def until[T](look: Callable[[], T | None], what: str, seconds: float = 10) -> T:
    """What `look` returns as soon as it is true; fails with `what` when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(_PAUSE)
