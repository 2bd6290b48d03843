from clearpane.sessions.confirmed import SECONDS, Confirmed


def test_a_key_holds_until_its_time_is_over() -> None:
    confirmed = Confirmed()
    assert not confirmed.holds("a", 100)
    confirmed.keep("a", 100)
    assert confirmed.holds("a", 100)
    assert confirmed.holds("a", 99 + SECONDS)
    assert not confirmed.holds("a", 100 + SECONDS)
    assert not confirmed.holds("b", 100)


def test_it_is_bounded_and_the_oldest_goes() -> None:
    confirmed = Confirmed()
    for key in range(5_000):
        confirmed.keep(key, 0)
    assert not confirmed.holds(0, 1)
    assert confirmed.holds(4_999, 1)
