"""What users agreed to and for how long: to be decrypted, to go on all the same, with a password.

A user is a name, or an address where nobody is known. What is forgotten is asked again: every table
is bounded, and the oldest entry goes first.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network

# The firewall's times: its opt-out page, "URL Continue Timeout", "URL Admin Override Timeout" and
# "URL Admin Lockout Timeout" after three wrong passwords.
AGREED = timedelta(hours=24)
REFUSED = timedelta(seconds=60)
GRANTED = timedelta(minutes=15)
LOCKED = timedelta(minutes=30)
TRIES = 3

LIMIT = 10_000


class Consent(StrEnum):
    """What is known of a user's will to be decrypted."""

    ASK = "ask"
    YES = "yes"
    NO = "no"


class Consents:
    """All answers of all users; times are aware, and what they begin ends after its span."""

    def __init__(self) -> None:
        self._decrypted: _Until[bool] = _Until()
        self._granted: _Until[None] = _Until()
        self._tries: _Until[int] = _Until()

    def state(self, user: str, now: datetime) -> Consent:
        match self._decrypted.get(user, now):
            case True:
                return Consent.YES
            case False:
                return Consent.NO
            case None:
                return Consent.ASK

    def agree(self, user: str, now: datetime) -> None:
        """The user is decrypted for 24 hours without being asked again."""
        self._decrypted.keep(user, True, now + AGREED)

    def refuse(self, user: str, now: datetime) -> None:
        """The user opens no TLS session for a minute, then is asked again."""
        self._decrypted.keep(user, False, now + REFUSED)

    def seconds(self, user: str, now: datetime) -> int:
        """How long the user's answer still holds; 0 where there is none."""
        return self._decrypted.seconds(user, now)

    def grant(self, user: str, kind: str, key: str, now: datetime) -> None:
        """The user may go on for 15 minutes; `kind` is what was asked, `key` the category or file
        type it was asked about."""
        self._granted.keep((user, kind, key), None, now + GRANTED)

    def granted(self, user: str, kind: str, key: str, now: datetime) -> bool:
        return self._granted.seconds((user, kind, key), now) > 0

    def attempt(self, user: str, now: datetime) -> bool:
        """Whether the user may try a password now. A try counts as wrong until `succeeded`, so that
        no more than three are looked at, however many arrive at once."""
        who = _household(user)
        before = self._tries.get(who, now) or 0
        if before >= TRIES:
            return False
        self._tries.keep(who, before + 1, now + LOCKED)
        return True

    def succeeded(self, user: str) -> None:
        """The password was right: earlier tries are forgotten."""
        self._tries.drop(_household(user))

    def locked(self, user: str, now: datetime) -> int:
        """Seconds until the user may try a password again; 0 where he may now."""
        who = _household(user)
        return self._tries.seconds(who, now) if (self._tries.get(who, now) or 0) >= TRIES else 0


class _Until[V]:
    """Values, each until its time is over."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[V, datetime]] = OrderedDict()

    def keep(self, key: Hashable, value: V, until: datetime) -> None:
        self._kept[key] = (value, until)
        self._kept.move_to_end(key)
        if len(self._kept) > LIMIT:
            self._kept.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        self._kept.pop(key, None)

    def get(self, key: Hashable, now: datetime) -> V | None:
        value, until = self._kept.get(key, (None, now))
        return value if until > now else None

    def seconds(self, key: Hashable, now: datetime) -> int:
        """Whole seconds, rounded up."""
        _, until = self._kept.get(key, (None, now))
        return max(0, -((now - until) // timedelta(seconds=1)))


def _household(user: str) -> str:
    """An IPv6 client has a whole /64 to itself (RFC 7934), and tries passwords as one."""
    try:
        address = ip_address(user)
    except ValueError:
        return user
    if address.version == 4:
        return user
    return str(ip_network((int(address) >> 64 << 64, 64)))
