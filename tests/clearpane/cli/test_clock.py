from datetime import UTC, datetime, timedelta

from clearpane.cli.clock import now


def test_the_time_is_aware_and_right() -> None:
    assert now().tzinfo is not None
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251
