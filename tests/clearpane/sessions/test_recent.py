from clearpane.sessions.recent import Recent

SECONDS = 300.0


def test_a_key_holds_until_its_time_is_over() -> None:
    recent = Recent(SECONDS)
    assert not recent.holds("a", 100)
    recent.keep("a", 100)
    assert recent.holds("a", 100)
    assert recent.holds("a", 99 + SECONDS)
    assert not recent.holds("a", 100 + SECONDS)
    assert not recent.holds("b", 100)


def test_it_is_bounded_and_the_oldest_goes() -> None:
    recent = Recent(SECONDS)
    for key in range(5_000):
        recent.keep(key, 0)
    assert not recent.holds(0, 1)
    assert recent.holds(4_999, 1)
