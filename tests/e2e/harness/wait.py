"""Waiting for what another process does, with a deadline and never for a guessed time."""

import time
from collections.abc import Callable


def until[T](
    look: Callable[[], T | None], what: str, seconds: float = 10, pause: float = 0.02
) -> T:
    """What `look` returns as soon as it is true; fails with `what` when time is up.

    `seconds` is the limit, `pause` lies between two looks.
    """
    deadline = time.monotonic() + seconds
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
