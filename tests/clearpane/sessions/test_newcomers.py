import pytest

from clearpane.sessions.newcomers import Newcomers

ATTACKER, USER = "10.0.0.66", "10.0.0.7"


def flooded(newcomers: Newcomers, names: int, at: float = 0.0) -> list[float]:
    return [newcomers.wait(ATTACKER, f"{n}.test", at, 10) for n in range(names)]


def test_a_burst_goes_through_and_then_each_name_waits_longer() -> None:
    waits = flooded(Newcomers(rate=10, burst=5), 8)
    assert waits == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2, 0.3])


def test_tokens_come_back_with_time_and_never_beyond_the_burst() -> None:
    newcomers = Newcomers(rate=10, burst=5)
    flooded(newcomers, 5)
    assert newcomers.wait(ATTACKER, "later.test", 0.1, 10) == pytest.approx(0)
    assert flooded(newcomers, 6, at=1_000)[-1] == pytest.approx(0.1)


def test_a_known_name_costs_nothing() -> None:
    newcomers = Newcomers(rate=10, burst=1)
    newcomers.know("known.test")
    flooded(newcomers, 50)
    assert newcomers.wait(ATTACKER, "known.test", 0, 10) == 0


def test_nobody_else_waits_for_the_one_who_floods() -> None:
    newcomers = Newcomers(rate=10, burst=5)
    flooded(newcomers, 500)
    assert newcomers.wait(USER, "new.test", 0, 10) == 0


def test_who_is_refused_takes_no_token() -> None:
    newcomers = Newcomers(rate=10, burst=1)
    waits = flooded(newcomers, 1_000)
    assert max(waits) == pytest.approx(10.1)
    assert sum(wait > 10 for wait in waits) == 899
    assert newcomers.wait(ATTACKER, "x.test", 1.0, 10) < 10


def test_its_tables_are_bounded() -> None:
    newcomers = Newcomers(rate=1, burst=1)
    newcomers.know("first.test")
    for n in range(20_000):
        newcomers.know(f"{n}.test")
        newcomers.wait(f"10.0.{n // 250}.{n % 250}", "a.test", 0, 1)
    assert newcomers.wait(USER, "first.test", 0, 1) == 0
    assert newcomers.wait(USER, "first.test", 0, 1) > 0  # forgotten, so it costs a token


def test_an_ipv6_client_floods_from_all_its_addresses_as_one() -> None:
    newcomers = Newcomers(rate=10, burst=5)
    waits = [newcomers.wait(f"2001:db8::{n:x}", f"{n}.test", 0, 10) for n in range(8)]
    assert waits == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2, 0.3])
    assert newcomers.wait("2001:db8:0:1::1", "new.test", 0, 10) == 0
