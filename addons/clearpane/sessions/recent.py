"""What was found out or said a while ago and need not be again: keys, each for its time.

A session that is not decrypted because of its host's category costs a look at the server first;
this spares it for the next ones.
"""

from collections import OrderedDict
from collections.abc import Hashable

_LIMIT = 4_096


class Recent:
    """Keys, each until its time is over; times are seconds of a monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: OrderedDict[Hashable, float] = OrderedDict()

    def keep(self, key: Hashable, now: float) -> None:
        self._until[key] = now + self._seconds
        self._until.move_to_end(key)
        if len(self._until) > _LIMIT:
            self._until.popitem(last=False)

    def holds(self, key: Hashable, now: float) -> bool:
        return self._until.get(key, now) > now
