"""The time at the command's edge; everything below it takes `now` as an argument."""

from datetime import datetime


def now() -> datetime:
    """Aware and in local time, as schedules and days of expiry need it."""
    return datetime.now().astimezone()  # noqa: TID251
