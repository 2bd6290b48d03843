"""The places for sessions that are decrypted: so many, and not one more.

A place is taken before the first handshake and given back when the session ends or turns out to be
passed through; who calls twice has taken or given back once.
"""


class Pool:
    """Places by session number."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, session: int, limit: int) -> bool:
        """Whether there was a place, or the session has one already."""
        if session in self._taken:
            return True
        if len(self._taken) >= limit:
            return False
        self._taken.add(session)
        return True

    def release(self, session: int) -> None:
        self._taken.discard(session)

    def __len__(self) -> int:
        return len(self._taken)
