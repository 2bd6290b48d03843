"""What a responder or a CRL says of one certificate, and for how long it counts.

An answer counts between its thisUpdate and its nextUpdate. Without a nonce that window is all that
stands against replay, so it has a longest length whatever the answer says.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_LEEWAY = timedelta(minutes=5)
# Without a nextUpdate newer information is always there (RFC 6960 section 2.4).
_WITHOUT_NEXT_UPDATE = timedelta(hours=24)
KEPT_WITHOUT_NEXT_UPDATE = timedelta(hours=1)


class State(StrEnum):
    """`unusable` is an answer that proves nothing: it never counts as good."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    UNUSABLE = "unusable"
    TIMEOUT = "timeout"


USABLE = frozenset((State.GOOD, State.REVOKED, State.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Status:
    """`until` is when the answer stops counting, None where it may not be kept as an answer."""

    state: State
    until: datetime | None = None
    detail: str = ""


class UnusableError(ValueError):
    """Why an answer proves nothing; raised inside the readers, never out of them."""


def lasts_until(
    this_update: datetime, next_update: datetime | None, now: datetime, longest: timedelta
) -> datetime:
    """When an answer stops counting, in UTC; raises UnusableError where it does not count now."""
    if this_update - now > _LEEWAY:
        raise UnusableError(f"it is from the future ({this_update:%Y-%m-%d %H:%M})")
    if next_update is None:
        if now - this_update > _WITHOUT_NEXT_UPDATE:
            raise UnusableError("it has no nextUpdate and is over a day old")
        return now + KEPT_WITHOUT_NEXT_UPDATE
    if now > next_update:
        raise UnusableError(f"it is out of date since {next_update:%Y-%m-%d %H:%M}")
    if now - this_update > longest:
        raise UnusableError(f"it is over {longest.days} days old")
    return next_update if next_update - this_update < longest else this_update + longest
